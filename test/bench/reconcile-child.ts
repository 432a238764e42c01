/**
 * Reconciles one statement in a process of its own, so that what it needs of memory is told apart from what made the
 * statement: node --import tsx reconcile-child.ts <dataDir> <source> <file> → one line of JSON.
 */
import { createHash, randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { openStore, type Stores } from '../../adapters/store/index.ts'
import { readStatement } from '../../adapters/statements/index.ts'
import { calendarIn, type CalendarDate } from '../../core/clock.ts'
import { ourChannel, ourCharges, reconcileDay, type Party, type StatementSource } from '../../core/payments/index.ts'
import { usageOf } from './row.ts'

const [dataDir = '', named = '', file = ''] = process.argv.slice(2)
const source = named as StatementSource
const calendar = calendarIn('Asia/Shanghai')
const day = '2026-03-02' as CalendarDate
const isHis = source === 'his'
const party: Party<Stores> = {
  source,
  hospitalId: isHis ? 'east' : null,
  // The insurer's list as payments by card: they cost more than settlements, since they are cleared.
  ours: isHis ? ourCharges('east') : ourChannel([source], calendar),
  read: readStatement[source],
  fetch: async () => readFileSync(file),
  expects: { merchants: null, feePpm: null, hospitalId: null },
  books: isHis ? null : { channel: source, account: 'main' },
  learn: null,
  takeBack: null
}
const store = await openStore({ dataDir })
const tools = { inTransaction: store.inTransaction, ids: { next: randomUUID }, calendar, hash: (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex') }
let outcome = ''
const spent = await usageOf(async () => { outcome = await reconcileDay(tools, party, day, new Date('2026-03-03T10:30:00+08:00')) })
const counts = await store.inReading(({ reconciliations }) => reconciliations.countsOf(isHis ? `his.east.${day}` : `${source}.${day}`))
process.stdout.write(`${JSON.stringify({ ...spent, outcome, counts, peakMb: process.resourceUsage().maxRSS / 1024 })}\n`)
await store.close()
