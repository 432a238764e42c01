import { createHash, generateKeyPairSync, randomUUID } from 'node:crypto'
import { feedKeysFrom, sealForBureau } from '../../../adapters/credit-bureau/index.ts'
import { simulatedBureau, type SimulatedBureau } from '../../../adapters/simulators/bureau/bureau.ts'
import { fictitiousResidentId } from '../../../adapters/simulators/hospital/resident-id.ts'
import type { Store, Stores } from '../../../adapters/store/index.ts'
import { calendarIn, type CalendarDate } from '../../../core/clock.ts'
import { acceptedStanding, buildFeed, releaseEpisodes, takeAcks, type BuildFeedDeps, type Creditor, type Episode, type FeedAck, type FeedRecord } from '../../../core/credit-feed/index.ts'
import { addDays } from '../../../core/days.ts'
import { fen } from '../../../core/money.ts'
import type { Notice } from '../../../core/notice.ts'
import type { Bill, PayAfterCareSettings } from '../../../core/pay-after-care/index.ts'
import { instantIn } from '../../../adapters/http/index.ts'
import { aBill, aContract, day, seedSettings } from '../../fixtures/pay-after-care.ts'
import { freshStore, type Teardown } from '../../fixtures/store.ts'

export const creditor: Creditor = { code: 'YF1001', hospitals: ['east', 'west'], agreementId: 'agreement-1', bureau: '城市信用信息平台', recordsPerFile: 100, isPushed: false }
export const noon = (on: string): Date => new Date(`${on}T12:30:00+08:00`)

export interface Feed {
  readonly store: Store
  readonly deps: BuildFeedDeps<Stores>
  readonly bureau: SimulatedBureau
  readonly publicKeys: ReadonlyArray<Readonly<Record<string, string>>>
  now: Date
  /** Whether carriers prove that a notice arrived. */
  provesNotices: boolean
  /** A person who signed, was treated at East Lake on the first of March, and owes 120 yuan until the eighth. */
  readonly debtor: (name: string, given?: { readonly bill?: Partial<Bill>, readonly consents?: readonly ('pay_after_care' | 'bureau_report')[], readonly birthDate?: string }) => Promise<Bill>
  readonly change: (billId: string, change: (bill: Bill) => Partial<Bill>) => Promise<void>
  readonly pay: (billId: string, amountFen: number) => Promise<void>
  /** Everything of one business day: notices arrive, the day before is closed, ready episodes are released, files are built and fetched. */
  readonly live: (on: string) => Promise<void>
  readonly build: (on: string) => ReturnType<typeof buildFeed>
  readonly deliver: () => Promise<void>
  readonly close: (on: string, hospitalId?: string) => Promise<void>
  readonly release: (who?: string) => Promise<readonly Episode[]>
  readonly episodes: (name: string) => Promise<readonly Episode[]>
  readonly records: (name: string) => Promise<readonly FeedRecord[]>
  /** How what we believe to stand at the bureau differs from its own books. */
  readonly differences: () => Promise<readonly string[]>
}

export async function aFeed (t: Teardown, given: Partial<PayAfterCareSettings> = {}, of: Creditor = creditor): Promise<Feed> {
  const store = await freshStore(t)
  const { inTransaction, inReading } = store
  const bureauKey = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const seal = sealForBureau(bureauKey.publicKey.export({ type: 'spki', format: 'pem' }).toString())
  const keys = feedKeysFrom(generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString())
  const ids = { next: randomUUID }
  const calendar = calendarIn('Asia/Shanghai')
  const deps: BuildFeedDeps<Stores> = {
    inTransaction, inReading, breathe: async () => undefined, ids, calendar, creditors: [of], isDeceased: async () => false, writeInstant: instantIn('Asia/Shanghai'), terms: new Set(['东湖医院']),
    stableId: (hospitalId, kind, name) => createHash('sha256').update(`${hospitalId} ${kind} ${name}`).digest('hex'),
    settings: { ...seedSettings, legalBasis: 'a law of the test', reports: true, ...given },
    signer: keys, hash: (bytes) => createHash('sha256').update(bytes).digest('hex'), seal: async (_, text) => seal(text), alerts: { inTransaction, ids, onCall: [] }
  }
  const feed: Feed = {
    store, deps, publicKeys: keys.publicKeys, now: noon('2027-03-01'), provesNotices: true,
    bureau: simulatedBureau({ creditor: of.code, privateKey: bureauKey.privateKey, clock: { now: () => feed.now }, ask: (request) => answered(feed, request) }),
    debtor: async (name, { bill = {}, consents = ['pay_after_care', 'bureau_report'] as const, birthDate = '1984-01-02' } = {}) => {
      const owed = aBill(`bill of ${name}`, { contractId: name, patientId: `east-${name}`, chargedFen: fen(12_000), closedOn: day('2027-03-01'), lastChargedOn: day('2027-03-01'), dueOn: day('2027-03-08'), calendarVersion: 'v', ...bill })
      await inTransaction(async ({ patients, contracts, bills }) => {
        await patients.save({ id: `east-${name}`, personId: `east-${name}`, hospitalId: 'east', name: 'Musterfrau', birthDate: day(birthDate), gender: 'female', active: true,
          identifiers: [{ system: 'urn:oid:2.16.156.10011.1.3', value: fictitiousResidentId(birthDate, Number.parseInt(createHash('sha256').update(name).digest('hex').slice(0, 4), 16) % 400 + 1, 'female'), type: 'NI' }] })
        await contracts.save(aContract(name, { patientId: `east-${name}`, consents }))
        await bills.save(owed)
      })
      return owed
    },
    change: (billId, change) => inTransaction(async ({ bills }) => {
      const bill = await bills.find(billId)
      if (bill !== null) await bills.save({ ...bill, ...change(bill) })
    }),
    pay: (billId, amountFen) => feed.change(billId, (bill) => {
      const paidFen = fen(bill.paidFen + amountFen)
      return { paidFen, settledAt: bill.chargedFen - bill.insuredFen - paidFen <= 0 ? feed.now : null }
    }),
    live: async (on) => {
      await feed.close(addDays(day(on), -1))
      await feed.build(on)
      await feed.deliver()
      if ((await feed.release()).length > 0) await feed.build(on)
      await feed.bureau.pull()
    },
    build: (on) => {
      feed.now = noon(on)
      return buildFeed(deps, { now: feed.now, today: day(on) })
    },
    deliver: () => inTransaction(async ({ outbox, notices }) => {
      for (const { id, key, payload } of await outbox.due(new Date('2099-01-01'), 1_000, 'notice')) {
        const { template, patientId } = payload as unknown as Notice
        await notices.save({ key, template, patientId, staffId: null, state: feed.provesNotices ? 'delivered' : 'sent', channel: 'sms', proofId: `receipt-${id}`, reason: null, queuedAt: feed.now, sentAt: feed.now, provenAt: feed.provesNotices ? feed.now : null })
        await outbox.markDone(id, feed.now)
      }
    }),
    close: (on, hospitalId) => inTransaction(async ({ days }) => {
      for (const one of hospitalId === undefined ? of.hospitals : [hospitalId]) await days.save({ day: day(on), hospitalId: one, state: 'closed', by: 'finance', reason: null, at: feed.now })
    }),
    release: async (who = 'finance2') => {
      const ready = await inReading(({ creditFeed }) => creditFeed.episodesIn({ states: ['ready'], creditors: null }, { limit: 500, after: null }))
      if (ready.length === 0) return []
      return await inTransaction((stores) => releaseEpisodes(stores, { ...deps, moment: { now: feed.now, today: calendar(feed.now) } }, { episodeIds: ready.map(({ id }) => id), who, creditors: null }))
    },
    episodes: (name) => inReading(({ creditFeed }) => creditFeed.episodesOfContract(name)),
    records: async (name) => {
      const [episode] = await feed.episodes(name)
      return episode === undefined ? [] : await inReading(({ creditFeed }) => creditFeed.recordsOfEpisode(episode.id))
    },
    differences: () => differencesOf(feed)
  }
  return feed
}

/** The reporting side's HTTP face, without HTTP. */
async function answered ({ store, publicKeys, deps, now }: Feed, { method, path, body }: { readonly method: 'GET' | 'POST', readonly path: string, readonly body?: unknown }): Promise<{ status: number, bytes: Uint8Array }> {
  const json = (value: unknown, status = 200) => ({ status, bytes: Buffer.from(JSON.stringify(value)) })
  if (path.startsWith('/.well-known')) return json({ keys: publicKeys })
  const [, code = '', rest = ''] = /^\/v1\/credit-feed\/(\w+)\/files(.*)$/.exec(path) ?? []
  const after = /^\?after=(\d+)/.exec(rest)?.[1]
  if (after !== undefined) return json({ items: await store.inReading(({ creditFeed }) => creditFeed.files(code, { limit: 50, after: Number(after) })) })
  const [, seq = '', part = ''] = /^\/(\d+)\/?(\w*)$/.exec(rest) ?? []
  if (method === 'POST') {
    const { level, result, code: why = null, records = [{ recSeq: null }] } = body as { level: FeedAck['level'], result: FeedAck['result'], code?: string, records?: Array<{ recSeq: number | null, result?: FeedAck['result'], code?: string, field?: string }> }
    const acks = records.map((record): FeedAck => ({ creditor: code, seq: Number(seq), level, recSeq: record.recSeq, result: record.result ?? result, code: record.code ?? why, field: record.field ?? null, at: now }))
    return json({ taken: await store.inTransaction((stores) => takeAcks(stores, deps, acks)) })
  }
  const file = await store.inReading(({ creditFeed }) => creditFeed.file(code, Number(seq)))
  if (file === null) return json({}, 404)
  if (part === 'manifest') return { status: 200, bytes: file.manifest }
  return part === 'signature' ? json({ keyId: file.keyId, signature: Buffer.from(file.signature).toString('base64url') }) : { status: 200, bytes: file.content }
}

async function differencesOf ({ store, bureau }: Feed): Promise<readonly string[]> {
  const booked = new Map(bureau.episodes().map(({ accountNo, episodeNo, subjectStatement, disputeFlag, status, ...facts }) => [`${accountNo}/${episodeNo}`, JSON.stringify({ ...facts, status: status.toLowerCase(), isDisputed: disputeFlag, statement: subjectStatement }, sorted)]))
  const ours = new Map<string, string>()
  await store.inReading(async ({ creditFeed }) => {
    for (let after: string | null = null; ;) {
      const page: readonly Episode[] = await creditFeed.episodesIn({ states: ['submitted', 'accepted', 'rejected', 'cured', 'deletion_sent', 'deleted', 'abandoned', 'withdrawn', 'released', 'ready'], creditors: null }, { limit: 100, after })
      for (const { id, accountNumber, episodeNumber } of page) {
        const standing = acceptedStanding(await creditFeed.recordsOfEpisode(id))
        if (standing !== null) ours.set(`${accountNumber}/${episodeNumber}`, JSON.stringify(standing, sorted))
      }
      after = page.at(-1)?.id ?? null
      if (page.length < 100) return
    }
  })
  return [...new Set([...booked.keys(), ...ours.keys()])].filter((key) => booked.get(key) !== ours.get(key)).map((key) => `${key}: bureau ${booked.get(key) ?? 'nothing'}, we ${ours.get(key) ?? 'nothing'}`)
}

const sorted = ['originalAmountFen', 'balanceFen', 'overdueFen', 'status', 'curedOn', 'isDisputed', 'statement']

export const days = (from: string, count: number): readonly CalendarDate[] => Array.from({ length: count }, (_, place) => addDays(day(from), place))
