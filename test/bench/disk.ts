import { closeSync, fdatasyncSync, openSync, writeSync } from 'node:fs'
import path from 'node:path'

/** How often a second this disk takes 4 kB and makes them durable, one after the other: the bound of a serial sender. */
export function fdatasyncRate (folder: string, forMs = 1500): number {
  const file = openSync(path.join(folder, 'fdatasync'), 'w')
  const page = Buffer.alloc(4096, 1)
  const from = performance.now()
  let count = 0
  while (performance.now() - from < forMs) {
    writeSync(file, page)
    fdatasyncSync(file)
    count += 1
  }
  closeSync(file)
  return count / ((performance.now() - from) / 1000)
}
