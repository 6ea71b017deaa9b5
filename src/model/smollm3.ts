// model_type smollm3: Llama in which some layers, every fourth unless the config says else, have no positions.

import * as z from 'zod/mini'
import { type ModelConfig, readKeys } from './config.ts'
import { decoder } from './decoder.ts'
import { flag, refusal, whole } from './fields.ts'
import { readRope } from './rope.ts'
import type { ModelSpec } from './spec.ts'
import { layerWindows, windowSize } from './windows.ts'

const keys = z.object({
  no_rope_layer_interval: z._default(whole(1, 1024), 4),
  /** 1: the layer has positions. */
  no_rope_layers: z.nullish(z.array(whole(0, 1), 'must be a list of 0 and 1')),
  use_sliding_window: z._default(flag, false),
  sliding_window: z.nullish(windowSize),
})

export function smollm3(config: ModelConfig): ModelSpec {
  const { no_rope_layer_interval, no_rope_layers, use_sliding_window, sliding_window } = readKeys(config, keys)
  const count = config.num_hidden_layers
  if (no_rope_layers && no_rope_layers.length !== count)
    throw refusal(`no_rope_layers must have a number for each of ${count} layers`, no_rope_layers.length)
  const rope = readRope(config, { theta: 2e6 })
  const hasRope = (layer: number) =>
    no_rope_layers ? no_rope_layers[layer] === 1 : (layer + 1) % no_rope_layer_interval !== 0
  return decoder(config, {
    tied: true,
    rope: Array.from({ length: count }, (_, layer) => (hasRope(layer) ? rope : undefined)),
    windows: layerWindows(config, use_sliding_window ? sliding_window : null, (layer) => !hasRope(layer)),
  })
}
