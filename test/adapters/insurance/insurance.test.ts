import fc from 'fast-check'
import t from 'tap'
import { fenOfYuan, httpExchange, readStatement, yuanOfFen, type SignatureScheme } from '../../../adapters/insurance/index.ts'
import { startInsurer } from '../../../adapters/simulators/insurance/insurer-server.ts'
import { readSplit } from '../../../adapters/insurance/split.ts'
import { signerOf, verifierOf } from '../../../adapters/insurance/signing.ts'
import type { CalendarDate } from '../../../core/clock.ts'
import { fen } from '../../../core/money.ts'
import { anInsurer, anna, pairs, realNow, region, traveller, type AnInsurer } from './an-insurer.ts'

const day = '2027-03-01' as CalendarDate
const later = new Date('2027-03-02T09:00:00+08:00')

/** 148.30 yuan in three lines. */
const aVisit = (requestId: string, change: Partial<Parameters<AnInsurer['gateway']['preSettle']>[0]> = {}) => ({
  requestId, hospitalId: 'east', visitId: 'v1', person: anna,
  lines: [{ id: 'c1', code: 'A1', amountFen: fen(1500) }, { id: 'c2', code: null, amountFen: fen(5000) }, { id: 'c3', code: 'A3', amountFen: fen(8330) }], ...change
})
const shares = { fund: '310', totalFen: 14830, fundFen: 10381, personalFen: 4449, accountFen: 0, cashFen: 4449 }

async function quoted ({ gateway }: Pick<AnInsurer, 'gateway'>, requestId = 'q1'): Promise<string> {
  const quote = await gateway.preSettle(aVisit(requestId))
  if (quote.kind !== 'ok') throw new Error(`no quote: ${JSON.stringify(quote)}`)
  return quote.value.quoteId
}

async function settled (insurer: Pick<AnInsurer, 'gateway'>): Promise<{ readonly settlementId: string, readonly quoteId: string }> {
  const quoteId = await quoted(insurer)
  const settlement = await insurer.gateway.settle({ requestId: 's1', quoteId })
  if (settlement.kind !== 'ok') throw new Error(`not settled: ${JSON.stringify(settlement)}`)
  return { settlementId: settlement.value.settlementId, quoteId }
}

const kinds = ({ insurer }: AnInsurer): string => insurer.items(null).map(({ kind }) => kind).join(' ')

t.test('an amount in yuan', async (t) => {
  t.test('is read to the fen, and never rounded', async (t) => {
    t.strictSame([12.5, '12.50', 0, '0.01', 148.3, '-0.50', '12.500'].map(fenOfYuan), [1250, 1250, 0, 1, 14830, -50, 1250])
    t.strictSame(['12.345', 0.001, '', '1e3', 'x', null, NaN, '1,000.00', '12.'].map(fenOfYuan), Array(9).fill(null))
  })

  t.test('is the same amount again after it was written, printed and read', async () => {
    fc.assert(fc.property(fc.integer({ min: -99_999_999_999_999, max: 99_999_999_999_999 }), (amount) => fenOfYuan(JSON.parse(JSON.stringify(yuanOfFen(fen(amount))))) === amount))
  })
})

t.test('a split of random shares is taken exactly when it adds up [I-11]', async () => {
  const share = fc.integer({ min: 0, max: 10_000_000 })
  const field = fc.constantFrom('medfee_sumamt', 'fund_pay_sumamt', 'hifp_pay', 'maf_pay', 'psn_part_amt', 'acct_pay', 'acct_mulaid_pay', 'psn_cash_pay', 'hosp_part_amt')
  fc.assert(fc.property(fc.tuple(share, share, share, share, share), field, fc.integer({ min: -3, max: 3 }), ([pooled, assistance, account, family, cash], changed, by) => {
    const total = pooled + assistance + account + family + cash
    const said: Record<string, number> = {
      medfee_sumamt: total, fund_pay_sumamt: pooled + assistance, hifp_pay: pooled, maf_pay: assistance, psn_part_amt: account + family + cash, acct_pay: account, acct_mulaid_pay: family, psn_cash_pay: cash, hosp_part_amt: 0
    }
    said[changed] = (said[changed] ?? 0) + by
    const split = readSplit(Object.fromEntries(Object.entries(said).map(([name, amount]) => [name, yuanOfFen(fen(amount))])), fen(total))
    if (by !== 0) return split === null
    return split !== null && split.totalFen === split.fundFen + split.personalFen && split.personalFen === split.accountFen + split.cashFen && split.cashFen === cash
  }))
})

for (const scheme of ['SM2', 'RSA'] as const satisfies readonly SignatureScheme[]) {
  t.test(`an insured patient, by signatures of ${scheme}`, async (t) => {
    t.test('is told to be insured here; one of elsewhere, or nowhere, is not', async (t) => {
      const { gateway, insurer } = anInsurer({ scheme })
      const { evidenceId, ...known } = await gateway.eligibility(anna, realNow)
      t.strictSame(known, { isInsured: true, region })
      t.match(evidenceId, /^H99990000001\d{18}$/)
      t.match(await gateway.eligibility(traveller, realNow), { isInsured: false, region: '888800' })
      await insurer.act({ act: 'set', key: 'region:anna:none' })
      t.match(await gateway.eligibility(anna, realNow), { isInsured: false, region: '' })
    })

    t.test('is quoted, settled and reversed', async (t) => {
      const insurer = anInsurer({ scheme })
      const { gateway } = insurer
      t.match(await gateway.preSettle(aVisit('q1')), { kind: 'ok', value: shares })
      const quoteId = await quoted(insurer, 'q2')
      const settlement = await gateway.settle({ requestId: 's1', quoteId })
      t.match(settlement, { kind: 'ok', value: { ...shares, settlementId: /^S\d{12}$/ } })
      t.strictSame(await gateway.reverse({ requestId: 'r1', settlementId: settlement.kind === 'ok' ? settlement.value.settlementId : '', quoteId }), { kind: 'ok', value: null })
      t.equal(kinds(insurer), 'settle reverse')
    })
  })
}

t.test('a settlement', async (t) => {
  t.test('takes from the account first where the site wants it so, and gives it back when reversed', async (t) => {
    const insurer = anInsurer({ usesAccount: true })
    const balance = async (): Promise<unknown> => await insurer.insurer.act({ act: 'look', key: 'anna' })
    const quoteId = await quoted(insurer)
    const settlement = await insurer.gateway.settle({ requestId: 's1', quoteId })
    t.match(settlement, { kind: 'ok', value: { totalFen: 14830, fundFen: 10381, personalFen: 4449, accountFen: 4449, cashFen: 0 } })
    t.strictSame(await balance(), { balanceFen: 15_551, region, isLocked: false })
    await insurer.gateway.reverse({ requestId: 'r1', settlementId: settlement.kind === 'ok' ? settlement.value.settlementId : '', quoteId })
    t.strictSame(await balance(), { balanceFen: 20_000, region, isLocked: false })
  })

  t.test('asked for twice with one request is one settlement', async (t) => {
    const insurer = anInsurer()
    const quoteId = await quoted(insurer)
    t.match(await insurer.gateway.settle({ requestId: 's1', quoteId }), { kind: 'ok' })
    t.match(await insurer.gateway.settle({ requestId: 's1', quoteId }), { kind: 'ok', value: shares })
    t.equal(kinds(insurer), 'settle')
  })

  for (const fault of ['lost', 'slow', 'forged', 'unavailable'] as const) {
    t.test(`whose answer is ${fault} is unknown, is undone, and can then be had anew`, async (t) => {
      const insurer = anInsurer()
      const quoteId = await quoted(insurer)
      insurer.strikeOnce(fault)
      t.strictSame(await insurer.gateway.settle({ requestId: 's1', quoteId }), { kind: 'unknown' })
      t.strictSame(await insurer.gateway.undoUnknown({ requestId: 's1', transaction: '2207', quoteId }), { kind: 'ok', value: null })
      t.strictSame(await insurer.gateway.settle({ requestId: 's1', quoteId }), { kind: 'rejected', code: 'TRANSACTION_UNDONE' }, 'a late repetition takes no effect')
      t.match(await insurer.gateway.settle({ requestId: 's2', quoteId }), { kind: 'ok', value: shares })
      insurer.time.now = later
      t.equal(readStatement(await insurer.payments.statement(day) ?? Buffer.alloc(0)).length, 1, 'one settlement stands')
    })
  }

  t.test('of unknown outcome stays unknown while the insurer is down', async (t) => {
    const insurer = anInsurer()
    const quoteId = await quoted(insurer)
    await insurer.insurer.act({ act: 'down', key: null })
    t.strictSame([await insurer.gateway.preSettle(aVisit('q2')), await insurer.gateway.settle({ requestId: 's1', quoteId }), await insurer.gateway.undoUnknown({ requestId: 's1', transaction: '2207', quoteId })],
      Array(3).fill({ kind: 'unknown' }))
    await t.rejects(insurer.gateway.eligibility(anna, realNow), { code: 'OUTSIDE_UNAVAILABLE' })
    await insurer.insurer.act({ act: 'up', key: null })
    t.strictSame(await insurer.gateway.undoUnknown({ requestId: 's1', transaction: '2207', quoteId }), { kind: 'ok', value: null })
  })

  t.test('whose amounts do not add up stops, and nothing of it stands at the insurer [I-11]', async (t) => {
    const insurer = anInsurer()
    insurer.strikeOnce('wrong_split')
    t.strictSame(await insurer.gateway.preSettle(aVisit('q0')), { kind: 'rejected', code: 'SPLIT_MISMATCH' })
    const quoteId = await quoted(insurer)
    insurer.strikeOnce('wrong_split')
    t.strictSame(await insurer.gateway.settle({ requestId: 's1', quoteId }), { kind: 'rejected', code: 'SPLIT_MISMATCH' })
    t.equal(kinds(insurer), 'settle undo')
    insurer.time.now = later
    t.strictSame(readStatement(await insurer.payments.statement(day) ?? Buffer.alloc(0)), [])
  })

  t.test('that the insurer refuses says why', async (t) => {
    const insurer = anInsurer()
    const quoteId = await quoted(insurer)
    insurer.strikeOnce('rejected')
    t.strictSame(await insurer.gateway.settle({ requestId: 's1', quoteId }), { kind: 'rejected', code: 'REJECTED' })
    t.strictSame(await insurer.gateway.settle({ requestId: 's2', quoteId: 'of-nobody' }), { kind: 'rejected', code: 'QUOTE_UNKNOWN' })
    t.strictSame(await insurer.gateway.preSettle(aVisit('q2', { person: traveller })), { kind: 'rejected', code: 'NOT_INSURED_HERE' })
    t.strictSame(await insurer.gateway.preSettle(aVisit('q3', { hospitalId: 'north' })), { kind: 'rejected', code: 'INSTITUTION_UNKNOWN' })
    t.strictSame(await insurer.gateway.preSettle(aVisit('q4', { person: { ...anna, name: '他人' } })), { kind: 'rejected', code: 'NAME_MISMATCH' })
  })

  t.test('whose reversal is lost is undone to stand again', async (t) => {
    const insurer = anInsurer()
    const { settlementId, quoteId } = await settled(insurer)
    insurer.strikeOnce('lost')
    t.strictSame(await insurer.gateway.reverse({ requestId: 'r1', settlementId, quoteId }), { kind: 'unknown' })
    t.strictSame(await insurer.gateway.undoUnknown({ requestId: 'r1', transaction: '2208', quoteId }), { kind: 'ok', value: null })
    t.strictSame(await insurer.gateway.reverse({ requestId: 'r2', settlementId, quoteId }), { kind: 'ok', value: null })
    t.strictSame(await insurer.gateway.reverse({ requestId: 'r3', settlementId, quoteId }), { kind: 'rejected', code: 'ALREADY_REVERSED' })
  })

  t.test('is followed by another one for charges that come late', async (t) => {
    const insurer = anInsurer()
    await settled(insurer)
    t.match(await insurer.gateway.preSettle(aVisit('q2', { lines: [{ id: 'c4', code: null, amountFen: fen(1000) }] })), { kind: 'ok', value: { totalFen: 1000, fundFen: 700, cashFen: 300 } })
  })
})

t.test('an insurance card', async (t) => {
  const lock = { key: 'lock-1', person: anna, legalBasis: 'a by-law of nowhere' }

  t.test('is locked once by one key, also when the answer is lost, and then settles nothing', async (t) => {
    const insurer = anInsurer()
    insurer.strikeOnce('lost')
    t.strictSame(await insurer.gateway.lock?.(lock), { kind: 'unknown' })
    t.match(await insurer.gateway.lock?.(lock), { kind: 'ok', value: { receiptId: /^L\d{12}$/ } })
    t.match(insurer.insurer.items(null), [{ kind: 'lock', key: 'lock-1', body: { person: 'anna', legalBasis: 'a by-law of nowhere' } }])
    t.equal(insurer.insurer.items(null).length, 1)
    t.strictSame(await insurer.gateway.preSettle(aVisit('q1')), { kind: 'rejected', code: 'CARD_LOCKED' })
  })

  t.test('is unlocked, and a late repetition of its lock does nothing [I-26]', async (t) => {
    const insurer = anInsurer()
    await insurer.gateway.lock?.(lock)
    t.match(await insurer.gateway.unlock?.({ key: 'lock-1', person: anna }), { kind: 'ok' })
    t.match(await insurer.gateway.lock?.(lock), { kind: 'ok' })
    t.match(await insurer.insurer.act({ act: 'look', key: 'anna' }), { isLocked: false })
    t.equal(kinds(insurer), 'lock unlock')
  })

  t.test('is not locked without a legal basis, nor where the platform refuses or offers no such thing', async (t) => {
    const insurer = anInsurer()
    t.strictSame(await insurer.gateway.lock?.({ ...lock, legalBasis: ' ' }), { kind: 'rejected', code: 'LEGAL_BASIS_MISSING' })
    insurer.strikeOnce('lock_refused')
    t.strictSame(await insurer.gateway.lock?.(lock), { kind: 'rejected', code: 'LOCK_REFUSED' })
    t.equal(kinds(insurer), '')
    t.match(anInsurer({ locksCards: false }).gateway, { lock: null, unlock: null })
  })
})

t.test('the insurer over HTTP answers as in process', async (t) => {
  const [ours, theirs] = pairs.SM2
  const server = await startInsurer({
    host: '127.0.0.1', port: 0, callbackUrl: () => null, signer: signerOf('SM2', theirs.privateKey), verifier: verifierOf('SM2', ours.publicKey), region, usualBalanceFen: fen(100), fundPercent: 70,
    persons: [], clock: { now: () => later }, realClock: { now: () => realNow }, ids: { next: () => 'id' }, slowMs: 60_000
  })
  t.teardown(server.close)
  const { gateway } = anInsurer({ scheme: 'SM2', exchange: httpExchange({ url: server.url, timeoutMs: 10_000 }) })
  const { gateway: hasty } = anInsurer({ scheme: 'SM2', exchange: httpExchange({ url: server.url, timeoutMs: 200 }) })
  t.match(await gateway.eligibility(anna, realNow), { isInsured: true })
  const quoteId = await quoted({ gateway })
  for (const kind of ['slow', 'lost'] as const) {
    server.setFaults([{ kind, rate: 1, count: 1, seed: 1 }])
    t.strictSame(await hasty.settle({ requestId: kind, quoteId }), { kind: 'unknown' }, kind)
    t.strictSame(await gateway.undoUnknown({ requestId: kind, transaction: '2207', quoteId }), { kind: 'ok', value: null })
  }
  t.match(await gateway.settle({ requestId: 's1', quoteId }), { kind: 'ok', value: shares })
})
