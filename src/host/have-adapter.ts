// Makes sure that a command has a GPU, a software one if need be. Knows nothing of what the command does.

import { checkSupport } from '../create-engine.ts'
import { runAgain, softwareVulkan } from './software-vulkan.ts'

/** Where no driver offers an adapter, starts the command over under a software one. @throws Error if there is none. */
export async function haveAdapter(): Promise<void> {
  const { supported, reason } = await checkSupport()
  if (supported) return
  const variables = process.env.INFETCH_SOFTWARE_VULKAN ? {} : await softwareVulkan()
  if (Object.keys(variables).length === 0) throw new Error(reason)
  await runAgain({ ...variables, INFETCH_SOFTWARE_VULKAN: '1' })
}
