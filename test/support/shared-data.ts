// Reference data that lies beside the checkout and isn't part of the repository. Node only.

import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

const folder = process.env.INFETCH_SHARED ?? resolve('../shared')

/** The folder, or undefined where it is absent: tests that need it are skipped then. */
export const sharedData: string | undefined = existsSync(join(folder, 'data')) ? folder : undefined
if (!sharedData) console.warn(`Skipped: no reference data at ${folder} (INFETCH_SHARED names another place)`)

export const sharedText = (path: string): string => readFileSync(join(folder, path), 'utf8')

export const sharedJson = (path: string) => JSON.parse(sharedText(path))

export const sharedJsonIfAny = (path: string) => (existsSync(join(folder, path)) ? sharedJson(path) : undefined)

export const sharedFloats = (path: string): Float32Array =>
  new Float32Array(new Uint8Array(readFileSync(join(folder, path))).buffer)
