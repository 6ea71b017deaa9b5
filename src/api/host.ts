// What the API is given to serve: loaded models and the state of whatever hosts them.

import type { GenerateRequest, Generation } from '../engine/generation.ts'
import type { Pooling } from '../engine/model-runner.ts'
import type { ChatTemplate } from '../text/chat-template.ts'
import type { Tokenizer } from '../text/tokenizer.ts'
import type { Constraints } from './constraints.ts'

export interface ApiHost {
  /** `loading`: requests are answered 503; `failed`: 500 with the reason. May change while requests run. */
  readonly state: 'loading' | 'ready' | 'failed'
  /** Why the state is `failed`. */
  readonly failure?: Error
  readonly models: readonly ServedModel[]
  /** Requests must bring it as bearer token, except to /health. */
  readonly apiKey?: string
  /** Milliseconds since 1970. */
  now(): number
  /** Longest body of a request; 32 MiB unless told. */
  readonly maxBodyBytes?: number
}

export interface ServedModel {
  readonly id: string
  /** Seconds since 1970. */
  readonly created: number
  readonly ownedBy?: string
  /** Missing where the model's folder has none: then only token ids are taken and given. */
  readonly tokenizer?: Tokenizer
  readonly chatTemplate: ChatTemplate
  /** Missing where there is no tokenizer: text cannot be held to a form then. */
  readonly constraints?: Constraints
  readonly generationDefaults: GenerationDefaults
  /** Most tokens of prompt and answer together: of the model, or of the KV cache where that is smaller. */
  readonly contextLength: number
  /** Token ids are below it. */
  readonly vocabSize: number
  readonly sizes: ModelSizes
  /** How hidden states become a text's vector; missing where the model asks for what is not served. */
  readonly pooling?: Pooling
  readonly engine: { generate(request: GenerateRequest): Generation }
}

export interface ModelSizes {
  /** Elements of a hidden state. */
  readonly hidden: number
  /** How many weights it has, and how many bytes they take as they are held. */
  readonly parameters: number
  readonly weightBytes: number
  /** Most tokens the model was made for. */
  readonly context: number
}

/** What the model says of how it wants to be used. Its wishes on sampling are not taken: OpenAI's defaults hold. */
export interface GenerationDefaults {
  readonly eosTokenIds: readonly number[]
  readonly bosTokenId?: number
}
