// Finds a Vulkan driver for Node's WebGPU: the one the environment names, else SwiftShader out of @sparticuz/chromium.

import { existsSync, mkdirSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

/**
 * Environment variables under which Dawn finds a driver; empty where one is already named. SwiftShader stands in for the
 * Vulkan loader itself, so that no system package is needed. Must be set before the process that uses it starts.
 */
export async function vulkanEnvironment(): Promise<Record<string, string>> {
  if (process.platform !== 'linux' || process.env.VK_ICD_FILENAMES || process.env.INFETCH_VK_ICD) return {}
  const { default: chromium } = await import('@sparticuz/chromium')
  const library = join(dirname(await chromium.executablePath()), 'libvk_swiftshader.so')
  const folder = join(tmpdir(), 'infetch-swiftshader')
  mkdirSync(folder, { recursive: true })
  const loader = join(folder, 'libvulkan.so.1')
  if (!existsSync(loader)) symlinkSync(library, loader)
  const paths = [folder, process.env.LD_LIBRARY_PATH].filter(Boolean).join(':')
  return { LD_LIBRARY_PATH: paths }
}
