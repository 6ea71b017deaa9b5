// Rules between fields that chat and completion requests share.

import { badRequest } from '../errors.ts'
import { type beamFields, checkBeams } from './beams.ts'
import type { Values } from './field.ts'
import type { outputFields, samplingFields } from './sampling.ts'

type Output = Values<typeof beamFields> & Values<typeof outputFields> & Values<typeof samplingFields>

/** @throws ApiError for fields that do not go together */
export function checkOutput(request: Output, maxTokens: number | undefined): void {
  const { n, best_of: bestOf, temperature, min_tokens: minTokens } = request
  const alike = temperature === 0 && !request.use_beam_search
  checkBeams(request)
  if (n > 1 && alike)
    throw badRequest(
      `Invalid 'n': must be 1 when 'temperature' is 0, as all answers would be the same, but got ${n}.`,
      'n',
    )
  if (bestOf !== undefined) {
    if (bestOf < n) throw badRequest(`Invalid 'best_of': must be at least 'n' (${n}), but got ${bestOf}.`, 'best_of')
    if (bestOf > n && request.stream)
      throw badRequest("Invalid 'best_of': cannot be above 'n' together with 'stream'.", 'best_of')
    if (bestOf > n && alike)
      throw badRequest(
        "Invalid 'best_of': must be 'n' when 'temperature' is 0, as all answers would be the same.",
        'best_of',
      )
  }
  if (maxTokens !== undefined && minTokens > maxTokens)
    throw badRequest(
      `Invalid 'min_tokens': must be at most 'max_tokens' (${maxTokens}), but got ${minTokens}.`,
      'min_tokens',
    )
  if (request.stream_options !== undefined && !request.stream)
    throw badRequest("Invalid 'stream_options': it is only allowed when 'stream' is true.", 'stream_options')
}
