// The reference data's models as a runner should find them: where each lies, and the logits and ids that others computed.

import { resolveModelFiles } from '../../src/weights/source.ts'

export interface ZooModel {
  /** Below data/; a folder, or a GGUF. */
  readonly path: string
  /** Ids, prompt and then greedy ones, and a row of logits for each. */
  reference(shared: string): Promise<{ prompt: number[]; greedy: number[]; logits: Float32Array }>
}

/** Folders with reference.json and logits.f32. */
export const ZOO = [
  'llama-mha',
  'llama-gqa-rope3',
  'llama-headdim80',
  'llama-9h3kv',
  'format-bf16',
  'format-f16-sharded',
  'mistral',
  'mistral-swa',
  'qwen2',
  'qwen3',
  'qwen3-moe',
  'smollm3',
  'granite',
  'phi3',
  'phi3-longrope',
  'gemma',
  'gemma2',
  'gemma3',
  'olmo2',
  'stablelm',
  'cohere',
] as const
const QUANTIZED = ['format-mlx4', 'format-mlx8', 'format-gptq', 'format-awq']
const GGUF_TYPES = ['Q4_0', 'Q4_K_M', 'Q5_K_M', 'Q6_K', 'Q8_0']
const STORIES_TYPES = ['f32', 'F16', 'Q8_0', 'Q4_0', 'Q4_1', 'Q5_0', 'Q5_1', 'IQ4_NL']
const RANDOM_TYPES = ['f32', 'Q2_K', 'Q3_K_M', 'Q4_K_M', 'Q5_K_M', 'Q6_K', 'IQ4_XS']

const folder = (name: string, file?: string): ZooModel => ({
  path: `zoo/${name}${file ? `/${file}` : ''}`,
  async reference(shared) {
    const { prompt_ids, greedy_ids } = await json(`${shared}/data/zoo/${name}`, 'reference.json')
    return {
      prompt: prompt_ids,
      greedy: greedy_ids,
      logits: new Float32Array(await read(`${shared}/data/zoo/${name}`, 'logits.f32')),
    }
  },
})

const quantizedGguf = (name: string, type: string): ZooModel => ({
  path: `zoo/${name}/model-${type}.gguf`,
  async reference(shared) {
    const { files } = await json(`${shared}/data/zoo/${name}`, 'reference.json')
    const { prompt_ids, greedy_ids } = files[`model-${type}.gguf`]
    const logits = new Float32Array(await read(`${shared}/data/zoo/${name}`, `logits-${type}.f32`))
    return { prompt: prompt_ids, greedy: greedy_ids, logits }
  },
})

/** Their greedy ids are those of the logits: what generated the texts beside them rounds activations to 8 bits. */
const gguf = (name: string): ZooModel => ({
  path: `gguf/${name}.gguf`,
  async reference(shared) {
    const text = new TextDecoder().decode(await read(`${shared}/data/gguf`, `${name}.greedy.txt`))
    const logits = new Float32Array(await read(`${shared}/data/gguf`, `${name}.dequant.logits.f32`))
    return { prompt: [1, 403, 407, 261, 378], greedy: text.trim().split(/\s+/).map(Number), logits }
  },
})

/** The architectures as folders; what they are as GGUF has equal tensors, which another test says. */
export const HUB_MODELS: readonly ZooModel[] = ZOO.map((name) => folder(name))
export const HUB_GGUFS: readonly ZooModel[] = ZOO.filter((name) => !/^format|swa$/.test(name)).map((name) =>
  folder(name, 'model.gguf'),
)
export const QUANTIZED_MODELS: readonly ZooModel[] = [
  ...QUANTIZED.map((name) => folder(name)),
  ...['quant-llama', 'quant-qwen2'].flatMap((name) => GGUF_TYPES.map((type) => quantizedGguf(name, type))),
]
export const GGUF_FILES: readonly ZooModel[] = [
  ...STORIES_TYPES.map((type) => gguf(`stories260K-ffn192-${type}`)),
  ...RANDOM_TYPES.map((type) => gguf(`rand256-${type}`)),
]

async function read(place: string, name: string): Promise<ArrayBuffer> {
  const file = (await resolveModelFiles(place).open(name))!
  return (await file.read(0, file.size)).buffer
}

const json = async (place: string, name: string) => JSON.parse(new TextDecoder().decode(await read(place, name)))
