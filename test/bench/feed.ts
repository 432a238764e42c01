import { createHash, generateKeyPairSync } from 'node:crypto'
import { setImmediate as breathe } from 'node:timers/promises'
import { feedKeysFrom, sealForBureau } from '../../adapters/credit-bureau/index.ts'
import { instantIn } from '../../adapters/http/index.ts'
import { fictitiousResidentId } from '../../adapters/simulators/hospital/resident-id.ts'
import { openStore, type Store, type Stores } from '../../adapters/store/index.ts'
import { buildFiles, type Creditor } from '../../core/credit-feed/index.ts'
import { fen } from '../../core/money.ts'
import { verifyFeed, type Read } from '../fixtures/feed-verifier.ts'
import { aContract, aDueBill, day } from '../fixtures/pay-after-care.ts'
import { milliseconds, usageOf, type BenchRow, type Measured } from './row.ts'

const records = 100_000
const perTransaction = 1_000
const at = new Date('2027-03-09T04:30:00Z')
const moment = { now: at, today: day('2027-03-09') }
const bureaus = [
  { code: 'RSA', what: 'RSA 2048', publicKey: () => generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey },
  { code: 'P256', what: 'P-256', publicKey: () => generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey }
] as const

/** One file of the credit-bureau feed: names and numbers encrypted to the bureau, lines, manifest and signature (acc C-17); then read by code that shares nothing with it. */
export const feedRow: BenchRow = {
  name: 'feed',
  run: async ({ folder, progress }) => {
    const store = await openStore({ dataDir: folder })
    await store.migrate()
    const keys = feedKeysFrom(generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString())
    try {
      await makePersons(store, progress)
      const measured: Measured[] = []
      for (const { code, what, publicKey } of bureaus) {
        await makeRecords(store, code, progress)
        const seal = sealForBureau(publicKey().export({ type: 'spki', format: 'pem' }).toString())
        const deps = { ...store, breathe, ids: { next: () => 'none' }, signer: keys, writeInstant: instantIn('Asia/Shanghai'), hash: (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex'), seal: async (_: string, text: string) => seal(text) }
        const creditor: Creditor = { code, hospitals: ['east'], agreementId: 'bench', bureau: 'bench', recordsPerFile: records, isPushed: false }
        const { wallMs, cpuMs } = await usageOf(async () => { await buildFiles<Stores>(deps, creditor, moment) })
        const { lines, faults } = await verifyFeed(readingOf(store, keys.publicKeys), code)
        measured.push({
          what: `a file of ${lines.length.toLocaleString('en')} records, sealed to ${what}`, value: `${milliseconds(wallMs)}, ${milliseconds(cpuMs)} CPU; ${faults.length} faults found by its reader`,
          against: 'goal 60,000 ms', isMet: wallMs <= 60_000 && faults.length === 0 && lines.length === records
        })
      }
      return measured
    } finally {
      await store.close()
    }
  }
}

async function inPages (store: Store, what: string, progress: (text: string) => void, add: (stores: Stores, index: number) => Promise<void>): Promise<void> {
  for (let start = 0; start < records; start += perTransaction) {
    await store.inTransaction(async (stores) => { for (let index = start; index < start + perTransaction; index += 1) await add(stores, index) })
    if (start % 20_000 === 0) progress(`${start.toLocaleString('en')} of ${records.toLocaleString('en')} ${what}`)
  }
}

async function makePersons (store: Store, progress: (text: string) => void): Promise<void> {
  await inPages(store, 'persons', progress, async ({ patients, contracts, bills }, index) => {
    const patientId = `p${index}`
    await patients.save({
      id: patientId, personId: patientId, hospitalId: 'east', name: 'Musterfrau', birthDate: day('1984-01-02'), gender: 'female', active: true,
      identifiers: [{ system: 'urn:oid:2.16.156.10011.1.3', value: fictitiousResidentId('1984-01-02', index % 400 + 1, 'female'), type: 'NI' }]
    })
    await contracts.save(aContract(`c${index}`, { patientId }))
    await bills.save(aDueBill({ id: `b${index}`, contractId: `c${index}`, visitId: `v${index}`, patientId }))
  })
}

async function makeRecords (store: Store, creditor: string, progress: (text: string) => void): Promise<void> {
  const owedFen = fen(14_830)
  await inPages(store, `records for ${creditor}`, progress, async ({ creditFeed }, index) => {
    const [accountNumber, contractId, episodeId] = [`${creditor}${index}`, `c${index}`, `${creditor}-e${index}`]
    const notice = { sentAt: at, channel: 'sms', proofId: 'receipt', provenAt: at } as const
    await creditFeed.addAccount({ accountNumber, contractId, creditor, openedOn: day('2027-02-01') })
    await creditFeed.saveEpisode({
      id: episodeId, accountNumber, contractId, creditor, episodeNumber: 1, state: 'released', isHeld: false, bills: [], firstDelinquencyOn: day('2027-03-09'), dueOn: day('2027-03-08'), originalAmountFen: owedFen, balanceFen: owedFen,
      overdueFen: owedFen, notice, closedGates: [], preparedOn: day('2027-03-09'), preparedBy: 'job', releasedBy: 'finance2', curedOn: null, statement: null, openedAt: at
    })
    await creditFeed.addRecord({
      id: `${creditor}-r${index}`, creditor, accountNumber, contractId, episodeId, episodeNumber: 1, operation: 'open_episode', asOf: day('2027-03-09'), replaces: null, state: 'waiting', seq: null, recSeq: null, rejectedBecause: null, createdAt: at,
      facts: {
        originalAmountFen: owedFen, balanceFen: owedFen, overdueFen: owedFen, status: 'overdue', curedOn: null, isDisputed: false, statement: null, openedOn: day('2027-02-01'), firstDelinquencyOn: day('2027-03-09'), dueOn: day('2027-03-08'),
        overdueDays: 1, notice, legalBasis: 'bench', consentId: 'consent', billIds: [`b${index}`]
      }
    })
  })
}

function readingOf ({ inReading }: Store, publicKeys: unknown): Read {
  const json = (value: unknown): Uint8Array => Buffer.from(JSON.stringify(value))
  return async (path) => {
    if (path.startsWith('/.well-known')) return json({ keys: publicKeys })
    const [, code = '', after] = /^\/v1\/credit-feed\/(\w+)\/files(?:\?after=(\d+))?/.exec(path) ?? []
    if (after !== undefined) return json({ items: await inReading(({ creditFeed }) => creditFeed.files(code, { limit: 50, after: Number(after) })) })
    const [, seq = '', part = ''] = /files\/(\d+)\/?(\w*)$/.exec(path) ?? []
    const file = await inReading(({ creditFeed }) => creditFeed.file(code, Number(seq)))
    if (file === null) throw new Error(`no file ${seq}`)
    return part === '' ? file.content : part === 'manifest' ? file.manifest : json({ keyId: file.keyId, signature: Buffer.from(file.signature).toString('base64url') })
  }
}
