import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import type { Writable } from 'node:stream'
import { finished } from 'node:stream/promises'
import { parseArgs } from 'node:util'
import type { CalendarDate } from '../../core/clock.ts'
import { exportBeancount } from '../../core/ledger/index.ts'
import { parsed, UsageError, type Call } from './command.ts'
import { progressOf, sizeOf } from './progress.ts'

/** 导出账簿. To stdout, or to a file that is there only when it is whole. */
export async function exportBeancountByHand ({ config, store, args }: Call): Promise<string> {
  const { values: { hospital, until, file } } = parsed(() => parseArgs({ args: [...args], options: { hospital: { type: 'string' }, until: { type: 'string' }, file: { type: 'string' } } }))
  if (hospital === undefined || !config.site.hospitals.some(({ id }) => id === hospital)) throw new UsageError('--hospital names a hospital of SITE_CONFIG.')
  const text = exportBeancount(store, hospital, until === undefined ? null : dayOf(until))
  if (file === undefined) {
    await writeAll(text, process.stdout, () => undefined)
    return ''
  }
  const bytes = await writeFileWhole(text, file)
  process.stderr.write(`${file} is written: ${sizeOf(bytes)}\n`)
  return ''
}

function dayOf (text: string): CalendarDate {
  if (!/^\d{4}-\d\d-\d\d$/.test(text) || Number.isNaN(Date.parse(text)) || new Date(text).toISOString().slice(0, 10) !== text) throw new UsageError('--until is a day, e.g. 2027-03-31.')
  return text as CalendarDate
}

async function writeFileWhole (text: AsyncIterable<string>, file: string): Promise<number> {
  const partial = `${file}.partial`
  const stream = createWriteStream(partial, { mode: 0o600 })
  try {
    const bytes = await writeAll(text, stream, progressOf('written'))
    stream.end()
    await finished(stream)
    await rename(partial, file)
    return bytes
  } catch (error) {
    stream.destroy()
    await rm(partial, { force: true })
    throw error
  }
}

/** Reads on only as fast as it is taken. */
async function writeAll (text: AsyncIterable<string>, to: Writable, tell: (bytes: number) => void): Promise<number> {
  let bytes = 0
  for await (const piece of text) {
    bytes += Buffer.byteLength(piece)
    if (!to.write(piece)) await once(to, 'drain')
    tell(bytes)
  }
  return bytes
}
