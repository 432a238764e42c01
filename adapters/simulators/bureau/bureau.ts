import type { KeyObject } from 'node:crypto'
import type { Clock } from '../../../core/clock.ts'
import { strikingFaults, type Fault, type Striking } from '../fault.ts'
import { openJournal, type JournalItem } from '../journal.ts'
import { accountBook, type AccountBook, type BookedEpisode, type Verdict } from './account-book.ts'
import { checkFile, linesOf, publishedKeys, sha256, type FileVerdict, type ReceivedFile } from './check-file.ts'

/**
 * reject: a record is refused though nothing is wrong with it. lost_ack: an answer does not arrive and is sent again next
 * time. corrupted: a byte is wrong on the way in. gap: a file is overlooked. down: the bureau does not come at all.
 */
export type BureauFaultKind = 'reject' | 'lost_ack' | 'corrupted' | 'gap' | 'down'

export interface BureauOptions {
  readonly creditor: string
  /** What the identifying fields are encrypted to. */
  readonly privateKey: KeyObject
  readonly clock: Clock
  /** Gets from, and posts to, the reporting side with the bureau's own credential. Null: it cannot be reached. */
  readonly ask: (request: { readonly method: 'GET' | 'POST', readonly path: string, readonly body?: unknown }) => Promise<{ readonly status: number, readonly bytes: Uint8Array } | null>
}

export interface SimulatedBureau {
  /** Fetches what is new and answers it; answers how many files were accepted. */
  readonly pull: () => Promise<number>
  /** The same file again, as after a loss of its own. */
  readonly fetchAgain: (seq: number) => Promise<FileVerdict>
  /** A file that was brought. */
  readonly receive: (file: ReceivedFile) => Promise<FileVerdict>
  readonly answer: () => Promise<number>
  readonly episodes: () => readonly BookedEpisode[]
  readonly lastSeq: () => number
  readonly waitingAcks: () => number
  readonly items: (since: Date | null) => readonly JournalItem[]
  readonly setFaults: (faults: ReadonlyArray<Fault<BureauFaultKind>>) => void
  readonly setUp: (isUp: boolean) => void
  /** Refuses the next so many records. */
  readonly rejectNext: (count: number) => void
}

const keptItems = 10_000
const filesAtATime = 50
const recordsInAnAck = 2_000

interface State {
  readonly options: BureauOptions
  readonly journal: ReturnType<typeof openJournal>
  readonly book: AccountBook
  readonly hashes: Map<number, string>
  readonly verdicts: Map<number, readonly Verdict[]>
  readonly acks: Array<{ readonly seq: number, readonly body: Readonly<Record<string, unknown>> }>
  keys: ReadonlyMap<string, KeyObject>
  seq: number
  manifestHash: string | null
  strikes: Record<BureauFaultKind, Striking<BureauFaultKind>>
  isUp: boolean
  rejecting: number
}

const nothingStrikes = (): State['strikes'] => ({ reject: () => null, lost_ack: () => null, corrupted: () => null, gap: () => null, down: () => null })

/** 征信机构. Takes files as a licensed bureau would: it trusts nothing it has not verified, and answers at three levels. */
export function simulatedBureau (options: BureauOptions): SimulatedBureau {
  const state: State = {
    options, journal: openJournal(keptItems), book: accountBook(options.privateKey), hashes: new Map(), verdicts: new Map(), acks: [], keys: new Map(), seq: 0, manifestHash: null,
    strikes: nothingStrikes(), isUp: true, rejecting: 0
  }
  return {
    pull: () => pull(state),
    fetchAgain: async (seq) => {
      const file = await fetched(state, seq)
      return file === null ? { kind: 'rejected', code: 'GAP' } : await take(state, file)
    },
    receive: (file) => take(state, file),
    answer: () => sendAcks(state),
    episodes: state.book.episodes,
    lastSeq: () => state.seq,
    waitingAcks: () => state.acks.length,
    items: state.journal.since,
    setFaults: (faults) => {
      state.strikes = nothingStrikes()
      for (const kind of Object.keys(state.strikes) as BureauFaultKind[]) state.strikes[kind] = strikingFaults(faults.filter((fault) => fault.kind === kind))
    },
    setUp: (isUp) => { state.isUp = isUp },
    rejectNext: (count) => { state.rejecting = count }
  }
}

async function pull (state: State): Promise<number> {
  if (!state.isUp || state.strikes.down() !== null) return 0
  await sendAcks(state)
  let accepted = 0
  for (;;) {
    const listed = await getJson(state, `/v1/credit-feed/${state.options.creditor}/files?after=${state.seq}&limit=${filesAtATime}`) as { readonly items: ReadonlyArray<{ readonly seq: number }> } | null
    const [next, other] = listed?.items ?? []
    if (next === undefined) break
    const isOverlooked = other !== undefined && state.strikes.gap() !== null
    const file = await fetched(state, isOverlooked ? other.seq : next.seq)
    const verdict = file === null ? null : await take(state, file)
    if (verdict?.kind !== 'accepted') break
    accepted += 1
  }
  await sendAcks(state)
  return accepted
}

async function fetched (state: State, seq: number): Promise<ReceivedFile | null> {
  const { ask, creditor } = state.options
  const base = `/v1/credit-feed/${creditor}/files/${seq}`
  const [content, manifest, signature] = await Promise.all([base, `${base}/manifest`, `${base}/signature`].map((path) => ask({ method: 'GET', path })))
  if (content?.status !== 200 || manifest?.status !== 200 || signature?.status !== 200) return null
  const { keyId, signature: text } = JSON.parse(Buffer.from(signature.bytes).toString('utf8')) as { readonly keyId: string, readonly signature: string }
  if (!state.keys.has(keyId)) await learnKeys(state)
  const bytes = new Uint8Array(content.bytes)
  if (state.strikes.corrupted() !== null && bytes.length > 0) bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1
  return { creditor, seq, content: bytes, manifest: manifest.bytes, signature: Buffer.from(text, 'base64url'), keyId }
}

async function learnKeys (state: State): Promise<void> {
  const found = await getJson(state, '/.well-known/yiqiao-keys.json') as { readonly keys: ReadonlyArray<Readonly<Record<string, string>>> } | null
  if (found !== null) state.keys = publishedKeys(found.keys)
}

async function getJson ({ options }: State, path: string): Promise<unknown> {
  const answer = await options.ask({ method: 'GET', path })
  return answer?.status === 200 ? JSON.parse(Buffer.from(answer.bytes).toString('utf8')) : null
}

async function take (state: State, file: ReceivedFile): Promise<FileVerdict> {
  if (!state.keys.has(file.keyId)) await learnKeys(state)
  const verdict = checkFile(file, state.keys, { seq: state.seq, manifestHash: state.manifestHash, hashes: state.hashes })
  note(state, 'file', file.seq, verdict)
  state.acks.push({ seq: file.seq, body: { level: 'transport', result: 'accepted' } })
  if (verdict.kind === 'rejected') {
    state.acks.push({ seq: file.seq, body: { level: 'file', result: 'rejected', code: verdict.code } })
    return verdict
  }
  if (verdict.kind === 'accepted') await bookFile(state, file)
  answerFile(state, file.seq)
  return verdict
}

async function bookFile (state: State, file: ReceivedFile): Promise<void> {
  const verdicts: Verdict[] = []
  for (const [place, line] of linesOf(file.content).entries()) {
    const isRefused = state.strikes.reject() !== null || state.rejecting > 0
    state.rejecting = Math.max(0, state.rejecting - 1)
    verdicts.push(await state.book.take(line, place + 1, isRefused))
  }
  state.seq = file.seq
  state.manifestHash = sha256(file.manifest)
  state.hashes.set(file.seq, sha256(file.content))
  state.verdicts.set(file.seq, verdicts)
}

/** Same number, same bytes, same answer. */
function answerFile (state: State, seq: number): void {
  const verdicts = state.verdicts.get(seq) ?? []
  state.acks.push({ seq, body: { level: 'file', result: 'accepted' } })
  for (let from = 0; from < verdicts.length; from += recordsInAnAck) {
    state.acks.push({ seq, body: { level: 'record', result: 'accepted', records: verdicts.slice(from, from + recordsInAnAck) } })
  }
}

/** Sends what waits; what is lost or not taken waits for the next time. */
async function sendAcks (state: State): Promise<number> {
  const { ask, creditor } = state.options
  let sent = 0
  for (const ack of state.acks.splice(0)) {
    const answer = state.strikes.lost_ack() !== null ? null : await ask({ method: 'POST', path: `/v1/credit-feed/${creditor}/files/${ack.seq}/acks`, body: ack.body })
    const isTaken = answer !== null && answer.status >= 200 && answer.status < 300
    note(state, 'ack', ack.seq, { ...ack.body, isTaken })
    if (isTaken) sent += 1
    else state.acks.push(ack)
  }
  return sent
}

function note ({ journal, options }: State, kind: string, seq: number, body: Readonly<Record<string, unknown>>): void {
  journal.note({ at: options.clock.now(), kind, key: `${options.creditor}/${seq}`, body })
}
