// Fields of POST /v1/chat/completions/{id}.

import * as z from 'zod/mini'
import { defaulted } from './field.ts'

export const storedChatFields = {
  metadata: defaulted(z.record(z.string(), z.string()), {}, { doc: 'Takes the place of the metadata it had.' }),
}
