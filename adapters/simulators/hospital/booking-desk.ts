import { parseMessage, printSegments, type FieldContent, type Hl7Message, type SegmentContent } from '../../hl7v2/index.ts'
import { deskLine, type DeskLine, type DeskOptions } from './desk-line.ts'
import { beijingTime } from './dialect.ts'

/** What the booking office does on request: with an appointment, by any of its numbers; with a shift, by the roster's number; with all, by none. */
export const bookingActs = ['cancel_appointment', 'miss_appointment', 'close_shift', 'open_shift', 'refuse_changes', 'take_changes', 'hold_notices', 'tell_notices'] as const
export type BookingAct = typeof bookingActs[number]

interface Booking {
  readonly filler: string
  /** As they stood in the request. */
  readonly placer: string
  readonly person: SegmentContent
  readonly resources: readonly SegmentContent[]
  shift: string
  start: string
  end: string
  status: 'Booked' | 'Cancelled' | 'Noshow'
}

export interface BookingDesk {
  /** SRR for SRM, SQR for SQM; null for anything else. The same request again gets the same booking. */
  readonly reply: (text: string) => string | null
  /** Answers whether there is such an appointment or shift. */
  readonly act: (act: BookingAct, key: string) => Promise<boolean>
  readonly bookings: () => ReadonlyArray<Pick<Booking, 'filler' | 'shift' | 'status' | 'start'>>
  /** Settles when everything that was to be told is told. */
  readonly settled: () => Promise<void>
}

interface State {
  readonly options: DeskOptions
  readonly line: DeskLine
  readonly bookings: Booking[]
  readonly closedShifts: Set<string>
  takesChanges: boolean
  /** Whether it tells of what it booked. */
  tells: boolean
}

/** 预约中心. The side of a HIS that gives its seats away: it answers requests, tells of what it booked, and answers when asked. */
export function bookingDesk (options: DeskOptions): BookingDesk {
  const state: State = { options, line: deskLine(options, 'BOOK'), bookings: [], closedShifts: new Set(), takesChanges: true, tells: true }
  return {
    reply: (text) => {
      const message = parseMessage(text)
      const type = message.get('MSH-9.1')
      return type === 'SRM' ? answerRequest(state, message) : type === 'SQM' ? answerQuery(state, message) : null
    },
    act: async (act, key) => {
      const isDone = acts[act](state, key)
      await state.line.settled()
      return isDone
    },
    bookings: () => state.bookings.map(({ filler, shift, status, start }) => ({ filler, shift, status, start })),
    settled: async () => { await state.line.settled() }
  }
}

const acts: Readonly<Record<BookingAct, (state: State, key: string) => boolean>> = {
  cancel_appointment: (state, key) => ends(state, key, { status: 'Cancelled', trigger: 'S15' }),
  miss_appointment: (state, key) => ends(state, key, { status: 'Noshow', trigger: 'S26' }),
  close_shift: ({ closedShifts }, key) => { closedShifts.add(key); return true },
  open_shift: ({ closedShifts }, key) => closedShifts.delete(key),
  refuse_changes: (state) => { state.takesChanges = false; return true },
  take_changes: (state) => { state.takesChanges = true; return true },
  hold_notices: (state) => { state.tells = false; return true },
  tell_notices: (state) => { state.tells = true; return true }
}

function ends (state: State, key: string, { status, trigger }: { readonly status: Booking['status'], readonly trigger: string }): boolean {
  const booking = state.bookings.find(({ filler, placer }) => filler === key || placer.split('^')[0] === key)
  if (booking === undefined) return false
  booking.status = status
  tell(state, booking, trigger)
  return true
}

function answerRequest (state: State, message: Hl7Message): string {
  const trigger = message.get('MSH-9.2') ?? ''
  const outcome = trigger === 'S01' ? take(state, message) : change(state, message, trigger)
  const { booking, refusal } = outcome
  const isNews = refusal === null && !outcome.isKnown
  if (booking !== null && isNews) tell(state, booking, { S01: 'S12', S02: 'S13', S03: 'S14', S04: 'S15' }[trigger] ?? 'S14')
  return printSegments([
    state.line.header(['SRR', trigger, 'SRR_S01']),
    { name: 'MSA', fields: { 1: refusal === null ? 'AA' : 'AE', 2: message.get('MSH-10') ?? '', 3: refusal ?? undefined } },
    ...refusal === null ? [] : [{ name: 'ERR', fields: { 3: ['207', '', 'HL70357'], 4: 'E', 8: refusal } }],
    ...booking === null ? [{ name: 'SCH', fields: { 1: { raw: rawOf(message, 1) } } }, personOf(message)] : scheduleOf(booking)
  ])
}

interface Outcome { readonly booking: Booking | null, readonly refusal: string | null, readonly isKnown: boolean }

/** A request that came before, by its number, is the booking that it became. */
function take (state: State, message: Hl7Message): Outcome {
  const placer = rawOf(message, 1)
  const standing = state.bookings.find((one) => one.placer === placer)
  if (standing !== undefined) return { booking: standing, refusal: null, isKnown: true }
  const shift = message.get('ARQ-5.1') ?? ''
  if (state.closedShifts.has(shift)) return { booking: null, refusal: '号源已满', isKnown: false }
  const { letter, now } = state.options
  const booking: Booking = {
    filler: `${letter}B${beijingTime(now()).slice(2, 8)}${String(state.bookings.length + 1).padStart(4, '0')}`, placer, person: personOf(message),
    resources: ['RGS', 'AIS', 'AIP'].flatMap((name) => message.segmentsNamed(name).map((segment): SegmentContent => ({ name, fields: Object.fromEntries([1, 3, 4].map((place) => [place, { raw: segment.raw(place) }])) }))),
    shift, start: message.get('ARQ-11.1') ?? '', end: message.get('ARQ-11.2') ?? '', status: 'Booked'
  }
  state.bookings.push(booking)
  return { booking, refusal: null, isKnown: false }
}

function change (state: State, message: Hl7Message, trigger: string): Outcome {
  const booking = found(state, message)
  if (booking?.status !== 'Booked') return { booking, refusal: '无此预约', isKnown: false }
  if (!state.takesChanges) return { booking, refusal: '已过变更时间', isKnown: false }
  if (trigger === 'S04') booking.status = 'Cancelled'
  else {
    booking.shift = message.get('ARQ-5.1') ?? booking.shift
    booking.start = message.get('ARQ-11.1') ?? booking.start
    booking.end = message.get('ARQ-11.2') ?? booking.end
  }
  return { booking, refusal: null, isKnown: false }
}

function answerQuery (state: State, message: Hl7Message): string {
  const booking = found(state, message)
  return printSegments([
    state.line.header(['SQR', 'S25', 'SQR_S25']),
    { name: 'MSA', fields: { 1: 'AA', 2: message.get('MSH-10') ?? '' } },
    { name: 'QAK', fields: { 1: message.get('QRD-4') ?? '', 2: booking === null ? 'NF' : 'OK' } },
    ...booking === null ? [] : scheduleOf(booking)
  ])
}

function found ({ bookings }: State, message: Hl7Message): Booking | null {
  const placer = rawOf(message, 1)
  const filler = message.get('ARQ-2.1')
  return bookings.find((one) => one.placer === placer || one.filler === filler) ?? null
}

const rawOf = (message: Hl7Message, field: number): string => message.segmentsNamed('ARQ')[0]?.raw(field) ?? ''

function personOf (message: Hl7Message): SegmentContent {
  const [pid] = message.segmentsNamed('PID')
  const fields = Object.fromEntries([3, 5, 7, 8].map((place): [number, FieldContent] => [place, { raw: pid?.raw(place) ?? '' }]))
  return { name: 'PID', fields: { 1: '1', ...fields } }
}

function scheduleOf ({ filler, placer, shift, start, end, status, person, resources }: Booking): readonly SegmentContent[] {
  return [{ name: 'SCH', fields: { 1: { raw: placer }, 2: filler, 5: shift, 11: ['', '', '', start, end], 25: status } }, person, ...resources]
}

/** One after the other, as they happened. */
function tell (state: State, booking: Booking, trigger: string): void {
  if (!state.tells) return
  state.line.tell([state.line.header(['SIU', trigger, 'SIU_S12']), ...scheduleOf(booking)])
}
