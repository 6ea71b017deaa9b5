// The linker and the reflector: what they make of WGSL, and what they refuse.

import { describe, expect, it } from 'vitest'
import { link } from '../../src/webgpu/wgsl-link.ts'
import { reflect } from '../../src/webgpu/wgsl-reflect.ts'
import { testGpu } from '../support/device.ts'

const MAIN = '@compute @workgroup_size(WIDTH, 2) fn main() {}'
const sources = new Map([
  [
    'k',
    `#import a\n#import weights-\${weights}\nconst WIDTH: u32 = 8u;\nconst EPS: f32 = 1e-5f;\nconst ON: bool = false;\n${MAIN}`,
  ],
  ['lib/a', '#import b\nfn a() {}'],
  ['lib/b', 'fn b() {}'],
  ['lib/weights-q4', '#import b\nfn w() {}'],
  ['lost', '#import nowhere'],
])

describe('link', () => {
  it('puts each lib file in once, imports of imports too', () => {
    const linked = link(sources, 'k', { weights: 'q4' })
    expect(linked.match(/fn b\(\)/g)).toHaveLength(1)
    expect(linked.indexOf('fn b')).toBeLessThan(linked.indexOf('fn a'))
    expect(linked).toContain('fn w')
    expect(linked).not.toContain('#import')
  })

  it('sets constants by their declared type', () => {
    const linked = link(sources, 'k', { weights: 'q4' }, { WIDTH: 64, EPS: 1, ON: true })
    expect(linked).toContain('const WIDTH: u32 = 64u;')
    expect(linked).toContain('const EPS: f32 = 1.0f;')
    expect(linked).toContain('const ON: bool = true;')
    expect(link(sources, 'k', { weights: 'q4' }, { EPS: 1e-6 })).toContain(`const EPS: f32 = ${Math.fround(1e-6)}f;`)
  })

  it('refuses what does not exist or fit', () => {
    expect(() => link(sources, 'missing')).toThrow('no file kernels/missing.wgsl')
    expect(() => link(sources, 'lost')).toThrow('no file kernels/lib/nowhere.wgsl')
    expect(() => link(sources, 'k')).toThrow('variant weights is not given')
    expect(() => link(sources, 'k', { weights: 'q4' }, { HEIGHT: 1 })).toThrow('it declares no constant HEIGHT')
    expect(() => link(sources, 'k', { weights: 'q4' }, { WIDTH: -1 })).toThrow('it is u32, received -1')
    expect(() => link(sources, 'k', { weights: 'q4' }, { WIDTH: 1.5 })).toThrow('it is u32, received 1.5')
    expect(() => link(sources, 'k', { weights: 'q4' }, { EPS: Number.NaN })).toThrow('it is f32, received NaN')
  })
})

describe('reflect', () => {
  it('reads bindings, structs and the workgroup size', () => {
    const { bindings, structs, workgroupSize } = reflect(`
      struct P { rows: u32, scale: f32, // a comment: with colon
        shift: vec3<f32>, last: u32, area: vec2u }
      const WIDTH: u32 = 32u;
      @group(0) @binding(0) var<uniform> params: P;
      @group(0) @binding(2) var<storage, read> x: array<vec4<f32>>;
      @group(0) @binding(1)
      var<storage, read_write> y: array<f32, 64>;
      // @group(0) @binding(9) var<storage> not_there: u32;
      ${MAIN}`)
    expect(bindings).toEqual([
      { name: 'params', index: 0, type: 'uniform', wgslType: 'P' },
      { name: 'x', index: 2, type: 'read-only-storage', wgslType: 'array<vec4<f32>>' },
      { name: 'y', index: 1, type: 'storage', wgslType: 'array<f32, 64>' },
    ])
    expect(structs.get('P')).toEqual({
      size: 48,
      fields: [
        { name: 'rows', type: 'u32', offset: 0 },
        { name: 'scale', type: 'f32', offset: 4 },
        { name: 'shift', type: 'vec3<f32>', offset: 16 },
        { name: 'last', type: 'u32', offset: 28 },
        { name: 'area', type: 'vec2u', offset: 32 },
      ],
    })
    expect(workgroupSize).toEqual([32, 2, 1])
  })

  it('refuses other groups and a missing entry point', () => {
    expect(() => reflect(`@group(1) @binding(0) var<uniform> a: P; ${MAIN}`)).toThrow('a is in group 1')
    expect(() => reflect('fn main() {}')).toThrow('no compute entry point')
    expect(() => reflect(MAIN)).toThrow('workgroup size WIDTH')
  })
})

describe('a kernel', () => {
  it('has at most 8 storage buffers, the least that WebGPU promises', async () => {
    const gpu = await testGpu()
    const all = { weights: 'q8', x: 'floats', input: 'normed', epilogue: 'store', next: 'norm' } // together nowhere
    expect(() => gpu.kernel('matmul-tall', all)).toThrow(/every WebGPU has 8 storage buffers, received 9/)
  })
})
