import { describe, expect, it } from 'vitest'
import { findViolations } from '../../tools/check-layers.ts'

const tree = (files: Record<string, string>) => findViolations(new Map(Object.entries(files)))

describe('check-layers', () => {
  it('lets rooms import what they may', () => {
    const files = {
      'index.ts': "import './api/a.ts'\nimport './webgpu/b.ts'",
      'api/a.ts': "import { e } from '../engine/e.ts'",
      'engine/e.ts': "import type { M } from './model-runner.ts'",
      'engine/model-runner.ts': '',
      'webgpu/b.ts': "import type { M } from '../engine/model-runner.ts'",
    }
    expect(tree(files)).toEqual([])
  })

  it('finds an import upward, of types and dynamic ones too', () => {
    const files = {
      'engine/e.ts': "import type { A } from '../api/a.ts'\nconst b = await import('../webgpu/b.ts')",
      'api/a.ts': '',
      'webgpu/b.ts': "export * from '../engine/e2.ts'",
      'engine/e2.ts': '',
    }
    expect(tree(files)).toEqual([
      'engine/e.ts imports api/a.ts: engine may import no other room',
      'engine/e.ts imports webgpu/b.ts: engine may import no other room',
      'webgpu/b.ts imports engine/e2.ts: webgpu may import model, weights, engine/model-runner, engine/sampling-params, engine/token-constraint',
    ])
  })

  it('finds a circle within a room', () => {
    const files = {
      'api/a.ts': "import './b.ts'",
      'api/b.ts': "import './c.ts'",
      'api/c.ts': "import './a.ts'",
    }
    expect(tree(files)).toEqual(['import circle: api/a.ts → api/b.ts → api/c.ts → api/a.ts'])
  })

  it('takes no comment for an import', () => {
    expect(tree({ 'engine/e.ts': "// import '../api/a.ts'\n/* import '../api/a.ts' */", 'api/a.ts': '' })).toEqual([])
  })

  it('knows every room', () => {
    expect(tree({ 'attic/a.ts': '' })).toEqual(['attic/a.ts: there is no room attic'])
  })
})
