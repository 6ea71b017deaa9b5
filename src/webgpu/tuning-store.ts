// Keeps what the autotuner found beside the models, for the next load with the same adapter, driver and kernels. Knows no
// kernel and no matrix.

import type { BlobStore } from '../weights/files.ts'
import { TUNING_FOLDER } from '../weights/kept-models.ts'
import { sha256 } from '../weights/sha256.ts'
import type { Variant } from './gpu.ts'

/** The fastest variants by what they are for. */
export type Tuned = ReadonlyMap<string, Variant>

/**
 * The file for a device. Of the driver pages are told little: a browser's version stands for its compiler.
 * @param sources all kernels that variants are made of
 */
export async function tuningFile(device: GPUDevice, sources: ReadonlyMap<string, string>): Promise<string> {
  const { vendor, architecture, device: model, description } = device.adapterInfo ?? ({} as GPUAdapterInfo)
  const { userAgent } = globalThis.navigator ?? {}
  const key = [vendor, architecture, model, description, userAgent, [...device.features].sort(), [...sources].sort()]
  const digest = await sha256(new TextEncoder().encode(JSON.stringify(key)))
  return `${TUNING_FOLDER}/${digest.slice(0, 32)}.json`
}

/** Empty where nothing is known, or what is there is damaged. */
export async function readTuned(store: BlobStore, file: string): Promise<Tuned> {
  try {
    const kept = (await store.get(file))!
    const entries = Object.entries(JSON.parse(new TextDecoder().decode(await kept.read(0, kept.size))))
    return new Map(entries.flatMap(([key, variant]) => (isVariant(variant) ? [[key, variant]] : [])))
  } catch {
    return new Map()
  }
}

/** Adds to what is kept; without room nothing is. */
export async function keepTuned(store: BlobStore, file: string, tuned: Tuned): Promise<void> {
  const all = Object.fromEntries([...(await readTuned(store, file)), ...tuned])
  await store.put(file, new TextEncoder().encode(JSON.stringify(all))).catch(() => {})
}

function isVariant(value: unknown): value is Variant {
  const { kernels, width } = (value ?? {}) as Partial<Variant>
  return typeof kernels === 'string' && typeof width === 'number'
}
