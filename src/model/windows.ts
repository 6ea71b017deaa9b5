// Which layers see only the last keys, from sliding_window and layer_types. Knows no architecture.

import * as z from 'zod/mini'
import { type ModelConfig, readKeys } from './config.ts'
import { refusal, whole } from './fields.ts'

const keys = z.object({
  layer_types: z.nullish(
    z.array(
      z.literal(['full_attention', 'sliding_attention'], 'must be full_attention or sliding_attention'),
      'must be a list of names',
    ),
  ),
})

/** Of a layer's keys, its own included. */
export const windowSize = whole(1, 2 ** 30)

/** By layer. `slides` says which layers have the window where the config has no layer_types. */
export function layerWindows(
  config: ModelConfig,
  window: number | null | undefined,
  slides: (layer: number) => boolean,
): (number | undefined)[] {
  const { layer_types } = readKeys(config, keys)
  const count = config.num_hidden_layers
  if (layer_types && layer_types.length !== count)
    throw refusal(`layer_types must name each of ${count} layers`, layer_types.length)
  const isSliding = (i: number) => (layer_types ? layer_types[i] === 'sliding_attention' : !!window && slides(i))
  return Array.from({ length: count }, (_, i) => {
    if (!isSliding(i)) return undefined
    if (!window) throw refusal('sliding_window must be given for layers of sliding_attention', window)
    return window
  })
}
