// Checks that fields of config.json share, and the error they give. Knows no field.

import * as z from 'zod/mini'
import { ModelError, shown } from '../weights/errors.ts'

export const CONFIG_FILE = 'config.json'

export const whole = (least: number, most: number) => {
  const message = `must be a whole number from ${least} to ${most}`
  return z.int(message).check(z.minimum(least, message), z.maximum(most, message))
}
export const positive = z.number('must be a positive number').check(z.positive('must be a positive number'))
export const flag = z.boolean('must be true or false')

export function refusal(reason: string, received: unknown): ModelError {
  return new ModelError(CONFIG_FILE, `${reason}, received ${shown(received)}`)
}
