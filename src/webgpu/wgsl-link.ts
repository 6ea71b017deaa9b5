// Links a kernel: puts lib files in place of #import lines and sets named constants. Knows text, not the GPU.

export type Constants = Readonly<Record<string, number | boolean>>
export type Variants = Readonly<Record<string, string>>

const IMPORT = /^[ \t]*#import[ \t]+(\S+)[ \t]*$/gm
const VARIANT = /\$\{(\w+)\}/g

/**
 * Returns the WGSL of `name` with its imports in place, each lib file once, and its constants set.
 * @throws {Error} when an import, a variant or a constant does not exist.
 */
export function link(
  sources: ReadonlyMap<string, string>,
  name: string,
  variants: Variants = {},
  constants: Constants = {},
): string {
  const seen = new Set<string>()
  const expand = (file: string): string => {
    const text = sources.get(file)
    if (text === undefined) throw new Error(`Cannot link kernel ${name}: no file kernels/${file}.wgsl`)
    return text.replace(IMPORT, (_, wanted: string) => {
      const lib = `lib/${wanted.replace(VARIANT, (_, key: string) => variantOf(name, variants, key))}`
      if (seen.has(lib)) return ''
      seen.add(lib)
      return expand(lib)
    })
  }
  let source = expand(name)
  for (const [key, value] of Object.entries(constants)) source = setConstant(source, name, key, value)
  return source
}

function variantOf(name: string, variants: Variants, key: string): string {
  const value = variants[key]
  if (value === undefined) throw new Error(`Cannot link kernel ${name}: variant ${key} is not given`)
  return value
}

function setConstant(source: string, name: string, key: string, value: number | boolean): string {
  const declaration = new RegExp(`\\bconst[ \\t]+${key}[ \\t]*:[ \\t]*(u32|i32|f32|bool)[ \\t]*=[^;]*;`)
  const found = declaration.exec(source)
  if (!found) throw new Error(`Cannot link kernel ${name}: it declares no constant ${key}`)
  const type = found[1] as 'u32' | 'i32' | 'f32' | 'bool'
  return source.replace(declaration, () => `const ${key}: ${type} = ${literal(type, value, `${name}.${key}`)};`)
}

function literal(type: 'u32' | 'i32' | 'f32' | 'bool', value: number | boolean, where: string): string {
  if (type === 'bool') return String(Boolean(value))
  const number = Number(value)
  const fits = type === 'f32' ? Number.isFinite(number) : Number.isInteger(number) && (type === 'i32' || number >= 0)
  if (!fits) throw new Error(`Cannot set constant ${where}: it is ${type}, received ${value}`)
  if (type === 'u32') return `${number}u`
  if (type === 'i32') return `${number}i`
  const text = String(Math.fround(number))
  return /[.e]/.test(text) ? `${text}f` : `${text}.0f`
}
