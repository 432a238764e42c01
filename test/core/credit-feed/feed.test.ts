import { createHash, generateKeyPairSync } from 'node:crypto'
import fc from 'fast-check'
import t from 'tap'
import { feedKeysFrom, httpBureau } from '../../../adapters/credit-bureau/index.ts'
import { checkFile, publishedKeys, type ReceivedFile } from '../../../adapters/simulators/bureau/check-file.ts'
import { startPushServer } from '../../../adapters/simulators/bureau/push-server.ts'
import { seededChance } from '../../../adapters/simulators/random.ts'
import { acknowledged, buildFiles, decideEpisodes, feedPushKind, lineFields, snapshotEpisodes, takeAcks, type DecideTools, type FeedAck, type FeedRecord, type Look } from '../../../core/credit-feed/index.ts'
import { addDays, daysBetween } from '../../../core/days.ts'
import { calendarIn } from '../../../core/clock.ts'
import { fen } from '../../../core/money.ts'
import { aBill, aContract, day, seedSettings } from '../../fixtures/pay-after-care.ts'
import { termsIn, verifyFeed } from '../../fixtures/feed-verifier.ts'
import { medicalTerms } from '../../fixtures/medical-terms.ts'
import { aFeed, creditor, days, noon, type Feed } from './a-feed.ts'

/** Anna and Berta reported on 9 March. */
async function reported (feed: Feed, names: readonly string[] = ['anna', 'berta']): Promise<void> {
  for (const name of names) await feed.debtor(name)
  for (const on of days('2027-03-05', 5)) await feed.live(on)
}

const readWith = (feed: Feed) => async (path: string): Promise<Uint8Array> => {
  if (path.startsWith('/.well-known')) return Buffer.from(JSON.stringify({ keys: feed.publicKeys }))
  const [, code = '', rest = ''] = /^\/v1\/credit-feed\/(\w+)\/files(.*)$/.exec(path) ?? []
  const after = /after=(\d+)/.exec(rest)?.[1]
  if (after !== undefined) return Buffer.from(JSON.stringify({ items: await feed.store.inReading(({ creditFeed }) => creditFeed.files(code, { limit: 50, after: Number(after) })) }))
  const [, seq = '', part = ''] = /^\/(\d+)\/?(\w*)$/.exec(rest) ?? []
  const file = await feed.store.inReading(({ creditFeed }) => creditFeed.file(code, Number(seq)))
  if (file === null) throw new Error('no such file')
  if (part === 'signature') return Buffer.from(JSON.stringify({ keyId: file.keyId, signature: Buffer.from(file.signature).toString('base64url') }))
  return part === 'manifest' ? file.manifest : file.content
}

t.test('thirty days with a bureau that refuses 5 % of the records and loses 1 % of its answers → end without a difference [acc:C-17] [I-33] [I-34]', async (t) => {
  const feed = await aFeed(t, { releaseByTwo: false }, { ...creditor, recordsPerFile: 7 })
  const chance = seededChance(20270301)
  feed.bureau.setFaults([{ kind: 'reject', rate: 0.05, count: null, seed: 5 }, { kind: 'lost_ack', rate: 0.01, count: null, seed: 7 }, { kind: 'corrupted', rate: 0.02, count: null, seed: 9 }, { kind: 'gap', rate: 0.1, count: null, seed: 11 }, { kind: 'down', rate: 0.1, count: null, seed: 13 }])
  const owed = new Map<string, number>()
  for (let number = 0; number < 16; number++) {
    const { id } = await feed.debtor(`d${number}`, { bill: { hospitalId: chance.pick(['east', 'west']), dueOn: addDays(day('2027-03-08'), chance.below(10)), chargedFen: fen(10_000) } })
    owed.set(id, 10_000)
  }
  for (const on of days('2027-03-05', 30)) {
    if (on === '2027-03-20') await snapshotEpisodes(feed.deps, { now: noon(on), today: on })
    for (const [id, amount] of owed) {
      if (!chance.happens(0.08)) continue
      const paid = chance.happens(0.4) ? amount : Math.min(amount, 2_500)
      owed.set(id, amount - paid)
      await feed.pay(id, paid)
    }
    await feed.live(on)
  }
  feed.bureau.setFaults([])
  for (const on of days('2027-04-04', 8)) await feed.live(on)
  t.strictSame([await feed.differences(), feed.bureau.waitingAcks()], [[], 0])
  const booked = new Map(feed.bureau.episodes().map(({ accountNo, episodeNo, balanceFen, status }) => [`${accountNo}/${episodeNo}`, `${status} ${balanceFen}`]))
  for (const [id, amount] of owed) {
    const [episode] = await feed.episodes(id.replace('bill of ', ''))
    const expected = { accepted: `OVERDUE ${amount}`, cured: 'CURED 0', abandoned: undefined, withdrawn: undefined }[episode?.state as string]
    t.equal(booked.get(`${episode?.accountNumber}/${episode?.episodeNumber}`), expected, `${id} is ${episode?.state}`)
    t.equal(amount === 0, episode === undefined || episode.state === 'cured' || episode.state === 'abandoned')
  }
  const records = await feed.store.inReading(async ({ creditFeed }) => (await Promise.all(days('2027-03-05', 30).map((_, place) => creditFeed.recordsOfFile(creditor.code, place + 1)))).flat())
  t.ok(records.some(({ state, replaces }) => state === 'accepted' && replaces !== null), 'what was refused was put right by a record that names it')

  const { files, lines, faults } = await verifyFeed(readWith(feed), creditor.code)
  t.strictSame(faults, [])
  t.equal(files, feed.bureau.lastSeq())
  t.strictSame([...new Set(lines.map((line) => Object.keys(JSON.parse(line)).join(' ')))], [lineFields.map(({ name }) => name).join(' ')], 'whitelisted fields only [I-32]')
  const terms = medicalTerms()
  t.ok(terms.size >= 50_000)
  t.strictSame(termsIn(lines.join('\n'), terms), [], 'no word of care in any byte [acc:C-18]')
  t.strictSame(termsIn('{"x":"急性胃炎 at 内科门诊, K35.8"}', terms).filter((term) => ['急性胃炎', '内科门诊', 'K35.8'].includes(term)).length, 3, 'the scan finds what it should')
})

t.test('a file', async (t) => {
  t.test('with a wrong byte, number, key or content → is refused by whoever verifies it [acc:C-17]', async (t) => {
    const feed = await aFeed(t, { releaseByTwo: false }, { ...creditor, recordsPerFile: 1 })
    await reported(feed)
    const received = async (seq: number): Promise<ReceivedFile> => {
      const file = await feed.store.inReading(({ creditFeed }) => creditFeed.file(creditor.code, seq))
      if (file === null) throw new Error('no such file')
      return file
    }
    const keys = publishedKeys(feed.publicKeys)
    const [first, second] = [await received(1), await received(2)]
    const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')
    const none = { seq: 0, manifestHash: null, hashes: new Map<number, string>() }
    const afterFirst = { seq: 1, manifestHash: sha256(first.manifest), hashes: new Map([[1, sha256(first.content)]]) }
    const damaged = (bytes: Uint8Array): Uint8Array => bytes.map((byte, place) => place === 40 ? byte ^ 1 : byte)
    const other = feedKeysFrom(generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString())
    const changed = Buffer.from(Buffer.from(first.manifest).toString('utf8').replace(/"sha256":"[0-9a-f]+"/, `"sha256":"${sha256(second.content)}"`))
    t.strictSame([
      checkFile(first, keys, none), checkFile(second, keys, afterFirst), checkFile(first, keys, afterFirst),
      checkFile({ ...first, content: damaged(first.content) }, keys, none), checkFile({ ...first, manifest: damaged(first.manifest) }, keys, none),
      checkFile({ ...first, signature: other.sign(first.manifest) }, keys, none), checkFile({ ...first, keyId: other.keyId }, keys, none),
      checkFile(second, keys, none), checkFile({ ...second, seq: 1 }, keys, afterFirst), checkFile({ ...first, manifest: changed, content: second.content }, keys, afterFirst),
      checkFile({ ...first, manifest: changed, content: second.content, signature: feed.deps.signer.sign(changed) }, keys, afterFirst),
      checkFile(second, keys, { ...afterFirst, manifestHash: '0' })
    ].map((verdict) => verdict.kind === 'rejected' ? verdict.code : verdict.kind), [
      'accepted', 'accepted', 'repeated', 'BAD_HASH', 'BAD_SIGNATURE', 'BAD_SIGNATURE', 'UNKNOWN_KEY', 'GAP', 'BAD_MANIFEST', 'BAD_SIGNATURE', 'OTHER_BYTES', 'BROKEN_CHAIN'])
  })

  t.test('built by two at once → has one number each without a gap, and its bytes never change [I-30]', async (t) => {
    const feed = await aFeed(t, { releaseByTwo: false }, { ...creditor, recordsPerFile: 1 })
    for (const name of ['anna', 'berta', 'clara']) await feed.debtor(name)
    for (const on of days('2027-03-05', 4)) await feed.live(on)
    await feed.close('2027-03-08')
    await Promise.all([feed.build('2027-03-09'), feed.build('2027-03-09')])
    await Promise.all([1, 2].map(() => buildFiles(feed.deps, feed.deps.creditors[0]!, { now: noon('2027-03-09'), today: day('2027-03-09') })))
    const { files, lines, faults } = await verifyFeed(readWith(feed), creditor.code)
    t.strictSame([files, lines.length, faults], [3, 3, []])
    for (const change of ["update feed_files set seq = 9", "delete from feed_files"]) await t.rejects(feed.store.runByHand(change), { message: /is append-only/ })
  })

  t.test('of another number of records than allowed → is made of several, in order', async (t) => {
    const feed = await aFeed(t, { releaseByTwo: false }, { ...creditor, recordsPerFile: 2 })
    await reported(feed, ['anna', 'berta', 'clara'])
    t.strictSame((await feed.store.inReading(({ creditFeed }) => creditFeed.files(creditor.code, { limit: 9, after: null }))).map(({ seq, count }) => [seq, count]), [[1, 2], [2, 1]])
  })

  t.test('that the bureau does not accept for two days → is told to whoever is on call', async (t) => {
    const feed = await aFeed(t, { releaseByTwo: false })
    feed.bureau.setUp(false)
    await reported(feed)
    const open = () => feed.store.inReading(async ({ alerts }) => (await alerts.open()).map(({ key }) => key))
    t.strictSame(await open(), [])
    await feed.live('2027-03-12')
    t.strictSame(await open(), ['job:feed-unanswered'])
    feed.bureau.setUp(true)
    for (const on of ['2027-03-13', '2027-03-14']) await feed.live(on)
    t.strictSame(await open(), [])
  })
})

t.test('keys → Ed25519 or SM2 with SM3 sign, others are refused; older ones stay published', (t) => {
  const pem = (key: ReturnType<typeof generateKeyPairSync>['privateKey'] | { export: (options: { type: 'pkcs8', format: 'pem' }) => string | Buffer }): string => String((key as { export: (options: object) => unknown }).export({ type: 'pkcs8', format: 'pem' }))
  const [edwards, older, sm2, other] = [generateKeyPairSync('ed25519').privateKey, generateKeyPairSync('ed25519').privateKey, generateKeyPairSync('ec', { namedCurve: 'SM2' }).privateKey, generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey].map((key) => pem(key as never))
  t.match(feedKeysFrom(`${edwards}${older}`), { algorithm: 'Ed25519', publicKeys: [{ kty: 'OKP', crv: 'Ed25519', alg: 'EdDSA', use: 'sig' }, { kty: 'OKP' }] })
  t.match(feedKeysFrom(sm2!), { algorithm: 'SM2-SM3', publicKeys: [{ kty: 'EC', crv: 'SM2' }] })
  t.ok(feedKeysFrom(sm2!).sign(Buffer.from('x')).length > 60)
  t.throws(() => feedKeysFrom(other!), { message: /neither Ed25519 nor SM2/ })
  t.throws(() => feedKeysFrom('nothing'), { message: /no private key/ })
  t.end()
})

t.test('acknowledgements', async (t) => {
  t.test('in any order and number → leave the same states [I-35]', async (t) => {
    const answers: ReadonlyArray<FeedAck['result']> = ['accepted', 'rejected', 'parked']
    const after = (state: FeedRecord['state'], results: readonly FeedAck['result'][]): FeedRecord['state'] => results.reduce((record, result) => acknowledged(record, { result, code: null, field: null }), { state, rejectedBecause: null } as FeedRecord).state
    fc.assert(fc.property(fc.array(fc.constantFrom(...answers), { maxLength: 6 }).chain((given) => fc.tuple(fc.constant(given), fc.shuffledSubarray([...given, ...given], { minLength: given.length * 2 }))), ([given, repeated]) => after('submitted', given) === after('submitted', repeated)))

    const acks = [{ level: 'transport', recSeq: null }, { level: 'file', recSeq: null }, { level: 'record', recSeq: 1 }, { level: 'record', recSeq: 2, result: 'rejected', code: 'FORMAT' }] as const
    const ends = new Set<string>()
    for (const order of [[0, 1, 2, 3], [3, 2, 1, 0], [2, 3, 3, 0, 1, 2]]) {
      const feed = await aFeed(t, { releaseByTwo: false })
      feed.bureau.setUp(false)
      await reported(feed)
      for (const place of order) await feed.store.inTransaction((stores) => takeAcks(stores, feed.deps, [{ creditor: creditor.code, seq: 1, result: 'accepted', code: null, field: null, at: feed.now, ...acks[place]! }]))
      ends.add(JSON.stringify([await feed.episodes('anna'), await feed.episodes('berta')].map(([episode]) => episode?.state)))
    }
    t.strictSame([...ends], ['["accepted","rejected"]'])
  })

  t.test('of a file or record that is not there, or with a level that does not fit → are refused and change nothing', async (t) => {
    const feed = await aFeed(t, { releaseByTwo: false })
    feed.bureau.setUp(false)
    await reported(feed)
    const take = (given: Partial<FeedAck>) => feed.store.inTransaction((stores) => takeAcks(stores, feed.deps, [{ creditor: creditor.code, seq: 1, level: 'record', recSeq: 1, result: 'accepted', code: null, field: null, at: feed.now, ...given }]))
    await t.rejects(take({ seq: 2 }), { code: 'FEED_FILE_NOT_FOUND' })
    for (const wrong of [{ recSeq: 3 }, { recSeq: null }, { level: 'file' as const }, { recSeq: 0 }]) await t.rejects(take(wrong), { code: 'FEED_ACK_INVALID' })
    t.match(await feed.episodes('anna'), [{ state: 'submitted' }])
    t.strictSame([await take({}), await take({})], [1, 0])
  })

  t.test('that refuse a record → are put right by a new one that names it; after five in a row only once a week', async (t) => {
    const feed = await aFeed(t, { releaseByTwo: false })
    await feed.debtor('anna')
    feed.bureau.setFaults([{ kind: 'reject', rate: 1, count: null, seed: 1 }])
    for (const on of days('2027-03-05', 15)) await feed.live(on)
    const records = await feed.records('anna')
    t.strictSame(records.map(({ operation, asOf }) => `${operation} ${asOf.slice(8)}`), ['09', '10', '11', '12', '13'].map((on) => `open_episode ${on}`))
    t.strictSame(records.slice(1).map(({ replaces }) => replaces), records.slice(0, -1).map(({ id }) => id))
    feed.bureau.setFaults([])
    for (const on of ['2027-03-20', '2027-03-21']) await feed.live(on)
    t.match(await feed.episodes('anna'), [{ state: 'accepted' }])
  })
})

t.test('an opening → always has a proven notice three days older, consent, a legal basis, an undisputed amount over the minimum, and a closed day [I-31] [acc:C-19]', (t) => {
  const calendar = calendarIn('Asia/Shanghai')
  const today = day('2027-03-15')
  const on = (text: string): Date => new Date(`${text}T12:00:00+08:00`)
  const mostly = fc.integer({ min: 0, max: 9 }).map((number) => number > 0)
  const rarely = mostly.map((is) => !is)
  const dayBefore = fc.integer({ min: 0, max: 14 }).map((ago) => addDays(today, -ago))
  const arbitrary = fc.record({
    dueOn: dayBefore, owedFen: fc.integer({ min: 0, max: 400 }), disputedFen: fc.constantFrom(0, 0, 0, 100, 400), provenOn: fc.option(dayBefore, { freq: 6 }), hasConsent: mostly, reports: mostly,
    isReconciled: mostly, isPaymentPending: rarely, isMinor: rarely, isOpenDispute: rarely, released: mostly, minimumFen: fc.constantFrom(0, 100)
  })
  let openings = 0
  fc.assert(fc.property(arbitrary, (given) => {
    const bill = aBill('b', { contractId: 'C', chargedFen: fen(given.owedFen), disputedFen: fen(Math.min(given.owedFen, given.disputedFen)), closedOn: addDays(given.dueOn, -7), dueOn: given.dueOn })
    const key = 'pre-report:e:earlier'
    const look = {
      contract: aContract('C', { consents: given.hasConsent ? ['bureau_report'] : [] }), creditor, account: { accountNumber: 'a', contractId: 'C', creditor: creditor.code, openedOn: day('2027-02-01') }, isNewAccount: false,
      episodes: [{ id: 'e', accountNumber: 'a', contractId: 'C', creditor: creditor.code, episodeNumber: 1, state: given.released ? 'released' : 'notice_proven', isHeld: false, bills: [{ billId: 'b', noticeKey: key, noticedOn: addDays(today, -1), claimedFen: null }],
        firstDelinquencyOn: addDays(given.dueOn, 1), dueOn: given.dueOn, originalAmountFen: fen(0), balanceFen: fen(0), overdueFen: fen(0), notice: null, closedGates: [], preparedOn: null, preparedBy: null, releasedBy: null, curedOn: null, statement: null, openedAt: on(today) }],
      records: new Map(), bills: new Map([['b', bill]]), disputes: given.isOpenDispute ? [{ billId: null, state: 'open', statement: null }] : [],
      notices: new Map([[key, { key, state: 'delivered', channel: 'sms', proofId: 'p', sentAt: on(today), provenAt: given.provenOn === null ? null : on(given.provenOn) }]]),
      proofs: { isReconciled: given.isReconciled, isPaymentPending: given.isPaymentPending, isMinor: given.isMinor, isDeceased: false, isNamed: true }
    } as unknown as Look
    const tools: DecideTools = { settings: { ...seedSettings, legalBasis: given.reports ? 'a law' : null, reports: given.reports, reportMinimumFen: fen(given.minimumFen), releaseByTwo: true }, ids: { next: () => 'id' }, stableId: () => 'id', calendar, moment: { now: on(today), today }, terms: new Set() }
    const opening = decideEpisodes(look, tools).flatMap(({ newRecords }) => newRecords).find(({ operation }) => operation === 'open_episode')
    if (opening === undefined) return true
    openings += 1
    const undisputed = bill.chargedFen - bill.disputedFen
    return given.provenOn !== null && daysBetween(given.provenOn, today) >= 3 && given.hasConsent && given.reports && given.isReconciled && !given.isPaymentPending && !given.isMinor && !given.isOpenDispute && given.released &&
      today > given.dueOn && undisputed > 0 && undisputed >= given.minimumFen && opening.facts.overdueFen === undisputed
  }), { numRuns: 5_000 })
  t.ok(openings > 100, `${openings} openings`)
  t.end()
})

t.test('a bureau that has its files brought', async (t) => {
  const feed = await aFeed(t, { releaseByTwo: false }, { ...creditor, recordsPerFile: 1, isPushed: true })
  feed.bureau.setUp(false)
  await reported(feed)
  const server = await startPushServer({ token: 'secret', receive: feed.bureau.receive })
  t.teardown(server.close)
  const push = httpBureau({ url: server.url, token: 'secret', timeoutMs: 5_000 })
  const files = await feed.store.inReading(({ creditFeed }) => Promise.all([1, 2].map(async (seq) => (await creditFeed.file(creditor.code, seq))!)))

  t.strictSame((await feed.store.inReading(({ outbox }) => outbox.dueInOrder(new Date('2099-01-01'), 9, feedPushKind(creditor.code)))).map(({ payload }) => payload), [{ creditor: creditor.code, seq: 1 }, { creditor: creditor.code, seq: 2 }], 'each file is to be sent once, in order')
  await t.rejects(push(files[1]!), { code: 'OUTSIDE_UNAVAILABLE' }, 'the second before the first waits')
  for (const file of [files[0]!, files[0]!, files[1]!]) await push(file)
  await t.rejects(push({ ...files[0]!, content: files[1]!.content }), { code: 'OUTSIDE_REFUSED' })
  await t.rejects(httpBureau({ url: server.url, token: 'wrong', timeoutMs: 5_000 })(files[0]!), { code: 'OUTSIDE_REFUSED' })
  await t.rejects(httpBureau({ url: 'http://127.0.0.1:1', token: null, timeoutMs: 500 })(files[0]!), { code: 'OUTSIDE_UNAVAILABLE' })
  t.equal(feed.bureau.lastSeq(), 2)
  await feed.bureau.answer()
  t.match([await feed.episodes('anna'), await feed.episodes('berta')], [[{ state: 'accepted' }], [{ state: 'accepted' }]])
})
