import { generateKeyPairSync, randomUUID } from 'node:crypto'
import t, { type Test } from 'tap'
import { bankScore, zhimaScore } from '../../../adapters/credit-score/index.ts'
import { bankHeaders, bankSignature } from '../../../adapters/credit-score/bank-signature.ts'
import { rsa2Sign, signedNode } from '../../../adapters/credit-score/zhima-signature.ts'
import { scoreIn, startCreditScore, type CreditScoreSimulator, type ScoreFaultKind } from '../../../adapters/simulators/credit-score.ts'
import { fictitiousResidentId } from '../../../adapters/simulators/hospital/resident-id.ts'
import { calendarIn } from '../../../core/clock.ts'
import type { ScoreProvider } from '../../../core/pay-after-care/index.ts'

const businessTime = new Date('2027-03-01T10:00:00+08:00')
const realTime = new Date('2026-11-22T03:00:00Z')
const person = { residentId: fictitiousResidentId('1984-01-02', 1, 'female'), name: 'Musterfrau' }
const secret = Buffer.from('a secret of the test')
const aPair = () => generateKeyPairSync('rsa', { modulusLength: 2048 })
const [app, provider, stranger] = [aPair(), aPair(), aPair()]
const calendar = calendarIn('Asia/Shanghai')
const ids = { next: randomUUID }
const clock = { now: () => realTime }

async function twoProviders (t: Test, { timeoutMs = 2_000 } = {}): Promise<{ readonly simulator: CreditScoreSimulator, readonly providers: readonly ScoreProvider[] }> {
  const simulator = await startCreditScore({
    host: '127.0.0.1', port: 0, bank: { clientId: 'ours', secret }, zhima: { appId: 'app-1', appKey: app.publicKey, providerKey: provider.privateKey },
    clock: { now: () => businessTime }, realClock: clock, calendar, ids, slowMs: 60_000
  })
  t.teardown(simulator.close)
  return {
    simulator,
    providers: [
      bankScore({ url: simulator.bankUrl, clientId: 'ours', secret, clock, nonces: ids, timeoutMs }),
      zhimaScore({ url: simulator.zhimaUrl, appId: 'app-1', privateKey: app.privateKey, providerKey: provider.publicKey, clock, calendar, ids, timeoutMs })
    ]
  }
}

t.test('a score provider, the bank and Zhima alike', async (t) => {
  t.test('says whether a threshold is met, with evidence and an end, at its very value', async (t) => {
    const { simulator, providers } = await twoProviders(t)
    simulator.setScore(person.residentId, 'bank', 110)
    simulator.setScore(person.residentId, 'zhima', 700)
    for (const [scores, threshold] of [[providers[0], 110], [providers[1], 700]] as const) {
      const met = await scores?.assertAtLeast(person, threshold, businessTime)
      t.match(met, { isMet: true, evidenceId: /.{8}/, expiresAt: new Date('2027-03-31T10:00:00+08:00') })
      t.match(await scores?.assertAtLeast(person, threshold + 1, businessTime), { isMet: false })
      t.strictSame(await scores?.scoreOf(person, businessTime), { score: threshold, asOf: '2027-03-01' })
    }
  })

  t.test('is looked on without personal data', async (t) => {
    const { simulator, providers } = await twoProviders(t)
    for (const scores of providers) await scores.assertAtLeast(person, 100, businessTime)
    t.match(simulator.items(null), [{ at: businessTime, kind: 'assertion', key: /^person-[0-9a-f]{12}$/, body: { provider: 'bank', threshold: 100, met: true } }, { body: { provider: 'zhima' } }])
    t.notMatch(JSON.stringify(simulator.items(null)), new RegExp(`${person.residentId}|${person.name}`))
  })

  for (const fault of ['unavailable', 'dropped', 'wrong_signature', 'slow'] as const satisfies readonly ScoreFaultKind[]) {
    t.test(`that is ${fault} → says nothing, and may be asked again`, async (t) => {
      const { simulator, providers } = await twoProviders(t, { timeoutMs: fault === 'slow' ? 150 : 2_000 })
      for (const scores of providers) {
        simulator.setFaults([{ kind: fault, rate: 1, count: 1, seed: 1 }])
        await t.rejects(scores.assertAtLeast(person, 100, businessTime), { code: 'OUTSIDE_UNAVAILABLE' })
        simulator.setFaults([])
      }
    })
  }

  t.test('that does not know us → refuses, and no person is named in the refusal', async (t) => {
    const { simulator } = await twoProviders(t)
    const wrong = [
      bankScore({ url: simulator.bankUrl, clientId: 'ours', secret: Buffer.from('another'), clock, nonces: ids, timeoutMs: 2_000 }),
      zhimaScore({ url: simulator.zhimaUrl, appId: 'app-1', privateKey: stranger.privateKey, providerKey: provider.publicKey, clock, calendar, ids, timeoutMs: 2_000 })
    ]
    for (const scores of wrong) {
      const refused: unknown = await scores.scoreOf(person, businessTime).catch((error: unknown) => error)
      t.match(refused, { code: 'OUTSIDE_REFUSED' })
      t.notMatch(String(refused), new RegExp(`${person.residentId}|${person.name}`))
    }
    const forged = zhimaScore({ url: simulator.zhimaUrl, appId: 'app-1', privateKey: app.privateKey, providerKey: stranger.publicKey, clock, calendar, ids, timeoutMs: 2_000 })
    await t.rejects(forged.scoreOf(person, businessTime), { code: 'OUTSIDE_UNAVAILABLE' }, 'an answer of another key is not read')
  })

  t.test('that cannot be reached → says nothing', async (t) => {
    const { simulator, providers } = await twoProviders(t)
    await simulator.close()
    for (const scores of providers) await t.rejects(scores.scoreOf(person, businessTime), { code: 'OUTSIDE_UNAVAILABLE' })
  })
})

t.test('signatures → cover direction, nonce, path and body; those of Zhima the very bytes of the answer', async (t) => {
  const signed = { timestamp: '1', nonce: 'n', path: '/p', body: '{}' }
  const others = [bankSignature('answer', signed, secret), ...Object.keys(signed).map((name) => bankSignature('request', { ...signed, [name]: 'x' }, secret))]
  t.notOk(others.includes(bankSignature('request', signed, secret)))
  t.equal(new Set(Object.values(bankHeaders)).size, 4)
  t.equal(rsa2Sign({ b: '2', a: '1', sign: 'x', empty: '' }, app.privateKey), rsa2Sign({ a: '1', b: '2' }, app.privateKey))
  t.strictSame(signedNode('{"m_x_response":{"code":"10000", "n":"1"},"sign":"QQ=="}', 'm.x'), { node: '{"code":"10000", "n":"1"}', sign: 'QQ==' })
  for (const other of ['', '{}', '{"m_x_response":{"a":{}},"sign":"QQ=="}', '{"m_x_response":{},"sign":"QQ==","m_x_response":{}}', '{"error_response":{},"sign":"QQ=="}']) t.equal(signedNode(other, 'm.x'), null)
})

t.test('the act of setting a score → names provider and score', async (t) => {
  t.strictSame(scoreIn('zhima:699'), { provider: 'zhima', score: 699 })
  for (const wrong of ['', 'zhima', 'sesame:700', 'bank:-1']) t.throws(() => scoreIn(wrong), { code: 'REQUEST_INVALID' })
})
