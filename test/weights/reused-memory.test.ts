// Reading a tensor in pieces takes the memory of one piece, however many there are: buffers are counted.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { openCheckpoint } from '../../src/weights/checkpoint.ts'
import { type ModelFile, memoryFor } from '../../src/weights/files.ts'
import { readGguf } from '../../src/weights/gguf.ts'
import { ggufCheckpoint } from '../../src/weights/gguf-checkpoint.ts'
import { ggufTypes } from '../../src/weights/gguf-types.ts'
import { resolveModelFiles } from '../../src/weights/source.ts'
import { tinyMetadata, writeGguf } from '../support/tiny-gguf.ts'
import { writeSafetensors } from '../support/tiny-llama.ts'

const folder = mkdtempSync(join(tmpdir(), 'infetch-memory-'))
afterAll(() => rmSync(folder, { recursive: true }))

const [ROWS, COLS, PIECE] = [256, 256, 40]
/** Starts of pieces, some of which end within a head of 16 rows. */
const firsts = Array.from({ length: Math.floor(ROWS / PIECE) }, (_, i) => i * PIECE)

/** A file in memory, and the buffers that its bytes were given in. */
function counted(bytes: Uint8Array<ArrayBuffer>) {
  const buffers = new Set<ArrayBuffer>()
  const file: ModelFile = {
    name: 'model.gguf',
    size: bytes.length,
    async read(start, end, _signal, into) {
      const given = new Uint8Array(memoryFor(end - start, into), 0, end - start)
      await Promise.resolve()
      given.set(bytes.subarray(start, end))
      buffers.add(given.buffer)
      return given
    },
  }
  return { file, buffers }
}

async function ggufOf(id: number) {
  const { elements, bytes } = ggufTypes.get(id)!
  const length = ((ROWS * COLS) / elements) * bytes
  const tensors = ['attn_q', 'attn_v'].map((part, seed) => ({
    name: `blk.0.${part}.weight`,
    type: id,
    shape: [ROWS, COLS],
    // Without exponents of 31, that is of infinity.
    bytes: Uint8Array.from({ length }, (_, i) => ((i + seed) * 40503) & 0x3b),
  }))
  const metadata = tinyMetadata.map((entry) =>
    entry[0] === 'llama.attention.head_count' ? ([entry[0], 4, ROWS / 16] as const) : entry,
  )
  const { file, buffers } = counted(writeGguf({ metadata, tensors }))
  const checkpoint = ggufCheckpoint(await readGguf(file))
  buffers.clear()
  return { checkpoint, buffers }
}

describe.each([...ggufTypes].map(([id, { name }]) => [name, id] as const))('a GGUF of %s', (_, id) => {
  it.each(['q', 'v'])('%s_proj', async (part) => {
    const name = `model.layers.0.self_attn.${part}_proj.weight`
    const { checkpoint, buffers } = await ggufOf(id)
    const whole = await checkpoint.read(name, 0, ROWS)
    const rowBytes = whole.length / ROWS
    const { checkpoint: other, buffers: counts } = await ggufOf(id)
    const into = new ArrayBuffer(PIECE * rowBytes + 4)
    for (const first of firsts) {
      const bytes = await other.read(name, first, PIECE, { into })
      expect(bytes.buffer).toBe(into)
      expect(Buffer.compare(bytes, whole.subarray(first * rowBytes, (first + PIECE) * rowBytes))).toBe(0)
    }
    expect(buffers.size).toBe(1)
    expect(counts.size).toBeLessThanOrEqual(2)
  })

  it('by several readers at once', async () => {
    const name = 'model.layers.0.self_attn.v_proj.weight'
    const { checkpoint } = await ggufOf(id)
    const whole = await checkpoint.read(name, 0, ROWS)
    const rowBytes = whole.length / ROWS
    const pieces = await Promise.all(firsts.map((first) => checkpoint.read(name, first, PIECE)))
    expect(new Set(pieces.map(({ buffer }) => buffer)).size).toBe(firsts.length)
    for (const [i, first] of firsts.entries())
      expect(Buffer.compare(pieces[i]!, whole.subarray(first * rowBytes, (first + PIECE) * rowBytes))).toBe(0)
  })
})

const words = (length: number) => Uint8Array.from({ length }, (_, i) => (i * 40503) >> 3)
const halves = (length: number) => Uint8Array.from({ length: 2 * length }, (_, i) => (i % 2 ? 0x2c : 1))
const quantized = {
  mlx: {
    config: { quantization: { bits: 4, group_size: 64 } },
    tensors: [
      { name: 'w.weight', dtype: 'U32', shape: [ROWS, COLS / 8], bytes: words((ROWS * COLS) / 2) },
      { name: 'w.scales', dtype: 'F16', shape: [ROWS, COLS / 64], bytes: halves((ROWS * COLS) / 64) },
      { name: 'w.biases', dtype: 'F16', shape: [ROWS, COLS / 64], bytes: halves((ROWS * COLS) / 64) },
    ],
  },
  gptq: {
    config: { quantization_config: { quant_method: 'gptq', bits: 4, group_size: 128, desc_act: false } },
    tensors: [
      { name: 'w.qweight', dtype: 'I32', shape: [COLS / 8, ROWS], bytes: words((ROWS * COLS) / 2) },
      { name: 'w.qzeros', dtype: 'I32', shape: [COLS / 128, ROWS / 8], bytes: words((ROWS * COLS) / 256) },
      { name: 'w.scales', dtype: 'F16', shape: [COLS / 128, ROWS], bytes: halves((ROWS * COLS) / 128) },
    ],
  },
  floats: {
    config: {},
    tensors: [{ name: 'w.weight', dtype: 'F16', shape: [ROWS, COLS], bytes: halves(ROWS * COLS) }],
  },
}

it.each(Object.entries(quantized))('a folder of %s', async (_, { config, tensors }) => {
  writeFileSync(join(folder, 'config.json'), JSON.stringify(config))
  writeFileSync(join(folder, 'model.safetensors'), writeSafetensors(tensors))
  const checkpoint = await openCheckpoint(resolveModelFiles(folder))
  const whole = await checkpoint.read('w.weight', 0, ROWS)
  const rowBytes = whole.length / ROWS
  const into = new ArrayBuffer(PIECE * rowBytes + 4)
  for (const first of firsts) {
    const bytes = await checkpoint.read('w.weight', first, PIECE, { into })
    expect(bytes.buffer).toBe(into)
    expect(Buffer.compare(bytes, whole.subarray(first * rowBytes, (first + PIECE) * rowBytes))).toBe(0)
  }
})
