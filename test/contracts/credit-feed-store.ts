import type { Test } from 'tap'
import type { CalendarDate } from '../../core/clock.ts'
import type { CreditAccount, Episode, FeedAck, FeedFile, FeedFileHead, FeedRecord } from '../../core/credit-feed/index.ts'
import { fen } from '../../core/money.ts'
import { aDispute } from './default-store.ts'
import { refusals, type OpenStore } from './store-under-test.ts'

const day = (text: string): CalendarDate => text as CalendarDate
const at = new Date('2027-03-09T04:30:00Z')
const notice = { sentAt: new Date('2027-03-05T03:30:00Z'), provenAt: new Date('2027-03-05T03:31:00Z'), channel: 'sms', proofId: 'receipt-1' }

export function anAccount (accountNumber: string, given: Partial<CreditAccount> = {}): CreditAccount {
  return { accountNumber, contractId: `contract of ${accountNumber}`, creditor: 'YF1001', openedOn: day('2027-02-01'), ...given }
}

export function anEpisode (id: string, given: Partial<Episode> = {}): Episode {
  return {
    id, accountNumber: 'a1', contractId: 'contract of a1', creditor: 'YF1001', episodeNumber: 1, state: 'notice_due', isHeld: false, bills: [{ billId: 'b1', noticeKey: null, noticedOn: null, claimedFen: null }],
    firstDelinquencyOn: day('2027-03-09'), dueOn: day('2027-03-08'), originalAmountFen: fen(12_000), balanceFen: fen(12_000), overdueFen: fen(12_000), notice: null, closedGates: [], preparedOn: null, preparedBy: null,
    releasedBy: null, curedOn: null, statement: null, openedAt: at, ...given
  }
}

export function aFeedRecord (id: string, given: Partial<FeedRecord> = {}): FeedRecord {
  return {
    id, creditor: 'YF1001', accountNumber: 'a1', contractId: 'contract of a1', episodeId: 'e1', episodeNumber: 1, operation: 'open_episode', asOf: day('2027-03-09'),
    facts: {
      originalAmountFen: fen(12_000), balanceFen: fen(12_000), overdueFen: fen(12_000), status: 'overdue', curedOn: null, isDisputed: false, statement: null, openedOn: day('2027-02-01'), firstDelinquencyOn: day('2027-03-09'),
      dueOn: day('2027-03-08'), overdueDays: 1, notice, legalBasis: 'a law', consentId: 'contract of a1', billIds: ['b1']
    },
    replaces: null, state: 'waiting', seq: null, recSeq: null, rejectedBecause: null, createdAt: at, ...given
  }
}

function aFileHead (seq: number, given: Partial<FeedFileHead> = {}): FeedFileHead {
  return { creditor: 'YF1001', seq, manifest: new Uint8Array([123, 125]), signature: new Uint8Array([1, 2, 3]), algorithm: 'Ed25519', keyId: 'k', sha256: 'a'.repeat(64), manifestSha256: 'b'.repeat(64), count: 1, createdAt: at, ...given }
}

function aFile (seq: number, given: Partial<FeedFile> = {}): FeedFile {
  return { ...aFileHead(seq), content: new Uint8Array([123, 125, 10]), ...given }
}

export function creditFeedStoreContract (t: Test, open: OpenStore): void {
  t.test('an account and its episodes → are read back as saved; the first account of a contract and creditor stays', async (t) => {
    const { inTransaction } = await open(t)
    await inTransaction(async ({ creditFeed }) => {
      t.strictSame(await creditFeed.addAccount(anAccount('a1')), anAccount('a1'))
      t.strictSame(await creditFeed.addAccount(anAccount('a9', { contractId: 'contract of a1' })), anAccount('a1'))
      t.strictSame([await creditFeed.account('contract of a1', 'YF1001'), await creditFeed.account('contract of a1', 'YF2002')], [anAccount('a1'), null])
      const told = anEpisode('e1', { state: 'accepted', isHeld: true, bills: [{ billId: 'b1', noticeKey: 'n1', noticedOn: day('2027-03-05'), claimedFen: fen(12_000) }], notice, closedGates: ['dispute_open'], preparedOn: day('2027-03-09'), releasedBy: 'finance2', statement: '…' })
      const cured = anEpisode('e1', { state: 'cured', curedOn: day('2027-03-10') })
      for (const episode of [anEpisode('e1'), told, cured, cured]) {
        await creditFeed.saveEpisode(episode)
        t.strictSame(await creditFeed.findEpisode('e1'), episode)
      }
      await creditFeed.saveEpisode(anEpisode('e2', { episodeNumber: 2 }))
      t.strictSame([await creditFeed.accountsOfContracts(['contract of a1', 'none']), await creditFeed.episodesOfContract('contract of a1'), await creditFeed.findEpisode('e9')], [[anAccount('a1')], [cured, anEpisode('e2', { episodeNumber: 2 })], null])
    })
    t.strictSame(refusals(await Promise.allSettled([inTransaction(({ creditFeed }) => creditFeed.saveEpisode(anEpisode('e3', { episodeNumber: 2 })))])), ['STORE_WRITE_CONFLICT'])
  })

  t.test('episodes → are found by state, creditor, hold and the day of their cure, page by page', async (t) => {
    const { inTransaction } = await open(t)
    await inTransaction(async ({ creditFeed }) => {
      await creditFeed.saveEpisode(anEpisode('e1', { state: 'ready' }))
      await creditFeed.saveEpisode(anEpisode('e2', { accountNumber: 'a2', state: 'cured', curedOn: day('2027-03-10'), isHeld: true }))
      await creditFeed.saveEpisode(anEpisode('e3', { accountNumber: 'a3', creditor: 'YF2002', state: 'ready' }))
      await creditFeed.saveEpisode(anEpisode('e4', { accountNumber: 'a4', state: 'deletion_sent', curedOn: day('2027-03-11') }))
      const ids = async (found: Promise<readonly Episode[]>): Promise<string> => (await found).map(({ id }) => id).join(' ')
      const all = { limit: 9, after: null }
      t.strictSame([
        await ids(creditFeed.episodesIn({ states: ['ready', 'cured'], creditors: null }, all)), await ids(creditFeed.episodesIn({ states: ['ready'], creditors: ['YF2002'] }, all)), await ids(creditFeed.episodesIn({ states: ['ready'], creditors: [] }, all)),
        await ids(creditFeed.episodesIn({ states: ['ready', 'cured'], creditors: null }, { limit: 1, after: 'e1' })), await ids(creditFeed.held(all)), await ids(creditFeed.held({ limit: 9, after: 'e2' })),
        await ids(creditFeed.toDelete(day('2027-03-10'), all)), await ids(creditFeed.toDelete(day('2027-03-11'), all)), await ids(creditFeed.toDelete(day('2027-03-11'), { limit: 9, after: 'e2' }))
      ], ['e1 e2 e3', 'e3', '', 'e2', 'e2', '', 'e2', 'e2 e4', 'e4'])
      await creditFeed.saveEpisode(anEpisode('e5', { accountNumber: 'a5', state: 'released' }))
      await creditFeed.submitEpisodes(['e5', 'e2', 'e1'])
      t.strictSame([await ids(creditFeed.episodesIn({ states: ['submitted'], creditors: null }, all)), await ids(creditFeed.episodesIn({ states: ['ready'], creditors: null }, all))], ['e5', 'e1 e3'])
    })
  })

  t.test('records → wait in their order, are encrypted, go into a file and are answered', async (t) => {
    const { inTransaction } = await open(t)
    await inTransaction(async ({ creditFeed }) => {
      for (const number of [1, 2]) await creditFeed.addAccount(anAccount(`a${number}`))
      for (const [id, accountNumber] of [['r9', 'a1'], ['r1', 'a1'], ['r5', 'a2']] as const) await creditFeed.addRecord(aFeedRecord(id, { accountNumber }))
      await creditFeed.addRecord(aFeedRecord('other', { creditor: 'YF2002', episodeId: 'e2' }))
      const subject = { idType: 'resident_id', idNo: 'jwe1', name: 'jwe2' } as const
      t.strictSame((await creditFeed.unsealed('YF1001', 2)).map(({ id }) => id), ['r9', 'r1'])
      await creditFeed.saveSubjects([{ id: 'r9', subject }])
      t.strictSame([(await creditFeed.unsealed('YF1001', 9)).map(({ id }) => id), await creditFeed.waiting('YF1001', 1)], [['r1', 'r5'], [{ ...aFeedRecord('r9'), subject }]])
      t.strictSame(await creditFeed.lastHashes(['a1', 'a2']), new Map())
      await creditFeed.submitRecords([{ id: 'r9', accountNumber: 'a1', seq: 1, recSeq: 1, hash: 'h1' }, { id: 'r1', accountNumber: 'a1', seq: 1, recSeq: 2, hash: 'h2' }])
      const submitted = aFeedRecord('r1', { state: 'submitted', seq: 1, recSeq: 2 })
      t.strictSame([await creditFeed.recordAt('YF1001', 1, 2), await creditFeed.recordAt('YF1001', 1, 3), await creditFeed.lastHashes(['a1', 'a2']), (await creditFeed.waiting('YF1001', 9)).map(({ id }) => id)], [submitted, null, new Map([['a1', 'h2']]), ['r5']])
      await creditFeed.saveRecord({ ...submitted, state: 'rejected', rejectedBecause: 'FORMAT asOf' })
      t.strictSame([(await creditFeed.rejectedRecords({ limit: 9, after: null })).map(({ id, rejectedBecause }) => [id, rejectedBecause]), await creditFeed.rejectedRecords({ limit: 9, after: 'r1' })], [[['r1', 'FORMAT asOf']], []])
      t.strictSame([(await creditFeed.recordsOfEpisodes(['e1', 'none'])).map(({ id, episodeId }) => `${episodeId} ${id}`), await creditFeed.recordsOfEpisodes([])], [['e1 r9', 'e1 r1', 'e1 r5'], []])
      t.strictSame([(await creditFeed.recordsOfEpisode('e1')).map(({ id }) => id), (await creditFeed.recordsOfFile('YF1001', 1)).map(({ id }) => id)], [['r9', 'r1', 'r5'], ['r9', 'r1']])
    })
  })

  t.test('episodes → have something to tell until the bureau has accepted their end and nobody disputes', async (t) => {
    const { inTransaction } = await open(t)
    await inTransaction(async ({ creditFeed, defaults }) => {
      let last = 0
      const told = async (state: Episode['state'], records: ReadonlyArray<readonly [FeedRecord['operation'], FeedRecord['state']]>, given: Partial<Episode> = {}): Promise<void> => {
        const name = [state, ...records.map((record) => record.join(' ')), ...given.isHeld === true ? ['held'] : []].join(', ')
        last += 1
        await creditFeed.saveEpisode(anEpisode(name, { contractId: 'C', episodeNumber: last, state, ...given }))
        for (const [place, [operation, recordState]] of records.entries()) await creditFeed.addRecord(aFeedRecord(`${name} ${place}`, { episodeId: name, operation, state: recordState }))
      }
      const opened = ['open_episode', 'accepted'] as const
      await told('notice_due', [])
      await told('accepted', [opened])
      await told('deletion_sent', [opened, ['cure', 'accepted']])
      await told('abandoned', [])
      await told('abandoned', [['open_episode', 'rejected']])
      await told('abandoned', [['open_episode', 'fixed']])
      await told('abandoned', [], { isHeld: true })
      await told('cured', [opened])
      await told('cured', [opened, ['cure', 'submitted']])
      await told('cured', [opened, ['cure', 'accepted']])
      await told('cured', [opened, ['cure', 'accepted'], ['correct', 'rejected']])
      await told('withdrawn', [])
      await told('withdrawn', [opened])
      await told('withdrawn', [opened, ['withdraw', 'accepted']])
      await told('deleted', [opened, ['cure', 'accepted'], ['delete_expired', 'accepted']])
      const telling = async (contractIds: readonly string[]): Promise<readonly string[]> => (await creditFeed.episodesToTell(contractIds)).map(({ id }) => id)
      const all = ['notice_due', 'accepted, open_episode accepted', 'deletion_sent, open_episode accepted, cure accepted', 'abandoned, open_episode rejected', 'abandoned, held', 'cured, open_episode accepted', 'cured, open_episode accepted, cure submitted',
        'cured, open_episode accepted, cure accepted, correct rejected', 'withdrawn, open_episode accepted']
      t.strictSame([await telling(['C', 'none']), await telling(['none']), await telling([])], [all, [], []])
      t.strictSame([await creditFeed.lastEpisodeNumbers(['a1', 'none']), await creditFeed.lastEpisodeNumbers([])], [new Map([['a1', last]]), new Map()])
      await defaults.saveDispute(aDispute('d1', { contractId: 'C' }))
      t.strictSame((await telling(['C'])).filter((name) => !all.includes(name)), ['cured, open_episode accepted, cure accepted'], 'a dispute may be told of a cured one')
    })
  })

  t.test('files → keep their bytes, one for each number, and are listed by it', async (t) => {
    const { inTransaction } = await open(t)
    await inTransaction(async ({ creditFeed }) => {
      await creditFeed.lockSequence('YF1001')
      t.strictSame([await creditFeed.lastFile('YF1001'), await creditFeed.file('YF1001', 1), await creditFeed.fileHead('YF1001', 1)], [null, null, null])
      for (const seq of [1, 2, 3]) await creditFeed.addFile(aFile(seq))
      const head = aFileHead(3)
      t.strictSame([await creditFeed.lastFile('YF1001'), await creditFeed.file('YF1001', 1), await creditFeed.fileHead('YF1001', 3), await creditFeed.lastFile('YF2002')], [head, aFile(1), head, null])
      t.strictSame([await creditFeed.files('YF1001', { limit: 2, after: null }), await creditFeed.files('YF1001', { limit: 2, after: 2 })].map((page) => page.map(({ seq }) => seq)), [[1, 2], [3]])
    })
    t.strictSame(refusals(await Promise.allSettled([inTransaction(({ creditFeed }) => creditFeed.addFile(aFile(3, { sha256: 'c'.repeat(64) })))])), ['STORE_WRITE_CONFLICT'])
  })

  t.test('acknowledgements → are kept once each; a file that was accepted no longer waits for its answer', async (t) => {
    const { inTransaction } = await open(t)
    await inTransaction(async ({ creditFeed }) => {
      for (const seq of [1, 2]) await creditFeed.addFile(aFile(seq))
      const ack: FeedAck = { creditor: 'YF1001', seq: 1, level: 'file', recSeq: null, result: 'accepted', code: null, field: null, at }
      const ofRecord: FeedAck = { ...ack, level: 'record', recSeq: 1, result: 'rejected', code: 'FORMAT', field: 'asOf' }
      const waiting = async (): Promise<readonly number[]> => (await creditFeed.unacknowledged(new Date(at.getTime() + 1), 9)).map(({ seq }) => seq)
      t.strictSame([await waiting(), await creditFeed.unacknowledged(at, 9)], [[1, 2], []])
      t.strictSame([await creditFeed.addAck({ ...ack, result: 'rejected', code: 'GAP' }), await waiting(), await creditFeed.addAck(ack), await creditFeed.addAck(ack), await creditFeed.addAck(ofRecord), await waiting()], [true, [1, 2], true, false, true, [2]])
      t.strictSame(await creditFeed.acks('YF1001', 1, { limit: 2, offset: 1 }), [ack, ofRecord])
    })
  })
}
