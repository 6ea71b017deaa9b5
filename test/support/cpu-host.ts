// A Llama checkpoint behind the whole API, on the CPU: everything but a GPU.

import { Constraints } from '../../src/api/constraints.ts'
import type { ApiHost } from '../../src/api/host.ts'
import { Engine } from '../../src/engine/engine.ts'
import { readConfig } from '../../src/model/config.ts'
import { parameterCount, weightBytes } from '../../src/model/estimate.ts'
import { describeModel } from '../../src/model/registry.ts'
import { createChatTemplate, findChatTemplate } from '../../src/text/chat-template.ts'
import { tokenSpellings } from '../../src/text/token-spellings.ts'
import { createTokenizer } from '../../src/text/tokenizer.ts'
import { openCheckpoint } from '../../src/weights/checkpoint.ts'
import { requireJson } from '../../src/weights/json.ts'
import { type ModelSource, resolveModelFiles } from '../../src/weights/source.ts'
import { checkpointWeights } from '../reference/floats.ts'
import { cpuLlama } from './cpu-llama.ts'
import { CpuRunner } from './cpu-runner.ts'

/** Served as `id`; the host's state may be changed. */
export async function cpuHost(source: ModelSource, id: string) {
  const files = resolveModelFiles(source)
  const config = await readConfig(files)
  const spec = describeModel(config)
  const runner = new CpuRunner(cpuLlama(spec, await checkpointWeights(await openCheckpoint(files))), spec.contextLength)
  const engine = new Engine(runner)
  const tokenizerConfig = await requireJson(files, 'tokenizer_config.json')
  const tokenizer = createTokenizer(await requireJson(files, 'tokenizer.json'), tokenizerConfig)
  const specials = { bos_token: tokenizer.bosToken?.content, eos_token: tokenizer.eosToken?.content }
  const model = {
    id,
    created: 1_700_000_000,
    tokenizer,
    chatTemplate: createChatTemplate(findChatTemplate({ tokenizerConfig }), specials),
    generationDefaults: { eosTokenIds: config.eos_token_ids, bosTokenId: config.bos_token_id },
    contextLength: runner.contextLength,
    vocabSize: spec.vocabSize,
    sizes: {
      hidden: spec.hiddenSize,
      parameters: parameterCount(spec),
      weightBytes: weightBytes(spec, 'f32'),
      context: spec.contextLength,
    },
    constraints: new Constraints(tokenSpellings(tokenizer, spec.vocabSize, config.eos_token_ids)),
    pooling: 'sum' as const,
    engine,
  }
  const host: { -readonly [K in keyof ApiHost]: ApiHost[K] } = {
    state: 'ready',
    models: [model],
    now: () => Date.now(),
  }
  return { host, engine }
}
