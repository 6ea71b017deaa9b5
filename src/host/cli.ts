// The command line: infetch chat, infetch serve.

import { parseArgs } from 'node:util'
import { startEngine } from '../create-engine.ts'
import type { EngineOptions } from '../index.ts'
import { chat } from './chat-command.ts'
import { haveAdapter } from './have-adapter.ts'
import { serve } from './serve-command.ts'
import { terminalProgress } from './terminal-progress.ts'

const HELP = `infetch: a language model behind fetch

  infetch chat ["prompt"]     answers the prompt, or holds a conversation
  infetch serve               an OpenAI server on this machine

  --model M                   folder, URL, or hub id org/name[@revision]; without it the embedded model
  --weights F                 auto, f32, f16, q8 or q4 (auto)
  --activations F             f32, or q8: faster on some GPUs, a little less exact (f32)
  --context-length N          most tokens a conversation may have (the model's own)
  --max-sequences N           requests generated side by side (16)
chat:
  --system TEXT               a system message
  --temperature T             0 to 2 (1); 0 always takes the likeliest token
  --max-tokens N              longest reply
serve:
  --port N                    (8080)
  --host NAME                 address to listen on (127.0.0.1)
  --api-key KEY               ask for this key
`

const OPTIONS = {
  model: { type: 'string' },
  weights: { type: 'string' },
  activations: { type: 'string' },
  'context-length': { type: 'string' },
  'max-sequences': { type: 'string' },
  system: { type: 'string' },
  temperature: { type: 'string' },
  'max-tokens': { type: 'string' },
  port: { type: 'string', default: '8080' },
  host: { type: 'string', default: '127.0.0.1' },
  'api-key': { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} as const

/** @param args what follows the command's name */
export async function main(args: string[]): Promise<void> {
  const { values, positionals } = parseArgs({ args, options: OPTIONS, allowPositionals: true })
  const [command, prompt] = positionals
  if (values.help || command === undefined) {
    console.log(HELP)
    return
  }
  if (command !== 'chat' && command !== 'serve')
    throw new Error(`Cannot run: infetch knows chat and serve, received ${command}`)
  await haveAdapter()
  const progress = terminalProgress(process.stderr)
  const starting = startEngine({
    model: values.model,
    weights: values.weights as EngineOptions['weights'],
    activations: values.activations as EngineOptions['activations'],
    contextLength: number('context-length', values['context-length']),
    maxSequences: number('max-sequences', values['max-sequences']),
    apiKey: values['api-key'],
    onProgress: progress.update,
  })
  const ready = starting.ready.finally(progress.done)
  if (command === 'serve') {
    await serve({ ...starting, ready }, { port: number('port', values.port)!, hostname: values.host })
    return
  }
  const engine = await ready
  const fields = {
    temperature: number('temperature', values.temperature),
    max_tokens: number('max-tokens', values['max-tokens']),
  }
  await chat(engine, { prompt, system: values.system, fields })
  await engine.close()
}

function number(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const value = Number(text)
  if (text.trim() === '' || !Number.isFinite(value))
    throw new Error(`Cannot read --${name}: a number is wanted, received ${text}`)
  return value
}
