// Gives Node's WebGPU a software Vulkan driver where the machine has none: SwiftShader out of npm's @sparticuz/chromium,
// when that happens to be installed (it is, in this repository's own checkout).

import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, symlinkSync } from 'node:fs'
import { constants, tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

const DRIVER_VARIABLES = ['VK_ICD_FILENAMES', 'VK_DRIVER_FILES', 'INFETCH_VK_ICD']

/**
 * Environment variables under which Dawn finds SwiftShader; empty where a driver is named already or none can be had.
 * The library stands in for the Vulkan loader itself, so that no system package is needed; the dynamic linker looks when
 * a process starts, so they must be set before.
 */
export async function softwareVulkan(): Promise<Record<string, string>> {
  if (process.platform !== 'linux' || DRIVER_VARIABLES.some((name) => process.env[name])) return {}
  const name = '@sparticuz/chromium' // a development dependency, never bundled
  const chromium = await import(/* @vite-ignore */ name).catch(() => undefined)
  if (!chromium) return {}
  const library = join(dirname(await chromium.default.executablePath()), 'libvk_swiftshader.so')
  const folder = join(tmpdir(), 'infetch-swiftshader')
  mkdirSync(folder, { recursive: true })
  const loader = join(folder, 'libvulkan.so.1')
  if (!existsSync(loader)) symlinkSync(library, loader)
  return { LD_LIBRARY_PATH: [folder, process.env.LD_LIBRARY_PATH].filter(Boolean).join(':') }
}

/**
 * Runs this same command again under `variables` and ends this process as that one ends.
 */
export function runAgain(variables: Record<string, string>): Promise<never> {
  const env = { ...process.env, ...variables }
  const child = spawn(process.execPath, process.argv.slice(1), { env, stdio: 'inherit' })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => child.kill(signal))
  return new Promise(() => {
    child.once('exit', (code, signal) => process.exit(code ?? 128 + (signal ? constants.signals[signal] : 1)))
  })
}
