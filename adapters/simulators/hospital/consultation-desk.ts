import { parseMessage, printSegments, type FieldContent, type Hl7Message, type SegmentContent } from '../../hl7v2/index.ts'
import { deskLine, type DeskLine, type DeskOptions } from './desk-line.ts'
import { beijingTime } from './dialect.ts'

/**
 * What the desk does with requests for consultations: with a number (CR-…) that one is told now, by the hospital's own
 * line; without one it is what happens to all that come from now on. repeat tells the last answer of a request again.
 */
export const consultationActs = ['accept', 'refuse', 'pending', 'expire', 'silent', 'repeat'] as const
export type ConsultationAct = typeof consultationActs[number]
type Answering = Exclude<ConsultationAct, 'repeat'>

/** HL7 table 0283. */
const codes: Readonly<Record<Exclude<Answering, 'silent'>, readonly [code: string, words: string]>> = { accept: ['A', 'Accepted'], refuse: ['R', 'Rejected'], pending: ['P', 'Pending'], expire: ['E', 'Expired'] }

interface Request {
  readonly number: string
  readonly filler: string
  /** RF1-6 as it stood in the request. */
  readonly placer: string
  readonly people: readonly SegmentContent[]
  answer: Answering
}

export interface ConsultationDesk {
  /** RRI for REF; null for anything else, and where it only says that the message is there. */
  readonly reply: (text: string) => string | null
  /** Answers whether there is such a request. */
  readonly act: (act: ConsultationAct, key: string | null) => Promise<boolean>
  /** Settles when everything that was to be told is told. */
  readonly settled: () => Promise<void>
}

interface State {
  readonly options: DeskOptions
  readonly line: DeskLine
  readonly requests: Request[]
  ways: Answering
}

/** 远程问诊受理. The side of a HIS that takes requests for consultations: it says yes at once, unless it was told otherwise. */
export function consultationDesk (options: DeskOptions): ConsultationDesk {
  const state: State = { options, line: deskLine(options, 'CONS'), requests: [], ways: 'accept' }
  return {
    reply: (text) => {
      const message = parseMessage(text)
      return message.get('MSH-9.1') === 'REF' ? answerRequest(state, message) : null
    },
    act: async (act, key) => {
      const isDone = key === null ? setWays(state, act) : tells(state, act, key)
      await state.line.settled()
      return isDone
    },
    settled: async () => { await state.line.settled() }
  }
}

function setWays (state: State, act: ConsultationAct): boolean {
  if (act === 'repeat') return false
  state.ways = act
  return true
}

function tells (state: State, act: ConsultationAct, key: string): boolean {
  const request = state.requests.find(({ number, filler }) => number === key || filler === key)
  if (request === undefined) return false
  if (act !== 'repeat') request.answer = act
  if (request.answer !== 'silent') tell(state, request, request.answer)
  return true
}

/** A request that came before, by its number, is answered as it was; another doctor is another question. That it is over needs no answer. */
function answerRequest (state: State, message: Hl7Message): string | null {
  const trigger = message.get('MSH-9.2')
  const number = message.get('RF1-6.1') ?? ''
  const standing = state.requests.find((one) => one.number === number)
  if (trigger === 'I14' || (trigger === 'I13' && message.get('RF1-1.1') !== 'P')) return null
  const request = standing ?? newRequest(state, message, number)
  if (trigger === 'I13') request.answer = state.ways
  if (request.answer === 'silent') return null
  return printSegments([
    state.line.header(['RRI', trigger ?? 'I12', 'RRI_I12']),
    { name: 'MSA', fields: { 1: 'AA', 2: message.get('MSH-10') ?? '' } },
    ...answerOf(request, request.answer)
  ])
}

function newRequest (state: State, message: Hl7Message, number: string): Request {
  const { letter, now } = state.options
  const people = ['PRD', 'PID'].flatMap((name) => message.segmentsNamed(name).map((segment): SegmentContent => {
    const fields = Object.fromEntries((name === 'PRD' ? [1, 2, 7] : [3, 5, 7, 8]).map((place): [number, FieldContent] => [place, { raw: segment.raw(place) }]))
    return { name, fields: name === 'PID' ? { 1: '1', ...fields } : fields }
  }))
  const request: Request = { number, filler: `${letter}Q${beijingTime(now()).slice(2, 8)}${String(state.requests.length + 1).padStart(4, '0')}`, placer: message.segmentsNamed('RF1')[0]?.raw(6) ?? '', people, answer: state.ways }
  state.requests.push(request)
  return request
}

function answerOf ({ placer, filler, people }: Request, answer: Exclude<Answering, 'silent'>): readonly SegmentContent[] {
  const [code, words] = codes[answer]
  return [{ name: 'RF1', fields: { 1: [code, words, 'HL70283'], 6: { raw: placer }, 11: filler } }, ...people]
}

/** One after the other, as they happened. */
function tell (state: State, request: Request, answer: Exclude<Answering, 'silent'>): void {
  state.line.tell([state.line.header(['RRI', 'I12', 'RRI_I12']), { name: 'MSA', fields: { 1: 'AA', 2: state.line.controlId() } }, ...answerOf(request, answer)])
}
