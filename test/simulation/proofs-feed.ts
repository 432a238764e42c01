import { termsIn, verifyFeed } from '../fixtures/feed-verifier.ts'
import { medicalTerms } from '../fixtures/medical-terms.ts'
import { proof, type Asked, type Proof, type Query, type Row } from './proofs.ts'
import type { Town } from './town.ts'
import { daysLong, dayOf } from './virtual-time.ts'

/** 征信报送, from the bytes that the bureau gets. */
export async function proveFeed (town: Town, query: Query, asked: Asked): Promise<readonly Proof[]> {
  const read = await Promise.all(asked.creditors.map(async (creditor) => ({ creditor, ...await verifyFeed((path) => town.product.bytes(path, path.startsWith('/.well-known') ? '' : town.tokenOf(`bureau ${creditor}`)), creditor) })))
  const lines = read.flatMap(({ creditor, lines: own }) => own.map((line) => ({ creditor, record: JSON.parse(line) as FeedLine })))
  const text = read.flatMap(({ lines: own }) => own).join('\n')
  asked.watch.look('feed', text)
  const terms = medicalTerms()
  const found = termsIn(text, terms)
  return [
    proof('I-30 feed gap-free, signed and chained', read.flatMap(({ creditor, faults }) => faults.map((fault) => `${creditor} ${fault}`)), read.map(({ creditor, files, lines: own }) => `${creditor}: ${files} files, ${own.length} records`).join(', ')),
    await folded(town, query, asked),
    await noticed(query, lines),
    proof('C-18 no medical term in the feed', found, `${terms.size} terms, ${text.length} bytes`)
  ]
}

interface FeedLine {
  readonly op: string
  readonly accountNo: string
  readonly episodeNo: number
  readonly asOf: string
  readonly overdueFen: number
  readonly firstDelinquencyOn: string
}

/** I-33: what the bureau made of its records is what we think it has. What is under way is looked at in the end. */
async function folded ({ parties }: Town, query: Query, { creditors, isLast }: Asked): Promise<Proof> {
  const faults: string[] = []
  let [compared, skipped] = [0, 0]
  for (const creditor of creditors) {
    const booked = new Map((parties.bureaus.get(creditor)?.episodes() ?? []).map((one) => [`${one.accountNo}/${one.episodeNo}`, one]))
    const waiting = new Set((await query(`select episode_id from feed_records where creditor = '${creditor}' and state in ('waiting', 'submitted', 'rejected')`)).map((row) => String(row['episode_id'])))
    const own = await query(`select id, account_number, episode_number, state, balance_fen, overdue_fen from credit_episodes where creditor = '${creditor}'`)
    for (const row of own) {
      if (waiting.has(String(row['id']))) { skipped += 1; continue }
      const theirs = booked.get(`${String(row['account_number'])}/${String(row['episode_number'])}`)
      compared += 1
      const fault = differs(row, theirs)
      if (fault !== null) faults.push(`${creditor} ${String(row['account_number']).slice(0, 8)}/${String(row['episode_number'])}: ${fault}`)
    }
  }
  return proof('C-19 I-33 the bureau\'s book is ours', [...faults, ...isLast && skipped > 0 ? [`${skipped} still under way`] : []], `${compared} episodes compared, ${skipped} under way`)
}

function differs (row: Row, theirs: { readonly status: string, readonly balanceFen: number, readonly overdueFen: number } | undefined): string | null {
  const state = String(row['state'])
  if (['accepted', 'submitted'].includes(state)) return theirs === undefined ? `${state}, unknown there` : theirs.balanceFen === row['balance_fen'] && theirs.overdueFen === row['overdue_fen'] ? null : `${state} ${String(row['balance_fen'])}, there ${theirs.status} ${theirs.balanceFen}`
  if (state === 'cured') return theirs?.overdueFen === 0 && theirs.balanceFen === 0 ? null : `cured, there ${theirs?.status ?? 'unknown'} ${theirs?.balanceFen ?? ''}`
  if (state === 'withdrawn') return theirs === undefined || theirs.status === 'WITHDRAWN' || theirs.overdueFen === 0 ? null : `withdrawn, there ${theirs.status}`
  return theirs === undefined ? null : `${state}, there ${theirs.status}`
}

/** I-31: the proof of the notice, three days before; the deadline missed; its day closed. */
async function noticed (query: Query, lines: ReadonlyArray<{ readonly creditor: string, readonly record: FeedLine }>): Promise<Proof> {
  const faults: string[] = []
  const notices = new Map((await query("select proof_id, proven_at_ms, sent_at_ms, state from notices where template = 'pre_report_notice' and proof_id is not null")).map((row) => [String(row['proof_id']), row]))
  const records = await query("select account_number, episode_number, as_of, facts, created_at_ms from feed_records where operation = 'open_episode' and seq is not null")
  for (const row of records) {
    const { notice } = JSON.parse(String(row['facts'])) as { readonly notice?: { readonly sentAt: string, readonly proofId: string } }
    const kept = notices.get(notice?.proofId ?? '')
    const name = `${String(row['account_number']).slice(0, 8)}/${String(row['episode_number'])}`
    if (notice === undefined || kept === undefined) faults.push(`${name} without proof`)
    else if (Number(row['created_at_ms']) - Number(kept['sent_at_ms']) < daysLong(3) - daysLong(1)) faults.push(`${name}: noticed ${dayOf(new Date(Number(kept['sent_at_ms'])))}, reported ${String(row['as_of'])}`)
  }
  const opened = lines.filter(({ record }) => record.op === 'OPEN_EPISODE')
  for (const { record } of opened) if (record.firstDelinquencyOn > record.asOf || record.overdueFen <= 0) faults.push(`${record.accountNo.slice(0, 8)}/${record.episodeNo} opened without arrears`)
  return proof('C-19 I-31 no report without a proven notice', faults, `${opened.length} openings`)
}
