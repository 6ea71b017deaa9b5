// A model's weights: tensors by name over one or several files, read row by row. Knows no architecture and no GPU layout.

import * as z from 'zod/mini'
import { ModelError, shown } from './errors.ts'
import type { ModelFile, ModelFiles } from './files.ts'
import { GgufFiles } from './gguf-files.ts'
import { readJson, validate } from './json.ts'
import { readQuantization } from './quantized-config.ts'
import { readSafetensors, type TensorInfo } from './safetensors.ts'
import { type Checkpoint, checkRows } from './tensors.ts'

export type { Checkpoint } from './tensors.ts'

const SINGLE = 'model.safetensors'
const INDEX = 'model.safetensors.index.json'

export async function openCheckpoint(files: ModelFiles, signal?: AbortSignal): Promise<Checkpoint> {
  if (files instanceof GgufFiles) return files.checkpoint(signal)
  const quantization = readQuantization(await readJson(files, 'config.json', signal))
  const stored = await openSafetensors(files, signal)
  return quantization ? (await import('./quantized-checkpoint.ts')).dequantized(stored, quantization) : stored
}

async function openSafetensors(files: ModelFiles, signal?: AbortSignal): Promise<Checkpoint> {
  const single = await files.open(SINGLE, signal)
  if (single) return checkpoint(await readSafetensors(single, signal), new Map([[SINGLE, single]]))
  const index = await readJson(files, INDEX, signal)
  if (index === undefined) throw new ModelError(SINGLE, `${files.id} has neither it nor ${INDEX}`)
  return openShards(files, index, signal)
}

const fileName = z.string('must be a file name').check(z.regex(/^\w[\w.-]*$/, 'must be a plain file name'))
const indexSchema = z.object({ weight_map: z.record(z.string(), fileName, 'must be an object') }, 'must be an object')

async function openShards(files: ModelFiles, index: unknown, signal?: AbortSignal): Promise<Checkpoint> {
  const map = new Map(Object.entries(validate(INDEX, indexSchema, index).weight_map))
  const tensors = new Map<string, TensorInfo>()
  const shards = new Map<string, ModelFile>()
  for (const name of new Set(map.values())) {
    const shard = await files.open(name, signal)
    if (!shard) throw new ModelError(name, `${INDEX} names it, but ${files.id} has no such file`)
    shards.set(name, shard)
    for (const tensor of (await readSafetensors(shard, signal)).values())
      if (map.get(tensor.name) === name) tensors.set(tensor.name, tensor)
  }
  for (const [tensor, shard] of map)
    if (!tensors.has(tensor))
      throw new ModelError(shard, `${INDEX} says it has tensor ${shown(tensor)}, but it has not`)
  return checkpoint(tensors, shards)
}

function checkpoint(stored: ReadonlyMap<string, TensorInfo>, files: ReadonlyMap<string, ModelFile>): Checkpoint {
  // Embedding models are saved without their head, and so without the first part of every name.
  const bare = stored.has('embed_tokens.weight')
  const tensors = bare ? new Map([...stored].map(([name, tensor]) => [`model.${name}`, tensor])) : stored
  return {
    tensors,
    async read(name, firstRow, rows, { signal, into } = {}) {
      const tensor = tensors.get(name)
      if (!tensor) throw new ModelError('the checkpoint', `there is no tensor ${shown(name)}`)
      checkRows(tensor, firstRow, rows)
      const count = tensor.shape[0] ?? 1
      const rowBytes = count === 0 ? 0 : (tensor.end - tensor.start) / count
      const start = tensor.start + firstRow * rowBytes
      return files.get(tensor.file)!.read(start, start + rows * rowBytes, signal, into)
    },
  }
}
