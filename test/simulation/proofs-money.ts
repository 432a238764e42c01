import { beijing, daysLong, dayOf } from './virtual-time.ts'
import { proof, type Asked, type Proof, type Query, type Row } from './proofs.ts'
import type { Town } from './town.ts'

/** 钱: what every party moved by its own word against what the books say of it. */
export async function proveMoney (town: Town, query: Query, asked: Asked): Promise<readonly Proof[]> {
  return [
    ...await channels(town, query, asked),
    await insurer(town, query, asked),
    await suspended(query, asked),
    await atRest(query, asked)
  ]
}

interface InFlight {
  readonly faults: readonly string[]
  /** By channel: paid out there and not yet known here, less given back there and not yet known here. */
  readonly fenOf: (channel: string) => number
  readonly count: number
}

async function channels (town: Town, query: Query, { isLast }: Asked): Promise<readonly Proof[]> {
  const { tally } = town
  const orders = new Map((await query('select order_number, channel, amount_fen, cash_fen, insurance_fen, state, cash_state, insurance_state from payment_orders')).map((row) => [String(row['order_number']), row]))
  const inFlight = await underWay(town, query, orders)
  const posted = new Map((await query(`select p.account, cast(sum(p.amount_fen) as bigint) as amount from postings p join entries e on e.sequence = p.entry
    where p.account like 'CLEAR:%' and e.kind <> 'clearing' group by p.account`)).map((row) => [String(row['account']), Number(row['amount'])]))
  const proofs = ['wechat', 'alipay', 'bank', 'insurance'].map((channel) => {
    let [paid, back] = [0, 0]
    for (const [number, one] of tally.paid) paid += shareOf(one.channel === 'mixed' ? orders.get(number) : undefined, one, channel)
    for (const [key, one] of tally.refunded) if (one.channel === channel && !isOfHalf(town, orders, key)) back += one.amountFen
    const differs = paid - back - inFlight.fenOf(channel) - (posted.get(`CLEAR:${channel}`) ?? 0)
    return proof(`money of ${channel} conserved`, differs === 0 ? [] : [`off by ${differs} fen: paid ${paid}, given back ${back}, under way ${inFlight.fenOf(channel)}, CLEAR ${posted.get(`CLEAR:${channel}`) ?? 0}`], `${yuan(paid)} paid, ${yuan(back)} given back, ${yuan(inFlight.fenOf(channel))} under way`)
  })
  return [...proofs, proof('every payment and refund known to both sides', [...inFlight.faults, ...isLast && inFlight.count > 0 ? [`${inFlight.count} still under way`] : []], `${tally.paid.size} payments, ${tally.refunded.size} refunds, ${inFlight.count} under way`)]
}

const yuan = (amountFen: number): string => `${(amountFen / 100).toFixed(2)} yuan`

/** Of a mixed order the wallet has the cash and the insurer the rest. */
function shareOf (order: Row | undefined, { channel: by, amountFen }: { readonly channel: string, readonly amountFen: number }, channel: string): number {
  if (by !== 'mixed') return by === channel ? amountFen : 0
  return channel === 'wechat' ? Number(order?.['cash_fen'] ?? 0) : channel === 'insurance' ? Number(order?.['insurance_fen'] ?? 0) : 0
}

const halfRefunds = new Set<string>()
function isOfHalf (_: Town, __: ReadonlyMap<string, Row>, key: string): boolean {
  return halfRefunds.has(key.slice(key.indexOf(' ') + 1))
}

async function underWay ({ tally, clock }: Town, query: Query, orders: ReadonlyMap<string, Row>): Promise<InFlight> {
  const refunds = new Map((await query('select r.refund_number, r.amount_fen, r.state, r.half, o.order_number, o.channel from refunds r join payment_orders o on o.id = r.order_id')).map((row) => [String(row['refund_number']), row]))
  const faults: string[] = []
  const sums = new Map<string, number>()
  let count = 0
  const add = (channel: string, amountFen: number): void => { sums.set(channel, (sums.get(channel) ?? 0) + amountFen) }
  for (const [number, row] of refunds) if (tally.halves.has(String(row['order_number']))) halfRefunds.add(number)
  for (const [number, paid] of tally.paid) {
    const order = orders.get(number)
    if (order?.['state'] === 'success' && Number(order['amount_fen']) === paid.amountFen) continue
    count += 1
    for (const channel of ['wechat', 'alipay', 'bank', 'insurance']) add(channel, shareOf(order, paid, channel))
    if (order === undefined || clock.now().getTime() - paid.at.getTime() > daysLong(2)) faults.push(`payment ${number} of ${paid.channel} is ${String(order?.['state'] ?? 'unknown')} here`)
  }
  for (const [number, order] of orders) if (order['state'] === 'success' && !tally.paid.has(number)) faults.push(`payment ${number} of ${String(order['channel'])} was never made`)
  for (const [key, back] of tally.refunded) {
    const refund = refunds.get(key.slice(key.indexOf(' ') + 1))
    if (refund?.['state'] === 'success' || halfRefunds.has(key.slice(key.indexOf(' ') + 1))) continue
    count += 1
    add(back.channel, 0 - back.amountFen)
    if (refund === undefined || clock.now().getTime() - back.at.getTime() > daysLong(5)) faults.push(`refund ${key} is ${String(refund?.['state'] ?? 'unknown')} here`)
  }
  for (const [number, refund] of refunds) {
    const isKnown = ['wechat', 'alipay', 'bank', 'insurance'].some((channel) => tally.refunded.has(`${channel} ${number}`))
    if (refund['state'] === 'success' && !isKnown) faults.push(`refund ${number} of ${String(refund['channel'])} was never made`)
  }
  return { faults, count, fenOf: (channel) => sums.get(channel) ?? 0 }
}

const mostAsked = 20

/** Its faults hit whoever asks: a list that did not come is asked for again. */
async function listOf ({ insurerStatement }: Town['parties'], day: string): Promise<Uint8Array | null> {
  for (let asked = 0; asked < mostAsked; asked += 1) {
    const content = await insurerStatement(day).catch(() => null)
    if (content !== null) return content
  }
  return null
}

/** The insurer's own lists, day by day, against what the fund owes by the books. */
async function insurer ({ parties, clock }: Town, query: Query, { day }: Asked): Promise<Proof> {
  const [{ first = null } = {}] = await query('select min(effective_on) as first from entries')
  let [owedFen, settled] = [0, 0]
  for (let at = beijing(String(first ?? day), '12:00:00'); dayOf(at) < day; at = new Date(at.getTime() + daysLong(1))) {
    const content = await listOf(parties, dayOf(at))
    const [head = '', ...lines] = Buffer.from(content ?? '').toString('utf8').split('\n').filter((line) => line !== '')
    const place = (name: string): number => head.split('\t').indexOf(name)
    const [kind, fund, account] = [place('trns_type'), place('fund_pay_sumamt'), place('acct_pay')]
    for (const line of lines) {
      const cells = line.split('\t')
      const sign = cells[kind] === 'settle' ? 1 : cells[kind] === 'reverse' ? -1 : 0
      owedFen += sign * Math.abs(Math.round(100 * Number(cells[fund])) + Math.round(100 * Number(cells[account])))
      settled += Math.abs(sign)
    }
  }
  const [{ today = 0 } = {}] = await query(`select coalesce(sum(p.amount_fen), 0) as today from postings p join entries e on e.sequence = p.entry where p.account like 'AR:insurance:%' and e.posted_at_ms >= ${beijing(day, '00:00:00').getTime()}`)
  const [{ booked = 0 } = {}] = await query("select coalesce(sum(p.amount_fen), 0) as booked from postings p where p.account like 'AR:insurance:%'")
  const differs = Number(booked) - Number(today) - owedFen
  void clock
  return proof('money of the insurance fund conserved', differs === 0 ? [] : [`off by ${differs} fen: the insurer lists ${owedFen}, AR:insurance ${Number(booked) - Number(today)}`], `${yuan(owedFen)} over ${settled} settlements and reversals`)
}

/** At rest every call of a channel is cleared to the bank. */
async function suspended (query: Query, { isLast }: Asked): Promise<Proof> {
  const rows = await query("select account, cast(sum(amount_fen) as bigint) as amount from postings where account like 'SUSPENSE:%' group by account having sum(amount_fen) <> 0")
  const open = await query("select kind, count(*) as n from discrepancies where state in ('open', 'proposed') group by kind")
  const faults = [...rows.map((row) => `${String(row['account'])} ${String(row['amount'])}`), ...isLast ? open.map((row) => `${String(row['n'])} open ${String(row['kind'])}`) : []]
  const [{ matched = 0, listed = 0 } = {}] = await query('select (select count(*) from matched_items) as matched, (select count(*) from discrepancies) as listed')
  return proof('suspense explained', faults, `nothing in suspense; ${matched} items matched, ${listed} discrepancies listed, ${open.reduce((sum, row) => sum + Number(row['n']), 0)} open`)
}

async function atRest (query: Query, { isLast }: Asked): Promise<Proof> {
  const rows = await query("select account, cast(sum(amount_fen) as bigint) as amount from postings where account in ('CLEAR:wechat', 'CLEAR:alipay', 'CLEAR:bank', 'CLEAR:insurance', 'REFUND_PAYABLE') or account like 'CREDIT_BAL:%' group by account having sum(amount_fen) <> 0")
  const [{ bank = 0, halves = 0 } = {}] = await query(`select (select coalesce(sum(amount_fen), 0) from postings where account like 'BANK:%') as bank,
    (select coalesce(sum(p.amount_fen), 0) from postings p join entries e on e.sequence = p.entry where p.account = 'CLEAR:insurance' and e.kind in ('payment', 'refund') and (exists (
      select 1 from postings q where q.entry = p.entry and q.account = 'CLEAR:wechat') or substr(e.source_key, length('refund-done:') + 1, 36) in (select id from refunds where half = 'insurance'))) as halves`)
  // The account that pays the insurance half of a mixed order is the platform's own bureau, which sends no statement. Going
  // back, a half may stand in an entry of its own.
  const left = rows.map((row) => [String(row['account']), Number(row['amount']) - (row['account'] === 'CLEAR:insurance' ? Number(halves) : 0)] as const).filter(([, amount]) => amount !== 0)
  return proof('I-15 cleared to the bank', isLast ? left.map(([account, amount]) => `${account} ${amount}`) : [], `${yuan(Number(bank))} in the bank, ${left.length} accounts on their way, ${yuan(Number(halves))} of mixed orders listed by nobody`)
}
