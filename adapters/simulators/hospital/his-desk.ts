import { parseMessage, printSegments, readPersonQuery, type Hl7Message, type SegmentContent } from '../../hl7v2/index.ts'
import { beijingTime, hl7Date } from './dialect.ts'
import type { Person } from './person.ts'

/** What the desk knows of a person, as PID says it. */
interface KnownPerson {
  readonly mrn: string
  readonly residentId: string | null
  readonly family: string
  readonly given: string
  /** YYYYMMDD. */
  readonly birthDate: string
  readonly sex: string
  readonly phone: string
}

interface OpenVisit {
  readonly number: string
  readonly person: KnownPerson
  /** The number that it was registered under elsewhere, echoed in PV1-50. */
  readonly placer: string
  readonly payMode: string
  readonly department: string
  readonly ticket: string
}

export interface HisDeskOptions {
  /** Application, facility and the letter of its numbers. */
  readonly application: string
  readonly facility: string
  readonly letter: string
  readonly knows: readonly Person[]
  /** Business time. */
  readonly now: () => Date
  /** Sends one message to whoever listens to this hospital; settles when it is answered. */
  readonly send: (message: { readonly controlId: string, readonly text: string }) => Promise<unknown>
}

/** What happens to a visit on request, for whoever looks on. */
export const deskActs = ['call', 'see', 'order', 'report', 'prescribe', 'skin_test', 'dispense', 'infuse', 'charge', 'finish'] as const
export type DeskAct = typeof deskActs[number]

export interface HisDesk {
  /** The answer to QBP^Q22; null for what is no query. */
  readonly answer: (text: string) => string | null
  /** What came in over the line: a new file or visit gets a number of this hospital, which it then tells. */
  readonly take: (text: string) => void
  /** Answers whether there is such a visit, by any of its numbers. */
  readonly act: (act: DeskAct, visit: string) => Promise<boolean>
  readonly visits: () => ReadonlyArray<Pick<OpenVisit, 'number' | 'placer' | 'payMode'>>
  /** Settles when everything that was to be told is told. */
  readonly settled: () => Promise<void>
}

interface State {
  readonly options: HisDeskOptions
  readonly persons: KnownPerson[]
  readonly visits: OpenVisit[]
  count: number
  last: Promise<unknown>
}

const residentIdSystem = ['', '2.16.156.10011.1.3', 'ISO'] as const

/** 挂号窗口. The side of a HIS that gives numbers to files and visits that were made elsewhere, and leads the patient on. */
export function hisDesk (options: HisDeskOptions): HisDesk {
  const state: State = { options, persons: options.knows.map(knownFrom), visits: [], count: 0, last: Promise.resolve() }
  return {
    answer: (text) => answerQuery(state, text),
    take: (text) => { take(state, parseMessage(text)) },
    act: async (act, number) => {
      const visit = state.visits.find((one) => one.number === number || one.placer === number)
      if (visit === undefined) return false
      for (const segments of told[act](state, visit)) tell(state, segments)
      await state.last
      return true
    },
    visits: () => state.visits.map(({ number, placer, payMode }) => ({ number, placer, payMode })),
    settled: async () => { await state.last }
  }
}

function knownFrom ({ mrn, residentId, familyName, givenName, birthDate, gender, phone }: Person): KnownPerson {
  return { mrn, residentId, family: familyName, given: givenName, birthDate: hl7Date(birthDate), sex: gender === 'male' ? 'M' : 'F', phone }
}

function answerQuery (state: State, text: string): string | null {
  const query = readPersonQuery(text)
  if (query === null) return null
  const asked = parseMessage(text)
  const value = query.parameters.get('@PID.3.1') ?? ''
  const type = query.parameters.get('@PID.3.5') ?? ''
  const found = state.persons.filter(({ mrn, residentId }) => value !== '' && (type === 'NI' ? residentId === value : mrn === value))
  return printSegments([
    header(state, ['RSP', 'K22', 'RSP_K22']),
    { name: 'MSA', fields: { 1: 'AA', 2: asked.get('MSH-10') ?? '' } },
    { name: 'QAK', fields: { 1: query.tag, 2: found.length === 0 ? 'NF' : 'OK', 3: query.name, 4: String(found.length), 5: String(found.length), 6: '0' } },
    { name: 'QPD', fields: { 1: query.name, 2: query.tag, 3: { repetitions: [...query.parameters].map(([field, said]) => [field, said]) } } },
    ...found.map((person, place) => pid(state, person, place + 1))
  ])
}

function take (state: State, message: Hl7Message): void {
  const type = `${message.get('MSH-9.1') ?? ''}^${message.get('MSH-9.2') ?? ''}`
  if (type === 'ADT^A28') return fileFor(state, message)
  // A visit by video (V) is nobody's at the window: no ticket, no queue.
  if (type === 'ADT^A04' && message.get('PV1-2') !== 'V') return register(state, message)
  if (type === 'ADT^A10') {
    const number = message.get('PV1-19') ?? ''
    const visit = state.visits.find((one) => one.number === number || one.placer === number)
    if (visit !== undefined) tell(state, queue(state, visit, 'W'))
  }
}

/** A person that it has under the same resident id is the same; else a new record number. */
function personOf (state: State, message: Hl7Message): { readonly person: KnownPerson, readonly isNew: boolean } {
  const numbers = [1, 2, 3, 4, 5].map((place) => ({ value: message.get(`PID-3[${place}].1`) ?? '', type: message.get(`PID-3[${place}].5`) ?? '' }))
  const mrn = numbers.find(({ type }) => type === 'MR')?.value
  const residentId = numbers.find(({ type }) => type === 'NI')?.value ?? null
  const standing = state.persons.find((one) => one.mrn === mrn || (residentId !== null && one.residentId === residentId))
  if (standing !== undefined) return { person: standing, isNew: false }
  const person: KnownPerson = {
    mrn: `${state.options.letter}7${String(state.persons.length + 1).padStart(5, '0')}`, residentId, family: message.get('PID-5.1') ?? '', given: message.get('PID-5.2') ?? '',
    birthDate: (message.get('PID-7') ?? '').slice(0, 8), sex: message.get('PID-8') ?? 'U', phone: message.get('PID-13.7') ?? message.get('PID-13.12') ?? message.get('PID-13.1') ?? ''
  }
  state.persons.push(person)
  return { person, isNew: true }
}

function fileFor (state: State, message: Hl7Message): void {
  const { person } = personOf(state, message)
  tell(state, [header(state, ['ADT', 'A28', 'ADT_A05']), evn(state, 'A28'), pid(state, person), { name: 'PV1', fields: { 1: '1', 2: 'N' } }])
}

function register (state: State, message: Hl7Message): void {
  const placer = message.get('PV1-19') ?? ''
  if (placer === '' || state.visits.some((one) => one.placer === placer)) return
  const { person, isNew } = personOf(state, message)
  const serial = String(state.visits.length + 1).padStart(3, '0')
  const visit: OpenVisit = {
    number: `${state.options.letter}V${beijingTime(state.options.now()).slice(2, 8)}7${serial}`, person, placer, payMode: message.get('PV1-20') ?? '',
    department: message.get('PV1-10.2') ?? message.get('PV1-10.1') ?? '', ticket: `A${serial}`
  }
  state.visits.push(visit)
  if (isNew) tell(state, [header(state, ['ADT', 'A28', 'ADT_A05']), evn(state, 'A28'), pid(state, person), { name: 'PV1', fields: { 1: '1', 2: 'N' } }])
  tell(state, [header(state, ['ADT', 'A04', 'ADT_A01']), evn(state, 'A04'), pid(state, person), pv1(state, visit, { 44: time(state), 50: [visit.placer, '', '', 'YIQIAO', 'VN'] })])
}

/** One after the other, as they happened. */
function tell (state: State, segments: readonly SegmentContent[]): void {
  const controlId = `${state.options.letter}DESK${String(state.count += 1).padStart(6, '0')}`
  const [first, ...rest] = segments
  const text = printSegments([...first === undefined ? [] : [{ ...first, fields: { ...first.fields, 10: controlId } }], ...rest])
  state.last = state.last.then(() => state.options.send({ controlId, text })).catch(() => undefined)
}

const time = ({ options }: State): string => `${beijingTime(options.now())}+0800`

function header (state: State, type: readonly [string, string, string]): SegmentContent {
  const { application, facility, letter } = state.options
  return { name: 'MSH', fields: { 3: application, 4: facility, 5: 'YIQIAO', 6: 'YIQIAO', 7: time(state), 9: type, 10: `${letter}RSP${String(state.count += 1).padStart(6, '0')}`, 11: 'P', 12: '2.5.1', 17: 'CHN', 18: 'UNICODE UTF-8' } }
}

const evn = (state: State, trigger: string): SegmentContent => ({ name: 'EVN', fields: { 1: trigger, 2: time(state) } })

function pid ({ options: { application } }: State, { mrn, residentId, family, given, birthDate, sex, phone }: KnownPerson, place = 1): SegmentContent {
  return { name: 'PID', fields: {
    1: String(place),
    3: { repetitions: [[mrn, '', '', application, 'MR'], ...residentId === null ? [] : [[residentId, '', '', residentIdSystem, 'NI']]] },
    5: [family, given, '', '', '', '', 'L'], 7: birthDate, 8: sex, 13: phone === '' ? undefined : ['', 'PRN', 'CP', '', '', '', phone]
  } }
}

function pv1 ({ options: { application } }: State, { number, department, payMode }: OpenVisit, further: SegmentContent['fields'] = {}): SegmentContent {
  return { name: 'PV1', fields: { 1: '1', 2: 'O', 10: ['', department], 19: [number, '', '', application, 'VN'], 20: payMode === '' ? undefined : payMode, ...further } }
}

/** ADT^Z10 with ZQU-5 (docs/mapping.md). */
function queue (state: State, visit: OpenVisit, status: 'W' | 'C' | 'S'): readonly SegmentContent[] {
  const room = status === 'W' ? undefined : ['Q1', '1', '', state.options.facility, '', '', '', '', `${visit.department}1诊室`]
  return [header(state, ['ADT', 'Z10', 'ADT_Z10']), evn(state, 'Z10'), pid(state, visit.person), pv1(state, visit), { name: 'ZQU', fields: { 1: '1', 2: ['Q1', `${visit.department}候诊`], 3: visit.ticket, 4: room, 5: status } }]
}

interface Told { readonly type: readonly [string, string, string], readonly order: string, readonly segments: readonly SegmentContent[] }

function message (state: State, visit: OpenVisit, { type, order, segments }: Told): readonly SegmentContent[] {
  const number = [`${visit.number}${order}`, state.options.application]
  return [header(state, type), pid(state, visit.person), pv1(state, visit), ...segments.map((segment) => segment.name === 'ORC' ? { ...segment, fields: { 2: number, ...segment.fields } } : segment)]
}

const blood = ['CBC', '血常规', 'EASTLAB'] as const
const penicillin = ['PEN', '注射用青霉素钠', 'EASTDRUG'] as const

const told: Readonly<Record<DeskAct, (state: State, visit: OpenVisit) => ReadonlyArray<readonly SegmentContent[]>>> = {
  call: (state, visit) => [queue(state, visit, 'C')],
  see: (state, visit) => [queue(state, visit, 'S')],
  order: (state, visit) => [message(state, visit, { type: ['ORM', 'O01', 'ORM_O01'], order: 'O1', segments: [
    { name: 'ORC', fields: { 1: 'NW', 5: 'IP', 9: time(state) } }, { name: 'OBR', fields: { 1: '1', 2: `${visit.number}O1`, 4: blood } }] })],
  report: (state, visit) => [message(state, visit, { type: ['ORU', 'R01', 'ORU_R01'], order: 'O1', segments: [
    { name: 'ORC', fields: { 1: 'RE', 5: 'CM', 9: time(state) } }, { name: 'OBR', fields: { 1: '1', 2: `${visit.number}O1`, 3: `${visit.number}R1`, 4: blood, 7: time(state), 22: time(state), 24: 'LAB', 25: 'F' } },
    { name: 'OBX', fields: { 1: '1', 2: 'NM', 3: ['WBC', '白细胞', 'EASTLAB'], 5: '6.1', 6: '10*9/L', 11: 'F' } }] })],
  prescribe: (state, visit) => [message(state, visit, { type: ['RDE', 'O11', 'RDE_O11'], order: 'RX1', segments: [
    { name: 'ORC', fields: { 1: 'NW', 9: time(state) } }, { name: 'RXE', fields: { 2: penicillin, 3: '80', 5: ['WU', '万单位'] } }, { name: 'RXR', fields: { 1: ['IV', '静脉滴注', 'HL70162'] } }] })],
  skin_test: (state, visit) => [message(state, visit, { type: ['RAS', 'O17', 'RAS_O17'], order: 'RX2', segments: [
    { name: 'ORC', fields: { 1: 'RE' } }, { name: 'RXA', fields: { 1: '0', 2: '1', 3: time(state), 4: time(state), 5: ['PST', '青霉素皮试', 'EASTDRUG'], 6: '0.1', 7: ['mL', '毫升'], 20: 'CP' } },
    { name: 'RXR', fields: { 1: ['ID', '皮内注射', 'HL70162'] } }, { name: 'OBX', fields: { 1: '1', 2: 'CWE', 3: ['PSTR', '青霉素皮试结果', 'EASTNUR'], 5: ['NEG', '阴性', 'EASTNUR'], 11: 'F' } }] })],
  dispense: (state, visit) => [message(state, visit, { type: ['RDS', 'O13', 'RDS_O13'], order: 'RX1', segments: [
    { name: 'ORC', fields: { 1: 'RE', 5: 'CM' } }, { name: 'RXE', fields: { 2: penicillin, 3: '80', 5: ['WU', '万单位'] } }, { name: 'RXD', fields: { 1: '1', 2: penicillin, 3: time(state), 4: '2', 5: ['AMP', '支'] } },
    { name: 'RXR', fields: { 1: ['IV', '静脉滴注', 'HL70162'] } }] })],
  infuse: (state, visit) => [message(state, visit, { type: ['RAS', 'O17', 'RAS_O17'], order: 'RX1', segments: [
    { name: 'ORC', fields: { 1: 'RE', 5: 'IP' } }, { name: 'RXA', fields: { 1: '0', 2: '1', 3: time(state), 5: penicillin, 6: '250', 7: ['mL', '毫升'] } }, { name: 'RXR', fields: { 1: ['IV', '静脉滴注', 'HL70162'] } }] })],
  charge: (state, visit) => [[header(state, ['DFT', 'P03', 'DFT_P03']), evn(state, 'P03'), pid(state, visit.person), pv1(state, visit), { name: 'FT1', fields: {
    1: '1', 2: `${visit.number}T1`, 4: time(state), 5: time(state), 6: 'CG', 7: ['CONS', '诊察费', 'EASTFEE'], 10: '1', 11: [['50.00', 'CNY']], 12: [['50.00', 'CNY']]
  } }]],
  finish: (state, visit) => [[header(state, ['ADT', 'A03', 'ADT_A03']), evn(state, 'A03'), pid(state, visit.person), pv1(state, visit, { 45: time(state) })]]
}
