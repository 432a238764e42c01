import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { openStore, type Store } from '../../adapters/store/index.ts'
import type { CalendarDate } from '../../core/clock.ts'
import { fen } from '../../core/money.ts'
import type { StatementItem } from '../../core/payments/index.ts'
import { alipayFile, anItem, bankFile, hisFile, insuranceFile, wechatFile } from '../fixtures/statement-files.ts'
import { fdatasyncRate } from './disk.ts'
import { perSecond, type BenchRow, type Measured } from './row.ts'

const day = '2026-03-02' as CalendarDate
const paidAt = new Date(`${day}T12:00:00+08:00`)
const files = { wechat: wechatFile, alipay: alipayFile, bank: bankFile, insurance: insuranceFile, his: hisFile } as const
const sources = ['wechat', 'alipay', 'bank', 'insurance', 'his'] as const
type Source = typeof sources[number]

/** One line in a thousand differs. */
const isOdd = (place: number): boolean => place % 1_000 === 7

function itemsOf (source: Source, count: number): readonly StatementItem[] {
  return Array.from({ length: count }, (_, place) => anItem(place + 2, {
    kind: source === 'his' ? 'charge' : 'payment', key: `${source}${String(place).padStart(7, '0')}`, amountFen: fen(1_000 + place % 9_000 + (isOdd(place) ? 1 : 0)), at: paidAt
  }))
}

async function fill (store: Store, source: Source, count: number): Promise<void> {
  for (let start = 0; start < count; start += 2_000) {
    await store.inTransaction(async ({ payments, charges }) => {
      for (let place = start; place < Math.min(count, start + 2_000); place += 1) {
        const number = `${source}${String(place).padStart(7, '0')}`
        const amountFen = fen(1_000 + place % 9_000)
        if (source === 'his') await charges.save({ id: number, hospitalId: 'east', kind: 'charge', transactionId: number, patientId: 'p', visitId: null, amountFen, occurredOn: day, code: null, text: null, creditedBy: null, state: 'posted', receivedAt: paidAt })
        else await payments.save({
          id: number, orderNumber: number, purpose: 'bills', subjectId: number, payerPatientId: 'p', channel: source, mode: 'app', amountFen, parts: [{ hospitalId: `h${place % 20}`, referenceId: number, patientId: 'p', amountFen }], state: 'success',
          cashFen: amountFen, insuranceFen: fen(0), cashState: null, insuranceState: null, channelNumber: null, prepay: null, createdAt: paidAt, expiresAt: paidAt, paidAt, paidOn: day, refundedFen: fen(0), queries: 0, nextQueryAt: null
        })
      }
    })
  }
}

interface Told {
  readonly outcome: string
  readonly wallMs: number
  readonly cpuMs: number
  readonly peakMb: number
  readonly counts: ReadonlyArray<{ readonly kind: string, readonly count: number }>
}

async function reconcileApart (dataDir: string, source: Source, file: string): Promise<Told> {
  const child = spawn(process.execPath, ['--import', 'tsx', path.join(import.meta.dirname, 'reconcile-child.ts'), dataDir, source, file], { stdio: ['ignore', 'pipe', 'inherit'] })
  const [line] = await once(createInterface({ input: child.stdout }), 'line') as [string]
  return JSON.parse(line) as Told
}

async function measure (folder: string, count: number, progress: (text: string) => void): Promise<readonly Measured[]> {
  const store = await openStore({ dataDir: folder })
  await store.migrate()
  for (const source of sources) {
    progress(`${source}: our side`)
    await fill(store, source, count)
    writeFileSync(path.join(folder, source), files[source](itemsOf(source, count)))
  }
  await store.close()
  const odd = Array.from({ length: count }, (_, place) => place).filter(isOdd).length
  const told: Told[] = []
  const measured: Measured[] = []
  for (const source of sources) {
    progress(`${source}: ${count} lines`)
    const found = await reconcileApart(folder, source, path.join(folder, source))
    const isExact = found.outcome === 'reconciled' && found.counts.length === (odd === 0 ? 0 : 1) && found.counts.every(({ kind, count: seen }) => kind === 'amount_diff' && seen === odd)
    measured.push({ what: `${count.toLocaleString('en')} lines of ${source}`, value: `${(found.wallMs / 1000).toFixed(1)} s (${perSecond(count / found.wallMs * 1000)}), ${found.peakMb.toFixed(0)} MB`, against: isExact ? 'every difference found' : 'differences WRONG', isMet: isExact })
    told.push(found)
  }
  const [wallMs, cpuMs] = [told.reduce((sum, one) => sum + one.wallMs, 0), told.reduce((sum, one) => sum + one.cpuMs, 0)]
  const peakMb = Math.max(...told.map((one) => one.peakMb))
  const limitMs = 300_000 * count / 200_000
  return [...measured,
    { what: 'all five sources, one after the other', value: `${(wallMs / 1000).toFixed(0)} s, ${(cpuMs / 1000).toFixed(0)} s CPU`, against: `≤ ${(limitMs / 1000).toFixed(0)} s; the disk's fdatasync rate is ${perSecond(fdatasyncRate(folder, 500))}`, isMet: wallMs <= limitMs },
    { what: 'peak resident memory', value: `${peakMb.toFixed(0)} MB`, against: '< 512 MB', isMet: peakMb < 512 }]
}

/** RECONCILIATION_LINES sets another number of lines than 200,000 a source. */
export const reconciliationRow: BenchRow = {
  name: 'reconciliation',
  run: ({ folder, progress }) => measure(folder, Number(process.env['RECONCILIATION_LINES'] ?? 200_000), progress)
}
