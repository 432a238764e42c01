import { proof, type Asked, type Proof, type Query, type Row } from './proofs.ts'
import type { Town } from './town.ts'
import { dayOf, minutes } from './virtual-time.ts'

/** 违约管理, replayed from the rows: nobody is reminded, locked or let go against the rules. */
export async function proveDefault (town: Town, query: Query, asked: Asked): Promise<readonly Proof[]> {
  const history = await historyOf(query)
  return [
    await dunned(town, query, history),
    await locked(query, history),
    await free(town, query, history),
    await jobs(query, asked),
    ...await letters(town, query, asked.watch)
  ]
}

interface Debt {
  readonly contractId: string
  readonly hospitalId: string
  readonly closedOn: string | null
  readonly dueOn: string | null
  readonly moves: ReadonlyArray<{ readonly atMs: number, readonly amountFen: number }>
}

async function historyOf (query: Query): Promise<readonly Debt[]> {
  const moves = new Map<string, Array<{ atMs: number, amountFen: number }>>()
  const add = (row: Row, sign: number): void => {
    const list = moves.get(String(row['bill_id'])) ?? []
    moves.set(String(row['bill_id']), list)
    list.push({ atMs: Number(row['at_ms']), amountFen: sign * Number(row['amount_fen']) })
  }
  for (const row of await query('select bill_id, at_ms, amount_fen from bill_lines')) add(row, 1)
  for (const row of await query("select bill_id, at_ms, amount_fen from bill_allocations where kind <> 'recovery'")) add(row, -1)
  return (await query('select id, contract_id, hospital_id, closed_on, due_on from bills')).map((row) => ({
    contractId: String(row['contract_id']), hospitalId: String(row['hospital_id']), closedOn: text(row['closed_on']), dueOn: text(row['due_on']), moves: moves.get(String(row['id'])) ?? []
  }))
}

function byContractOf (history: readonly Debt[]): ReadonlyMap<string, readonly Debt[]> {
  const found = new Map<string, Debt[]>()
  for (const debt of history) found.set(debt.contractId, [...found.get(debt.contractId) ?? [], debt])
  return found
}

const text = (value: Row[string] | undefined): string | null => value === null || value === undefined ? null : String(value)
const owedAt = ({ moves }: Debt, atMs: number): number => moves.reduce((sum, move) => move.atMs <= atMs ? sum + move.amountFen : sum, 0)

/** I-24 by what the carrier really took: once a day, in the hours, and not after the money was there. */
async function dunned ({ parties }: Town, query: Query, history: readonly Debt[]): Promise<Proof> {
  const byContract = byContractOf(history)
  const keys = await query("select key, sent_at_ms from notices where template like 'dunning%' and sent_at_ms is not null")
  const faults: string[] = []
  for (const row of keys) {
    const contractId = String(row['key']).split(':')[1] ?? ''
    const atMs = Number(row['sent_at_ms'])
    const owed = (byContract.get(contractId) ?? []).filter(({ closedOn }) => closedOn !== null).reduce((sum, debt) => sum + Math.max(0, owedAt(debt, atMs - minutes(1))), 0)
    if (owed <= 0) faults.push(`${String(row['key'])} after the payment`)
  }
  const perDay = new Map<string, number>()
  for (const { at, to, template } of parties.carrier.sent) {
    if (!template.startsWith('dunning')) continue
    const key = `${to.slice(-4)} ${dayOf(at)}`
    perDay.set(key, (perDay.get(key) ?? 0) + 1)
    const hour = new Date(at.getTime() + 28_800_000).getUTCHours()
    if (hour < 9 || hour >= 20) faults.push(`a reminder at ${at.toISOString()}`)
  }
  for (const [key, count] of perDay) if (count > 1) faults.push(`${count} reminders to …${key}`)
  return proof('I-24 no person dunned twice a day, nor after paying', faults, `${perDay.size} reminders by SMS`)
}

/** I-25: each lock and each suspension, at its own instant. */
async function locked (query: Query, history: readonly Debt[]): Promise<Proof> {
  const closedAt = new Map((await query("select day, hospital_id, at_ms from closed_days where state = 'closed'")).map((row) => [`${String(row['hospital_id'])} ${String(row['day'])}`, Number(row['at_ms'])]))
  const byContract = byContractOf(history)
  const locks = await query('select contract_id, requested_at_ms, legal_basis, state from card_locks')
  const stopped = await query("select substr(key, 11) as rest, queued_at_ms from notices where template = 'contract_suspended'")
  const asked = [
    ...locks.map((row) => ({ what: 'lock', contractId: String(row['contract_id']), atMs: Number(row['requested_at_ms']) })),
    ...stopped.map((row) => ({ what: 'suspension', contractId: String(row['rest']).split(':')[0] ?? '', atMs: Number(row['queued_at_ms']) }))
  ]
  const faults: string[] = []
  for (const { what, contractId, atMs } of asked) {
    const today = dayOf(new Date(atMs))
    const overdue = (byContract.get(contractId) ?? []).filter((debt) => debt.dueOn !== null && debt.dueOn < today && owedAt(debt, atMs) > 0)
    if (overdue.length === 0) faults.push(`${what} of ${contractId} at ${new Date(atMs).toISOString()} without arrears`)
    if (!overdue.every(({ hospitalId, dueOn }) => (closedAt.get(`${hospitalId} ${dueOn ?? ''}`) ?? Infinity) <= atMs)) faults.push(`${what} of ${contractId} before its day was closed`)
  }
  if (locks.some((row) => text(row['legal_basis']) === null)) faults.push('a lock without a legal basis')
  return proof('I-25 no lock or suspension before its preconditions', faults, `${locks.length} locks, ${stopped.length} suspensions`)
}

/** I-26. */
async function free ({ clock }: Town, query: Query, history: readonly Debt[]): Promise<Proof> {
  const nowMs = clock.now().getTime()
  const today = dayOf(clock.now())
  const overdue = new Set(history.filter((debt) => debt.dueOn !== null && debt.dueOn < today && owedAt(debt, nowMs) > 0).map(({ contractId }) => contractId))
  const held = [
    ...await query(`select contract_id from card_locks where state in ('locked', 'lock_requested', 'unlock_failed', 'unlock_requested') and requested_at_ms < ${nowMs - minutes(180)}`),
    ...await query("select id as contract_id from contracts where state = 'suspended' and suspended_because = 'overdue'")
  ]
  const recent = new Set(history.filter(({ moves }) => moves.some(({ atMs }) => atMs > nowMs - minutes(180))).map(({ contractId }) => contractId))
  const faults = held.map((row) => String(row['contract_id'])).filter((id) => !overdue.has(id) && !recent.has(id))
  return proof('I-26 nothing overdue, nothing locked', faults, `${held.length} held, ${overdue.size} contracts overdue`)
}

/** Every run of every job, and C-12. */
async function jobs (query: Query, { outage }: Asked): Promise<Proof> {
  const failed = await query("select job, error, count(*) as n from job_runs where status = 'failed' group by job, error")
  const [{ done = 0 } = {}] = await query("select count(*) as done from job_runs where status = 'done'")
  const caught = outage === null ? '' : `; after ${outage.days} days without them, caught up in ${(outage.catchUpMs / 1000).toFixed(1)} s`
  const slow = outage !== null && outage.catchUpMs > minutes(5) ? ['C-12: caught up too slowly'] : []
  return proof('C-12 every job ran', [...failed.map((row) => `${String(row['job'])} failed ${String(row['n'])} times: ${String(row['error'])}`), ...slow], `${done} runs${caught}`)
}

/** Why a message may end as a dead letter here: the parties' faults, and nothing else. */
const explained = ['OUTSIDE_UNAVAILABLE', 'OUTSIDE_DOWN']

async function letters (town: Town, query: Query, watch: Asked['watch']): Promise<readonly Proof[]> {
  const inbox = await query("select status, failure_code as code, count(*) as n from messages where status in ('dead', 'conflict') group by status, failure_code")
  const outbox = await query("select kind, reason as code, count(*) as n from outbox_messages where status = 'dead' group by kind, reason")
  const faults = [...inbox.map((row) => `inbox ${String(row['n'])} ${String(row['code'])}`), ...outbox.filter((row) => !explained.includes(String(row['code']))).map((row) => `outbox ${String(row['kind'])} ${String(row['n'])} ${String(row['code'])}`)]
  const dead = JSON.stringify(await query("select * from outbox_messages where status = 'dead'"))
  watch.look('dead letters', dead + (await town.product.bytes('/v1/ops/dead-letters', town.tokenOf('operator'))).toString('utf8'))
  const [{ messages = 0, sent = 0 } = {}] = await query('select (select count(*) from messages) as messages, (select count(*) from outbox_messages) as sent')
  return [
    proof('dead letters are explained', faults, `${messages} messages in, ${sent} out, ${outbox.reduce((sum, row) => sum + Number(row['n']), 0)} given up for a party that did not answer`),
    proof('C-24 no number or name in clear', [...new Set(watch.found())], `${watch.lines()} lines of the log and all dead letters`)
  ]
}
