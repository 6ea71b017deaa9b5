import { describe, expect, it } from 'vitest'
import { BlockManager } from '../../src/engine/block-manager.ts'

const tokens = [10, 11, 12, 13, 14, 15, 16, 17, 18, 19]

describe('BlockManager', () => {
  it('hands out every block once, and takes them back', () => {
    const manager = new BlockManager(5, 2)
    const a = manager.open()
    const b = manager.open()
    expect(manager.grow(a, 5)).toBe(true)
    expect(manager.grow(b, 5)).toBe(false)
    expect(b.blocks).toEqual([])
    expect(manager.grow(b, 4)).toBe(true)
    expect(new Set([...a.blocks, ...b.blocks]).size).toBe(5)
    expect(manager.claim(b, 4)).toBeUndefined()
    manager.check([a, b])
    manager.release(a)
    expect(manager.available).toBe(3)
    expect(manager.claim(b, 4)).toEqual({ index: 2 })
    manager.check([b])
    manager.release(b)
    expect(manager.used).toBe(0)
    manager.check([])
  })

  it('shares blocks with a fork, and copies the one that is written', () => {
    const manager = new BlockManager(4, 4)
    const a = manager.open()
    manager.grow(a, 10)
    const b = manager.fork(a, 6)
    expect(b.blocks).toEqual(a.blocks.slice(0, 2))
    manager.check([a, b])
    const claim = manager.claim(b, 6)
    expect(claim).toEqual({ index: 1, copy: { from: a.blocks[1], to: b.blocks[1] } })
    expect(b.blocks[1]).not.toBe(a.blocks[1])
    expect(manager.claim(b, 7)).toEqual({})
    expect(manager.claim(a, 7)).toEqual({})
    manager.check([a, b])
    const c = manager.fork(a, 6)
    expect(manager.claim(c, 6)).toBeUndefined() // no block is left for the copy
    manager.check([a, b, c])
    manager.release(a)
    expect(manager.claim(c, 6)).toEqual({}) // nor needed any more
    manager.check([b, c])
  })

  it('finds the longest published prefix', () => {
    const manager = new BlockManager(8, 2)
    const a = manager.open()
    manager.grow(a, 8)
    manager.publish(a, tokens, 7)
    expect(manager.find(tokens, 10).blocks).toEqual(a.blocks.slice(0, 3))
    expect(manager.find(tokens, 5).blocks).toEqual(a.blocks.slice(0, 2))
    expect(manager.find([10, 11, 12, 99, 14, 15], 6).blocks).toEqual(a.blocks.slice(0, 1))
    expect(manager.find([12, 13, 14, 15], 4).blocks).toEqual([]) // equal tokens elsewhere in the sequence
    const found = a.blocks.slice(0, 3)
    manager.release(a)
    expect(manager.cached).toBe(3)
    expect(manager.find(tokens, 10)).toEqual({ blocks: found, unheld: 3 })
    const b = manager.open(manager.find(tokens, 10).blocks)
    expect(manager.cached).toBe(0)
    manager.grow(b, 9)
    manager.publish(b, tokens, 8)
    expect(manager.find(tokens, 10).blocks).toEqual(b.blocks.slice(0, 4))
    manager.check([b])
  })

  it('remembers in a fork what was published, as far as the fork goes', () => {
    const manager = new BlockManager(8, 2)
    const a = manager.open()
    manager.grow(a, 6)
    manager.publish(a, tokens, 4)
    expect(manager.fork(a, 5)).toMatchObject({ published: 2, chain: a.chain })
    expect(manager.fork(a, 3)).toMatchObject({ published: 0 })
  })

  it('evicts the least recently used prefix first, and its end before its beginning', () => {
    const manager = new BlockManager(4, 2)
    const old = manager.open()
    manager.grow(old, 4)
    manager.publish(old, tokens, 4)
    const recent = manager.open()
    manager.grow(recent, 4)
    manager.publish(recent, [20, 21, 22, 23], 4)
    manager.release(old)
    manager.release(recent)
    manager.check([])
    const lengths = () => [manager.find(tokens, 4).blocks.length, manager.find([20, 21, 22, 23], 4).blocks.length]
    const c = manager.open()
    for (const expected of [
      [1, 2],
      [0, 2],
      [0, 1],
      [0, 0],
    ]) {
      manager.grow(c, 2 * c.blocks.length + 2)
      expect(lengths()).toEqual(expected)
      manager.check([c])
    }
  })

  it('forgets a published block that is written again', () => {
    const manager = new BlockManager(4, 2)
    const a = manager.open()
    manager.grow(a, 6)
    manager.publish(a, tokens, 6)
    const b = manager.fork(a, 4)
    manager.release(a)
    expect(manager.claim(b, 3)).toEqual({}) // held by nobody else
    expect(manager.find(tokens, 6).blocks.length).toBe(1)
    manager.publish(b, [10, 11, 12, 99], 4)
    expect(manager.find([10, 11, 12, 99], 4).blocks).toEqual(b.blocks)
    expect(manager.claim(b, 1)).toEqual({})
    expect(manager.find([10, 11, 12, 99], 4).blocks).toEqual([])
    manager.publish(b, [10, 98, 12, 99], 4)
    expect(manager.find([10, 98, 12, 99], 4).blocks).toEqual(b.blocks)
    manager.check([b])
  })

  it('keeps one block where two sequences computed the same', () => {
    const manager = new BlockManager(6, 2)
    const a = manager.open()
    const b = manager.open()
    manager.grow(a, 4)
    manager.grow(b, 6)
    manager.publish(a, tokens, 4)
    manager.publish(b, tokens, 6)
    expect(manager.find(tokens, 6).blocks).toEqual([...a.blocks, b.blocks[2]])
    manager.release(b)
    manager.check([a])
    manager.release(a)
    manager.check([])
    expect(manager.find(tokens, 6).blocks.length).toBe(3)
  })
})
