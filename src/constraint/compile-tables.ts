// Compilation to tables in one pure step, for threads: what comes out is plain data. Knows no worker.

import { type CompileOptions, type ConstraintSpec, compile, type TableLimits } from './compile.ts'
import { ConstraintError, type ConstraintErrorCode } from './errors.ts'
import type { Tables } from './tables.ts'

export type CompiledTables =
  | { readonly k: 'tables'; readonly tables: Tables }
  /** A sound constraint that only the CPU can walk, and why. */
  | { readonly k: 'cpu'; readonly why: string }
  | {
      readonly k: 'error'
      readonly code: ConstraintErrorCode
      readonly message: string
      readonly pointer: string | undefined
      readonly position: number | undefined
    }

/** Compilation is bounded by the options, the making of tables by the limits. */
export function compileTables(
  spec: ConstraintSpec,
  options: CompileOptions = {},
  limits: TableLimits = {},
): CompiledTables {
  try {
    const tables = compile(spec, options).tables(limits)
    return typeof tables === 'string' ? { k: 'cpu', why: tables } : { k: 'tables', tables }
  } catch (error) {
    if (!(error instanceof ConstraintError)) throw error
    const { code, message, pointer, position } = error
    return { k: 'error', code, message, pointer, position }
  }
}
