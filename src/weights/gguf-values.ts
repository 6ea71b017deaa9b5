// The typed values of GGUF metadata. Knows no key.

import { ModelError, shown } from './errors.ts'
import type { Cursor } from './gguf-cursor.ts'

export type GgufNumbers =
  | Uint8Array
  | Int8Array
  | Uint16Array
  | Int16Array
  | Uint32Array
  | Int32Array
  | Float32Array
  | Float64Array
export type GgufValue = number | boolean | string | readonly string[] | GgufNumbers

interface NumberType {
  readonly bytes: number
  readonly get: (view: DataView, at: number) => number
  readonly array: (length: number) => GgufNumbers
}

const BOOL = 7
const STRING = 8
const ARRAY = 9

/** By their numbers in the file. 64-bit integers become f64. */
const NUMBERS: Readonly<Record<number, NumberType>> = {
  0: { bytes: 1, get: (view, at) => view.getUint8(at), array: (length) => new Uint8Array(length) },
  1: { bytes: 1, get: (view, at) => view.getInt8(at), array: (length) => new Int8Array(length) },
  2: { bytes: 2, get: (view, at) => view.getUint16(at, true), array: (length) => new Uint16Array(length) },
  3: { bytes: 2, get: (view, at) => view.getInt16(at, true), array: (length) => new Int16Array(length) },
  4: { bytes: 4, get: (view, at) => view.getUint32(at, true), array: (length) => new Uint32Array(length) },
  5: { bytes: 4, get: (view, at) => view.getInt32(at, true), array: (length) => new Int32Array(length) },
  6: { bytes: 4, get: (view, at) => view.getFloat32(at, true), array: (length) => new Float32Array(length) },
  [BOOL]: { bytes: 1, get: (view, at) => view.getUint8(at), array: (length) => new Uint8Array(length) },
  10: { bytes: 8, get: (view, at) => Number(view.getBigUint64(at, true)), array: (length) => new Float64Array(length) },
  11: { bytes: 8, get: (view, at) => Number(view.getBigInt64(at, true)), array: (length) => new Float64Array(length) },
  12: { bytes: 8, get: (view, at) => view.getFloat64(at, true), array: (length) => new Float64Array(length) },
}

/** The type and value that follow a key. */
export async function readValue(cursor: Cursor, key: string): Promise<GgufValue> {
  await cursor.need(4)
  const type = cursor.u32()
  if (type === STRING) return cursor.string()
  if (type === ARRAY) return readArray(cursor, key)
  const number = numberType(cursor, key, type)
  await cursor.need(number.bytes)
  const value = number.get(...cursor.take(number.bytes))
  return type === BOOL ? value !== 0 : value
}

async function readArray(cursor: Cursor, key: string): Promise<GgufValue> {
  await cursor.need(12)
  const type = cursor.u32()
  const length = cursor.u64()
  if (type === STRING) {
    cursor.check(length * 8)
    const strings: string[] = []
    for (let i = 0; i < length; i++) strings.push(await cursor.string())
    return strings
  }
  const { bytes, get, array } = numberType(cursor, key, type)
  await cursor.need(length * bytes)
  const [view, at] = cursor.take(length * bytes)
  const numbers = array(length)
  for (let i = 0; i < length; i++) numbers[i] = get(view, at + i * bytes)
  return numbers
}

function numberType(cursor: Cursor, key: string, type: number): NumberType {
  const found = NUMBERS[type]
  if (!found) throw new ModelError(cursor.file.name, `the value of ${shown(key)} has the unknown type ${type}`)
  return found
}
