// The oracle of validity: ajv, with formats and old drafts where those packages are installed. Knows nothing of automata.

import { createRequire } from 'node:module'

export type Validate = ((value: unknown) => boolean) & { errors?: { instancePath?: string; message?: string }[] | null }
type AjvLike = { compile(schema: unknown): Validate }
type AjvClass = new (options: object) => AjvLike

const options = {
  strict: false,
  allErrors: false,
  validateFormats: true,
  multipleOfPrecision: 9,
  logger: false,
  unicodeRegExp: true,
}

/** From the folder the command runs in, so that a checkout without these packages only lacks the oracle. */
const require = createRequire(`${process.cwd()}/package.json`)

function load(name: string): unknown {
  try {
    const module = require(name) as { default?: unknown }
    return module.default ?? module
  } catch {
    return null
  }
}

// biome-ignore format: a list
const standard = [
  'date', 'time', 'date-time', 'duration', 'uri', 'uri-reference', 'uri-template', 'email', 'hostname', 'ipv4', 'ipv6', 'regex',
  'uuid', 'json-pointer', 'relative-json-pointer',
]

/** A validator, or the reason why there is none. */
export function validator(text: string): Validate | string {
  const schema = JSON.parse(text) as unknown
  const uri = typeof schema === 'object' && schema !== null && '$schema' in schema ? String(schema.$schema) : ''
  const name = uri.includes('draft-04') ? 'ajv-draft-04' : /draft-0[67]/.test(uri) ? 'ajv' : 'ajv/dist/2020.js'
  const Ajv = load(name) as AjvClass | null
  if (!Ajv) return `${name} is not installed`
  try {
    const ajv = new Ajv({ ...options, ...(name === 'ajv-draft-04' ? { unicodeRegExp: false } : {}) })
    const formats = load('ajv-formats') as ((ajv: unknown, names: readonly string[]) => void) | null
    formats?.(ajv, standard)
    let copy = schema
    if (typeof schema === 'object' && schema !== null) {
      const { $schema: _, ...rest } = schema as Record<string, unknown>
      copy = rest
    }
    return ajv.compile(copy)
  } catch (error) {
    return (error as Error).message.slice(0, 160)
  }
}
