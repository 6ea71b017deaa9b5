// Prints reports as short tables, and two of them as ratios. Knows no bench.

import type { Report, Table } from './measure.ts'

export type Reports = Readonly<Record<string, Report>>

export function printed(place: string, { title, adapter, tables }: Report): string {
  const { description, architecture, software } = adapter
  const name = `${description || architecture}${software ? ' (software)' : ''}`
  const parts = Object.entries(tables).map(([heading, table]) => `${heading}\n${grid(table, figure)}`)
  return [`## ${title} in ${place}, on ${name}`, ...parts].join('\n\n')
}

/** Now divided by then, for every figure that both have. */
export function compared(now: Reports, then: Reports): string {
  const lines: string[] = []
  for (const [place, report] of Object.entries(now)) {
    const before = then[place]
    if (!before) continue
    for (const [heading, table] of Object.entries(report.tables)) {
      const ratios: Record<string, Record<string, number>> = {}
      for (const [row, cells] of Object.entries(table))
        for (const [column, value] of Object.entries(cells)) {
          const old = before.tables[heading]?.[row]?.[column]
          if (!old || !value) continue
          ratios[row] ??= {}
          ratios[row][column] = value / old
        }
      if (Object.keys(ratios).length > 0)
        lines.push(
          `${place}, ${heading}: now ÷ then\n${grid(ratios, (v, column) => `${v.toFixed(2)}${mark(v, column)}`)}`,
        )
    }
  }
  return lines.join('\n\n') || 'nothing to compare: no figure is in both'
}

const MORE_IS_BETTER = /\/s$|×$|%/
const CLEARLY = 1.05

/** A sign beside what got clearly better or worse. */
function mark(ratio: number, column: string): string {
  const better = MORE_IS_BETTER.test(column) ? ratio : 1 / ratio
  return better > CLEARLY ? ' +' : better < 1 / CLEARLY ? ' -' : '  '
}

const figure = (value: number) =>
  Number.isInteger(value) || value >= 1000 ? value.toFixed(0) : value.toPrecision(value < 100 ? 3 : 4)

function grid(table: Table, format: (value: number, column: string) => string): string {
  const columns = [...new Set(Object.values(table).flatMap((cells) => Object.keys(cells)))]
  const rows = Object.entries(table).map(([name, cells]) => [
    name,
    ...columns.map((column) => (cells[column] === undefined ? '' : format(cells[column], column))),
  ])
  const lines = [['', ...columns], ...rows]
  const widths = lines[0]!.map((_, i) => Math.max(...lines.map((line) => line[i]!.length)))
  return lines
    .map((line) =>
      `  ${line.map((cell, i) => (i ? cell.padStart(widths[i]!) : cell.padEnd(widths[i]!))).join('  ')}`.trimEnd(),
    )
    .join('\n')
}
