// The room's face. Constraints are compiled here, walked byte by byte or token by token, and packed for kernels.

export { CompiledConstraint, type CompileOptions, type ConstraintSpec, compile } from './compile.ts'
export { type CompiledTables, compileTables } from './compile-tables.ts'
export type { State } from './engine.ts'
export { ConstraintError, type ConstraintErrorCode } from './errors.ts'
export type { Tag, TagPart } from './structural-tag.ts'
export { type TableState, TableWalker } from './table-walker.ts'
export { Action, endsHere, metaWords, type Tables } from './tables.ts'
export { Vocabulary } from './vocabulary.ts'
