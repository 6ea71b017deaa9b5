// Reads a linked kernel's interface from its WGSL: bindings, uniform structs, workgroup size. The WGSL is the only
// declaration of these; nothing here knows a particular kernel.

export interface BindingInfo {
  readonly name: string
  readonly index: number
  readonly type: 'uniform' | 'storage' | 'read-only-storage'
  /** The WGSL type as written, e.g. `array<vec4<f32>>` or `Params`. */
  readonly wgslType: string
}

export interface StructField {
  readonly name: string
  readonly type: string
  /** In bytes. */
  readonly offset: number
}

export interface StructInfo {
  readonly fields: readonly StructField[]
  /** In bytes, rounded up to the struct's alignment. */
  readonly size: number
}

export interface KernelInterface {
  readonly bindings: readonly BindingInfo[]
  readonly structs: ReadonlyMap<string, StructInfo>
  readonly workgroupSize: readonly [number, number, number]
}

const SCALARS: Record<string, readonly [size: number, align: number]> = {
  u32: [4, 4],
  i32: [4, 4],
  f32: [4, 4],
  vec2: [8, 8],
  vec3: [12, 16],
  vec4: [16, 16],
}

/** @throws {Error} when the source declares a binding outside group 0 or has no entry point `main`. */
export function reflect(source: string): KernelInterface {
  const code = source.replace(/\/\/[^\n]*/g, '')
  const bindings = [...code.matchAll(/@group\((\d+)\)\s*@binding\((\d+)\)\s*var<([^>]+)>\s*(\w+)\s*:\s*([^;]+);/g)].map(
    ([, group, index, space, name, type]): BindingInfo => {
      if (group !== '0') throw new Error(`Cannot reflect kernel: binding ${name} is in group ${group}, only 0 is used`)
      return { name: name!, index: Number(index), type: bindingType(space!), wgslType: type!.trim() }
    },
  )
  const structs = new Map<string, StructInfo>()
  for (const [, name, body] of code.matchAll(/struct\s+(\w+)\s*\{([^}]*)\}/g)) {
    const info = structLayout(body!)
    if (info) structs.set(name!, info)
  }
  return { bindings, structs, workgroupSize: workgroupSize(code) }
}

function bindingType(space: string): BindingInfo['type'] {
  if (space.startsWith('uniform')) return 'uniform'
  return space.includes('read_write') ? 'storage' : 'read-only-storage'
}

/** Undefined for structs with fields that are no plain scalar or vector: those are never written from TypeScript. */
function structLayout(body: string): StructInfo | undefined {
  const fields: StructField[] = []
  let end = 0
  let alignment = 4
  for (const [, name, type] of body.matchAll(/(\w+)\s*:\s*([\w<>]+)/g)) {
    const kind = SCALARS[type!.replace(/<.*|(?<=vec\d)[fiu]$/, '')]
    if (!kind) return undefined
    const [size, align] = kind
    const offset = Math.ceil(end / align) * align
    fields.push({ name: name!, type: type!, offset })
    end = offset + size
    alignment = Math.max(alignment, align)
  }
  return { fields, size: Math.ceil(end / alignment) * alignment }
}

function workgroupSize(code: string): [number, number, number] {
  const entry = /@workgroup_size\(([^)]*)\)\s*fn\s+main\b/.exec(code)
  if (!entry) throw new Error('Cannot reflect kernel: no compute entry point "main" with @workgroup_size')
  const sizes = entry[1]!.split(',').filter((s) => s.trim() !== '')
  const values = sizes.map((size) => evaluate(code, size.trim()))
  return [values[0] ?? 1, values[1] ?? 1, values[2] ?? 1]
}

function evaluate(code: string, expression: string): number {
  const literal = /^(\d+)u?$/.exec(expression)
  if (literal) return Number(literal[1])
  const constant = new RegExp(`\\bconst\\s+${expression}\\s*(?::\\s*u32\\s*)?=\\s*(\\d+)u?\\s*;`).exec(code)
  if (!constant)
    throw new Error(`Cannot reflect kernel: workgroup size ${expression} is no literal or literal constant`)
  return Number(constant[1])
}
