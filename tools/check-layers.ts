// Fails on an import between rooms that ARCHITECTURE.md does not allow, and on an import circle.

import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'

/** Which rooms each room may import; a room may always import itself. */
export const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  host: ['api', 'index', 'create-engine'],
  api: ['engine', 'text', 'constraint'],
  text: [],
  engine: [],
  constraint: [],
  model: ['weights'],
  weights: [],
  // Runners implement the interface that the engine declares.
  webgpu: ['model', 'weights', 'engine/model-runner', 'engine/sampling-params', 'engine/token-constraint'],
  wasm: ['model', 'weights', 'engine/model-runner', 'engine/sampling-params', 'engine/token-constraint'],
}

const IMPORT =
  /(?:import|export)\s[^'"]*?from\s*['"](\.[^'"]+)['"]|import\(\s*['"](\.[^'"]+)['"]\s*\)|import\s*['"](\.[^'"]+)['"]/g

/** Messages about what is wrong with a tree of files: path below src → source text. */
export function findViolations(files: ReadonlyMap<string, string>): string[] {
  const imports = new Map<string, string[]>()
  for (const [path, text] of files) {
    const code = text.replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '')
    const found = [...code.matchAll(IMPORT)].map((m) => (m[1] ?? m[2] ?? m[3])!)
    const targets = found.map((spec) => relative('/', resolve('/', dirname(path), spec)))
    imports.set(
      path,
      targets.filter((target) => files.has(target)),
    )
  }
  return [...layerViolations(imports), ...circles(imports)]
}

function* layerViolations(imports: ReadonlyMap<string, string[]>): Iterable<string> {
  for (const [path, targets] of imports) {
    const room = roomOf(path)
    if (room === undefined) continue // src/index.ts and other files at the top see every room
    const allowed = ALLOWED[room]
    if (!allowed) yield `${path}: there is no room ${room}`
    for (const target of targets) {
      const stem = target.replace(/\.ts$/, '')
      if (roomOf(target) === room || allowed?.some((a) => stem === a || stem.startsWith(`${a}/`))) continue
      yield `${path} imports ${target}: ${room} may import ${allowed?.join(', ') || 'no other room'}`
    }
  }
}

function roomOf(path: string): string | undefined {
  return path.includes('/') ? path.split('/')[0] : undefined
}

function* circles(imports: ReadonlyMap<string, string[]>): Iterable<string> {
  const state = new Map<string, 'open' | 'done'>()
  const found: string[] = []
  const visit = (path: string, trail: readonly string[]) => {
    if (state.get(path) === 'done') return
    if (state.get(path) === 'open') {
      found.push(`import circle: ${[...trail.slice(trail.indexOf(path)), path].join(' → ')}`)
      return
    }
    state.set(path, 'open')
    for (const next of imports.get(path) ?? []) visit(next, [...trail, path])
    state.set(path, 'done')
  }
  for (const path of imports.keys()) visit(path, [])
  yield* found
}

export function main(): void {
  const root = resolve('src')
  const paths = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.ts'))
  const files = new Map(paths.map((path) => [path.replaceAll('\\', '/'), readFileSync(join(root, path), 'utf8')]))
  const violations = findViolations(files)
  for (const line of violations) console.error(line)
  if (violations.length > 0) process.exit(1)
  console.log(`layers: ${files.size} files, no violation, no circle`)
}
