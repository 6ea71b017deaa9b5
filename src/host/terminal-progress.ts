// Shows load progress as one line on a terminal, or as a few plain lines where the output is no terminal.

import type { LoadProgress } from '../index.ts'

const WIDTH = 24
const MEBIBYTE = 1024 * 1024

/** A function to hand to createEngine as onProgress. */
export function terminalProgress(out: NodeJS.WriteStream): { update(event: LoadProgress): void; done(): void } {
  let phase = ''
  return {
    update(event) {
      if (out.isTTY) out.write(`\r\x1b[K${line(event)}`)
      else if (event.phase !== phase) out.write(`${event.phase} …\n`)
      phase = event.phase
    },
    done() {
      if (out.isTTY && phase) out.write('\r\x1b[K')
    },
  }
}

export function line({ phase, file, loaded, total, bytesPerSecond, secondsLeft }: LoadProgress): string {
  const share = total > 0 ? Math.min(1, loaded / total) : 0
  const bar = '█'.repeat(Math.round(share * WIDTH)).padEnd(WIDTH, '░')
  const percent = total > 0 ? `${Math.round(share * 100)}%` : ''
  const parts = [`${phase.padEnd(8)} ${bar} ${percent.padStart(4)}`]
  const of = total > 0 ? ` of ${(total / MEBIBYTE).toFixed(1)}` : ''
  if (phase !== 'compile') parts.push(`${(loaded / MEBIBYTE).toFixed(1)}${of} MB`)
  if (bytesPerSecond) parts.push(`${(bytesPerSecond / MEBIBYTE).toFixed(1)} MB/s`)
  if (secondsLeft !== undefined && secondsLeft >= 1) parts.push(`${Math.ceil(secondsLeft)} s left`)
  if (file) parts.push(file)
  return parts.join('  ')
}
