// Finds an adapter and opens a device with all it offers: the page's navigator.gpu, else npm's webgpu (Dawn) in Node.

import { SUBGROUP_MATRIX, type SubgroupMatrices, subgroupMatrices } from './subgroup-matrices.ts'

/** What a device is running on, for `engine.info`. */
export interface AdapterDescription {
  readonly vendor: string
  readonly architecture: string
  readonly description: string
  /** A CPU standing in for a GPU: SwiftShader, lavapipe, WARP. */
  readonly software: boolean
  readonly features: readonly string[]
  /** What its subgroups can multiply. */
  readonly subgroupMatrices?: SubgroupMatrices
}

/** Limits that are asked for as high as the adapter goes; the specification's defaults suffice everywhere. */
const RAISED = [
  'maxStorageBufferBindingSize',
  'maxBufferSize',
  'maxComputeWorkgroupStorageSize',
  'maxStorageBuffersPerShaderStage',
] as const

const WANTED: readonly string[] = [
  'shader-f16',
  'subgroups',
  'subgroup-size-control',
  SUBGROUP_MATRIX,
  'timestamp-query',
]

/** Node's Dawn offers experimental features where it is asked to; a page's browser, where its user says so. */
export const DAWN_FLAGS: string[] = ['enable-dawn-features=allow_unsafe_apis']

/** @throws {Error} saying what is missing when there is no WebGPU or no adapter. */
export async function openDevice(): Promise<{ device: GPUDevice; adapter: AdapterDescription }> {
  const gpu = await findWebGpu()
  const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' })
  if (!adapter)
    throw new Error(
      `Cannot open a GPU device: WebGPU is here but offers no adapter. ${inNode() ? NODE_DRIVER_HELP : PAGE_DRIVER_HELP}`,
    )
  const requiredLimits = Object.fromEntries(RAISED.map((name) => [name, adapter.limits[name]]))
  const requiredFeatures = WANTED.filter((name) => adapter.features.has(name)) as GPUFeatureName[]
  const device = await adapter.requestDevice({ requiredLimits, requiredFeatures })
  return { device, adapter: describe(adapter.info, device) }
}

export function describe(info: GPUAdapterInfo, device: GPUDevice): AdapterDescription {
  const { vendor = '', architecture = '', description = '' } = info ?? {}
  const software =
    info?.isFallbackAdapter === true ||
    /swiftshader|software|llvmpipe|lavapipe|warp/i.test(`${architecture} ${description}`)
  return {
    vendor,
    architecture,
    description,
    software,
    features: [...device.features],
    subgroupMatrices: info && subgroupMatrices(info, device.features),
  }
}

const PAGE_DRIVER_HELP = 'Turn on hardware acceleration in the browser settings, or update the graphics driver.'
const NODE_DRIVER_HELP = 'Install a Vulkan driver, or name one with INFETCH_VK_ICD=/path/to/icd.json.'

function inNode(): boolean {
  return typeof process !== 'undefined' && process.versions?.node !== undefined
}

async function findWebGpu(): Promise<GPU> {
  if (globalThis.navigator?.gpu) return navigator.gpu
  if (!inNode())
    throw new Error(
      'Cannot open a GPU device: this browser has no WebGPU (navigator.gpu). It needs Chrome or Edge 113, Safari 26, Firefox 141 or later, and a secure page (https or localhost).',
    )
  if (process.env.INFETCH_VK_ICD) process.env.VK_ICD_FILENAMES = process.env.INFETCH_VK_ICD
  const dawn = await importPeer('webgpu').catch((cause) => {
    throw new Error('Cannot open a GPU device: Node needs the package webgpu for that (npm install webgpu)', { cause })
  })
  Object.assign(globalThis, dawn.globals)
  const gpu: GPU = dawn.create(DAWN_FLAGS)
  // Dawn's devices die with the instance that made them; the page keeps navigator.gpu for ever, so do we.
  const holder = globalThis.navigator ?? ({} as Navigator)
  Object.defineProperty(holder, 'gpu', { value: gpu, configurable: true })
  globalThis.navigator ??= holder
  return gpu
}

/** Its name is no literal in the import, nor becomes one when bundled, so that bundlers for the page leave it alone. */
const importPeer = (name: string) => import(/* @vite-ignore */ name)
