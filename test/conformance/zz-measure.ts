import { compile, ConstraintError } from '../../src/constraint/index.ts'
import { readLines, percentile } from './schemas.ts'
export async function main(args: string[]) {
  const every = Number(args[0] ?? 20), whitespace = (args[1] ?? 'default') as any, most = Number(args[2] ?? 20000)
  const lines = readLines('/work/shared/data/schemas/maskbench-dev.ndjson.gz')
  const ms: number[] = [], cms: number[] = [], bytes: number[] = [], states: number[] = [], classes: number[] = []
  const reasons = new Map<string, string[]>()
  let n = 0, packed = 0, refused = 0
  for (let i = 0; i < lines.length; i += every) {
    const t0 = performance.now()
    let c
    try { c = compile({ kind: 'jsonSchema', schema: lines[i]!.schema }, { whitespace }) } catch (e) { if (e instanceof ConstraintError) { refused++; continue } throw e }
    const t1 = performance.now()
    n++
    const t = c.tables(most)
    const t2 = performance.now()
    if (typeof t === 'string') { const l = reasons.get(t) ?? []; l.push(lines[i]!.id + ` ${(t2-t1).toFixed(0)}ms`); reasons.set(t, l); continue }
    packed++
    cms.push(t1 - t0); ms.push(t2 - t1)
    bytes.push([t.next, t.meta, t.ret, t.retStart, t.masks].reduce((a, b) => a + b.byteLength, 256))
    states.push(t.states); classes.push(t.classes)
  }
  for (const [k, v] of reasons) console.log(v.length, k, v.slice(0, 30).join(' '))
  const sp = (x: number[], d = 1) => [0.5, 0.9, 0.99, 1].map((p) => percentile(x, p).toFixed(d)).join(' / ')
  console.log(`packed ${packed} of ${n}, refused ${refused}`)
  console.log('compile', sp(cms), 'pack', sp(ms), 'bytes', sp(bytes, 0), 'states', sp(states, 0), 'classes', sp(classes, 0))
}
