// A host of one model whose engine is a mock and whose tokenizer is the tiny one.

import { Constraints } from '../../src/api/constraints.ts'
import type { ApiHost, ServedModel } from '../../src/api/host.ts'
import { createFetch } from '../../src/api/router.ts'
import { createChatTemplate } from '../../src/text/chat-template.ts'
import { tokenSpellings } from '../../src/text/token-spellings.ts'
import { type MockEngine, type MockScript, mockEngine } from './mock-engine.ts'
import { EOS, tinyTokenizer } from './sentence-tokenizer.ts'

export interface MockHost {
  readonly fetch: typeof fetch
  readonly engine: MockEngine
  readonly model: ServedModel
  readonly host: ApiHost
  post(path: string, body: unknown, init?: RequestInit): Promise<Response>
}

const TEMPLATE =
  "{{ bos_token }}{% for m in messages %}[{{ m.role }}]{{ m.content }}{% if m.role == 'assistant' %}</s>{% endif %}{% endfor %}{% if add_generation_prompt %}[assistant]{% endif %}"

export function mockHost(
  script: MockScript,
  {
    host: hostChanges,
    model: modelChanges,
  }: { readonly host?: Partial<ApiHost>; readonly model?: Partial<ServedModel> } = {},
): MockHost {
  const engine = mockEngine(script)
  const tokenizer = tinyTokenizer()
  const model: ServedModel = {
    id: 'org/tiny',
    created: 1_700_000_000,
    tokenizer,
    constraints: new Constraints(tokenSpellings(tokenizer, tokenizer.vocabSize, [EOS])),
    chatTemplate: createChatTemplate(TEMPLATE, { bos_token: '<s>', eos_token: '</s>' }),
    generationDefaults: { eosTokenIds: [EOS], bosTokenId: 1 },
    contextLength: 256,
    vocabSize: tokenizer.vocabSize,
    sizes: { hidden: 4, parameters: 1000, weightBytes: 4000, context: 512 },
    pooling: 'sum',
    engine,
    ...modelChanges,
  }
  const host: ApiHost = { state: 'ready', models: [model], now: () => Date.now(), ...hostChanges }
  const fetch = createFetch(host)
  return {
    fetch,
    engine,
    model,
    host,
    post: (path, body, init) => fetch(path, { method: 'POST', body: JSON.stringify(body), ...init }),
  }
}
