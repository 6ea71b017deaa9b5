// The small trained Llama of the shared test data behind the whole API, on the CPU: everything but a GPU.

import type { ApiHost } from '../../src/api/host.ts'
import { Engine } from '../../src/engine/engine.ts'
import { readConfig } from '../../src/model/config.ts'
import { parameterCount } from '../../src/model/estimate.ts'
import { describeModel } from '../../src/model/registry.ts'
import { createChatTemplate, findChatTemplate } from '../../src/text/chat-template.ts'
import { createTokenizer } from '../../src/text/tokenizer.ts'
import { openCheckpoint } from '../../src/weights/checkpoint.ts'
import { resolveModelFiles } from '../../src/weights/source.ts'
import { checkpointWeights } from '../reference/floats.ts'
import { cpuLlama } from './cpu-llama.ts'
import { CpuRunner } from './cpu-runner.ts'
import { sharedData, sharedJson } from './shared-data.ts'

const FOLDER = 'data/models/stories260K-hf'

export async function storiesHost(): Promise<{ readonly host: ApiHost; readonly engine: Engine }> {
  const files = resolveModelFiles(`${sharedData}/${FOLDER}`)
  const config = await readConfig(files)
  const spec = describeModel(config)
  const runner = new CpuRunner(cpuLlama(spec, await checkpointWeights(await openCheckpoint(files))), spec.contextLength)
  const engine = new Engine(runner)
  const tokenizerConfig = sharedJson(`${FOLDER}/tokenizer_config.json`)
  const tokenizer = createTokenizer(sharedJson(`${FOLDER}/tokenizer.json`), tokenizerConfig)
  const specials = { bos_token: tokenizer.bosToken?.content, eos_token: tokenizer.eosToken?.content }
  const model = {
    id: 'stories260K',
    created: 1_700_000_000,
    tokenizer,
    chatTemplate: createChatTemplate(findChatTemplate({ tokenizerConfig }), specials),
    generationDefaults: { eosTokenIds: config.eos_token_ids, bosTokenId: config.bos_token_id },
    contextLength: runner.contextLength,
    vocabSize: spec.vocabSize,
    sizes: { hidden: spec.hiddenSize, parameters: parameterCount(spec), weightBytes: 0, context: spec.contextLength },
    pooling: 'sum' as const,
    engine,
  }
  return { host: { state: 'ready', models: [model], now: () => Date.now() }, engine }
}
