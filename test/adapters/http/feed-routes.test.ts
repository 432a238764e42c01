import { createHash, createPublicKey, generateKeyPairSync } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import t, { type Test } from 'tap'
import { simulatedBureau } from '../../../adapters/simulators/bureau/bureau.ts'
import { fictitiousResidentId } from '../../../adapters/simulators/hospital/resident-id.ts'
import { calendarIn } from '../../../core/clock.ts'
import { addDays } from '../../../core/days.ts'
import { fen } from '../../../core/money.ts'
import { anAccount, anEpisode } from '../../contracts/credit-feed-store.ts'
import { aBill, aContract, day } from '../../fixtures/pay-after-care.ts'
import { termsIn, verifyFeed } from '../../fixtures/feed-verifier.ts'
import { medicalTerms } from '../../fixtures/medical-terms.ts'
import { aService, type Service } from '../../journeys/a-service.ts'

const [pulled, other] = ['YF1001', 'YF2002'] as const
const residentId = fictitiousResidentId('1990-03-15', 481, 'male')
const today = calendarIn('Asia/Shanghai')(new Date())
const bureauKey = generateKeyPairSync('rsa', { modulusLength: 2048 })

/** Two hospitals that report under codes of their own; a patient of the first owes 120 yuan since yesterday, and everything is proven. */
async function aReportingService (t: Test): Promise<Service> {
  const folder = t.testdir({})
  const file = (name: string, text: string): string => {
    writeFileSync(path.join(folder, name), text)
    return path.join(folder, name)
  }
  const bureauKeyFile = file('bureau.pem', String(bureauKey.publicKey.export({ type: 'spki', format: 'pem' })))
  const feedKeyFile = file('feed.pem', String(generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' })))
  const common = { agreementId: 'a1', bureau: 'Bureau', bureauKeyFile }
  const site = {
    hospitals: [{ id: 'east', name: 'East 东' }, { id: 'west', name: 'West 西' }], sources: [{ name: 'east', kind: 'mllp', hospital: 'east', port: 0 }], legalBasis: 'a law', payAfterCare: { reports: true, releaseByTwo: true },
    creditFeed: { creditors: [{ ...common, code: pulled, hospitals: ['east'] }, { ...common, code: other, hospitals: ['west'] }] }
  }
  const siteFile = file('site.json', JSON.stringify(site))
  const service = await aService(t, { environment: { SITE_CONFIG: siteFile, FEED_KEY_FILE: feedKeyFile } })
  await owing(service)
  return service
}

async function owing ({ served }: Service): Promise<void> {
  const [yesterday, sentAt] = [addDays(today, -1), new Date(Date.now() - 4 * 86_400_000)]
  await served.parts.store.inTransaction(async ({ contracts, bills, patients, days, notices, creditFeed }) => {
    await patients.save({ id: 'p1', personId: 'p1', hospitalId: 'east', name: '许样例', birthDate: day('1990-03-15'), gender: 'male', active: true, identifiers: [{ system: 'urn:oid:2.16.156.10011.1.3', value: residentId, type: 'NI' }] })
    await contracts.save(aContract('contract of a1', { patientId: 'p1', consents: ['pay_after_care', 'bureau_report'] }))
    await bills.save(aBill('B', { contractId: 'contract of a1', patientId: 'p1', chargedFen: fen(12_000), closedOn: addDays(today, -8), lastChargedOn: addDays(today, -8), dueOn: yesterday, calendarVersion: 'v' }))
    await days.save({ day: yesterday, hospitalId: 'east', state: 'closed', by: 'finance', reason: null, at: new Date() })
    await notices.save({ key: 'n1', template: 'pre_report_notice', patientId: 'p1', staffId: null, state: 'delivered', channel: 'sms', proofId: 'receipt-1', reason: null, queuedAt: sentAt, sentAt, provenAt: sentAt })
    await creditFeed.addAccount(anAccount('a1'))
    await creditFeed.saveEpisode(anEpisode('e1', { state: 'ready', bills: [{ billId: 'B', noticeKey: 'n1', noticedOn: addDays(today, -4), claimedFen: null }], firstDelinquencyOn: today, dueOn: yesterday, preparedOn: today }))
  })
}

t.test('a credit feed over HTTP', async (t) => {
  const service = await aReportingService(t)
  const token = async (role: Parameters<Service['tokenFor']>[0], organizationId?: string): Promise<string> => service.tokenFor(role, organizationId === undefined ? {} : { organizationId })
  const [finance, auditor, bureau, own, stranger] = [await token('finance'), await token('auditor'), await token('bureau'), await token('bureau', pulled), await token('bureau', other)]
  const outsiders = [await service.tokenFor('patient', { personId: 'p1' }), await token('hospital', 'east'), await token('terminal', 'east'), await token('desk', 'east'), await token('operator')]
  let keys = 0
  const post = (url: string, by: string, body: unknown) => service.call('POST', url, by, body, { 'idempotency-key': `key-${keys++}` })
  const simulated = simulatedBureau({
    creditor: pulled, privateKey: bureauKey.privateKey, clock: { now: () => new Date() },
    ask: async ({ method, path: where, body }) => {
      const answer = await fetch(`http://127.0.0.1:${service.served.http}${where}`, { method, headers: { authorization: `Bearer ${own}`, ...body === undefined ? {} : { 'content-type': 'application/json' } }, ...body === undefined ? {} : { body: JSON.stringify(body) } })
      return { status: answer.status, bytes: new Uint8Array(await answer.arrayBuffer()) }
    }
  })

  await t.test('→ shows finance and auditors what waits for a second person, and nobody else; one release is enough', async (t) => {
    const url = `/v1/credit-feed/${pulled}/episodes?state=ready`
    t.match(await service.get(url, finance), { status: 200, body: { items: [{ id: 'e1', creditor: pulled, state: 'ready', overdueFen: 12_000, closedGates: [] }], next: null } })
    t.match(await service.get(url, auditor), { status: 200 })
    for (const by of [bureau, ...outsiders]) t.match(await service.get(url, by), { status: 403, body: { code: 'ACCESS_DENIED' } })
    const release = '/v1/credit-feed/episodes/release'
    for (const by of [bureau, auditor, ...outsiders]) t.match(await post(release, by, { episodeIds: ['e1'] }), { status: 403 })
    const ofWest = await token('finance', 'west')
    t.match([await service.get(url, ofWest), await post(release, ofWest, { episodeIds: ['e1'] }), await post('/v1/credit-feed/episodes/e1/withdraw', ofWest, {})], [{ status: 404 }, { status: 404, body: { code: 'EPISODE_NOT_FOUND' } }, { status: 404 }])
    t.match(await service.post(release, finance, { episodeIds: ['e1'] }), { status: 400, body: { code: 'IDEMPOTENCY_KEY_REQUIRED' } })
    t.match(await post(release, finance, { episodeIds: ['e1'] }), { status: 200, body: { items: [{ id: 'e1', state: 'released' }] } })
    t.match(await post(release, finance, { episodeIds: ['e1'] }), { status: 409, body: { code: 'EPISODE_NOT_RELEASABLE' } })
  })

  await t.test('→ a signed file is there at once; the bureau fetches, verifies, books and acknowledges it', async (t) => {
    await service.settled()
    t.equal(await simulated.pull(), 1)
    t.match(simulated.episodes(), [{ status: 'OVERDUE', balanceFen: 12_000, overdueFen: 12_000 }])
    t.match(await service.get(`/v1/credit-feed/${pulled}/episodes?state=accepted`, finance), { body: { items: [{ id: 'e1' }] } })
    const read = async (where: string): Promise<Uint8Array> => new Uint8Array(await (await fetch(`http://127.0.0.1:${service.served.http}${where}`, { headers: { authorization: `Bearer ${bureau}` } })).arrayBuffer())
    const { files, lines, faults } = await verifyFeed(read, pulled)
    t.strictSame([files, faults, lines.map((line) => JSON.parse(line).op)], [1, [], ['OPEN_EPISODE']])
    t.strictSame(termsIn(lines.join('\n'), medicalTerms()), [], 'no word of care [acc:C-18]')
    t.notOk(lines.join('').includes(residentId))
    t.match(await service.get(`/v1/credit-feed/${pulled}/files/1/acks`, bureau), { body: { items: [{ level: 'transport', result: 'accepted' }, { level: 'file', result: 'accepted' }, { level: 'record', recSeq: 1, result: 'accepted' }] } })
    const { headers } = await service.get(`/v1/credit-feed/${pulled}/files/1`, bureau)
    t.strictSame([headers.get('content-type'), headers.get('etag')], ['application/x-ndjson', `"${createHash('sha256').update(lines.map((line) => `${line}\n`).join('')).digest('hex')}"`])
    const { keys: [jwk] } = JSON.parse(Buffer.from(await read('/.well-known/yiqiao-keys.json')).toString('utf8'))
    t.equal(createPublicKey({ key: jwk, format: 'jwk' }).asymmetricKeyType, 'ed25519')
  })

  await t.test('→ a bureau sees its own creditor only; patient, hospital, terminal, desk and operator see nothing', async (t) => {
    const creditorsOf = async (by: string) => (await service.get('/v1/credit-feed', by)).body.items.map((item: { creditor: string }) => item.creditor)
    t.strictSame([await creditorsOf(own), await creditorsOf(stranger), await creditorsOf(bureau), await creditorsOf(await token('finance', 'west'))], [[pulled], [other], [pulled, other], [other]])
    for (const part of ['', '/1', '/1/manifest', '/1/signature', '/1/acks']) {
      const url = `/v1/credit-feed/${pulled}/files${part}`
      t.match([await service.get(url, own), await service.get(url, stranger), await service.get(url)], [{ status: 200 }, { status: 404, body: { code: 'FEED_FILE_NOT_FOUND' } }, { status: 401 }], part)
      for (const by of outsiders) t.match(await service.get(url, by), { status: 403, body: { code: 'ACCESS_DENIED' } }, part)
    }
    t.match(await service.get(`/v1/credit-feed/${pulled}/files/2`, own), { status: 404 })
    const acks = `/v1/credit-feed/${pulled}/files/1/acks`
    const ofFile = { level: 'file', result: 'accepted' }
    t.match(await service.post(acks, stranger, ofFile), { status: 404, body: { code: 'FEED_FILE_NOT_FOUND' } })
    for (const by of [finance, auditor, ...outsiders]) t.match(await service.post(acks, by, ofFile), { status: 403 })
    t.match(await service.post(acks, own, ofFile), { status: 200, body: { taken: 0 } })
    t.match(await service.post(acks, own, { level: 'record', result: 'accepted', records: [{ recSeq: 1 }] }), { status: 200, body: { taken: 0 } })
    t.match(await service.post(acks, own, { level: 'record', result: 'accepted' }), { status: 422, body: { code: 'FEED_ACK_INVALID' } })
  })

  await t.test('→ what was our own error is taken back with a file of its own', async (t) => {
    t.match(await post('/v1/credit-feed/episodes/e1/withdraw', finance, {}), { status: 200, body: { state: 'withdrawn' } })
    await service.settled()
    t.equal(await simulated.pull(), 1)
    t.match(simulated.episodes(), [{ status: 'WITHDRAWN', balanceFen: 0 }])
  })
})
