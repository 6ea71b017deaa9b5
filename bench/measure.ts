// What all benches share: how long something took and how much of the CPUs, medians, and the form of a report. Runs in
// Node and in a page; knows no model.

import type { AdapterDescription } from '../src/webgpu/device.ts'

/** Figures by row and column. A column's name ends with its unit. */
export type Table = Readonly<Record<string, Readonly<Record<string, number>>>>

export interface Report {
  readonly title: string
  readonly adapter: AdapterDescription
  readonly tables: Readonly<Record<string, Table>>
}

/** CPU seconds so far of everything that works on it: this process, or all of the browser's. */
export type CpuClock = () => Promise<number>

export interface Cost {
  readonly seconds: number
  readonly cpuSeconds: number
}

export async function costOf(cpu: CpuClock, work: () => Promise<unknown>): Promise<Cost> {
  const before = await cpu()
  const start = performance.now()
  await work()
  const seconds = (performance.now() - start) / 1000
  return { seconds, cpuSeconds: (await cpu()) - before }
}

/**
 * Runs both in turn, in pairs whose order alternates. `share` is what `plain` takes ÷ what `other` takes, the median of all pairs:
 * steadier than a ratio of medians.
 */
export async function inPairs(
  pairs: number,
  plain: (pair: number) => Promise<Cost>,
  other: (pair: number) => Promise<Cost>,
): Promise<{ readonly share: Cost; readonly plainSeconds: number; readonly otherSeconds: number }> {
  const costs: { plain: Cost; other: Cost }[] = []
  for (let pair = 0; pair < pairs; pair++) {
    const first = pair % 2 === 0 ? await plain(pair) : undefined
    const cost = await other(pair)
    costs.push({ plain: first ?? (await plain(pair)), other: cost })
  }
  const share = (figure: keyof Cost) => median(costs.map(({ plain, other }) => plain[figure] / other[figure]))
  return {
    share: { seconds: share('seconds'), cpuSeconds: share('cpuSeconds') },
    plainSeconds: median(costs.map(({ plain }) => plain.seconds)),
    otherSeconds: median(costs.map(({ other }) => other.seconds)),
  }
}

export const median = (values: readonly number[]) => quantile(values, 0.5)

export function quantile(values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.floor(q * (sorted.length - 1))]!
}

/** The longest time, in milliseconds, that this thread did not get to run anything else while `work` ran. */
export async function longestPause(work: () => Promise<unknown>): Promise<number> {
  const { port1, port2 } = new MessageChannel()
  let longest = 0
  let last = performance.now()
  let running = true
  port1.onmessage = () => {
    const now = performance.now()
    longest = Math.max(longest, now - last)
    last = now
    if (running) setTimeout(() => port2.postMessage(0), 1)
  }
  port2.postMessage(0)
  await work()
  running = false
  port1.close()
  return longest
}
