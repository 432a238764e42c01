import type { Chance } from '../../adapters/simulators/random.ts'
import { yuanText, fen } from '../../core/money.ts'
import type { HisStatements } from '../../core/payments/index.ts'
import { seededChance } from '../../adapters/simulators/random.ts'
import { beijing, dayOf, minutes, type VirtualClock } from './virtual-time.ts'

/** A record that a hospital keeps of a person. */
export interface HisFile {
  readonly mrn: string
  readonly residentId: string | null
  readonly name: readonly [family: string, given: string]
  readonly birthDate: string
  readonly gender: 'male' | 'female'
}

export interface HisVisit {
  readonly number: string
  readonly file: HisFile
  readonly startedAt: Date
  readonly isEmergency: boolean
  endedAt: Date | null
}

export interface HisLine {
  readonly id: string
  readonly kind: 'charge' | 'credit' | 'payment' | 'adjustment'
  readonly amountFen: number
  readonly code: string
  readonly text: string
  /** Of a credit: the line that it takes back. */
  readonly cancels?: string
}

export interface His {
  readonly hospital: string
  readonly register: (file: HisFile) => void
  readonly open: (visit: HisVisit) => void
  readonly book: (visit: HisVisit, lines: readonly HisLine[]) => void
  readonly leave: (visit: HisVisit) => void
  readonly merge: (kept: HisFile, retired: HisFile) => void
  /** What is on the line now, in the order in which it arrives: some of it twice, some late, some in another order. */
  readonly takeSent: () => readonly string[]
  readonly statements: HisStatements
  readonly nextId: (letter: string) => string
}

const kinds = { charge: 'CG', credit: 'CD', payment: 'PY', adjustment: 'AJ' } as const
const lateListRate = 0.1

interface Waiting {
  readonly text: string
  readonly arrivesAt: Date
}

/** A hospital's own system: it prints HL7 v2.5.1 and keeps the list of its day, whatever becomes of what it sends. */
export function openHis (hospital: string, clock: VirtualClock, seed: number): His {
  const chance = seededChance(`his:${seed}:${hospital}`)
  const lists = new Map<string, string[]>()
  let waiting: Waiting[] = []
  let count = 0
  const nextId = (letter: string): string => `${letter}${hospital.toUpperCase()}${String(count += 1).padStart(7, '0')}`
  const authority = `${hospital.toUpperCase()}-HIS`
  const send = (event: { readonly type: string, readonly structure: string }, file: HisFile, ...segments: readonly string[]): void => {
    const at = stamp(clock.now())
    const trigger = event.type.slice(4)
    const head = [`MSH|^~\\&|${authority}|${hospital.toUpperCase()}|YIQIAO|${hospital.toUpperCase()}|${at}||${event.type}^${event.structure}|${nextId('C')}|P|2.5.1|||||CHN|UNICODE UTF-8`, `EVN|${trigger}|${at}`]
    const text = `${[...head, pid(file, authority), ...segments].join('\r')}\r`
    waiting = withFaults(waiting, { text, arrivesAt: clock.now() }, chance, event.type)
  }
  return {
    hospital,
    nextId,
    register: (file) => { send({ type: 'ADT^A28', structure: 'ADT_A05' }, file) },
    open: (visit) => { send({ type: 'ADT^A04', structure: 'ADT_A01' }, visit.file, pv1(visit, authority)) },
    leave: (visit) => { send({ type: 'ADT^A03', structure: 'ADT_A03' }, visit.file, pv1(visit, authority)) },
    book: (visit, lines) => {
      for (const line of lines) noteLine(lists, clock.now(), line)
      send({ type: 'DFT^P03', structure: 'DFT_P03' }, visit.file, pv1(visit, authority), ...lines.map((line, place) => ft1(line, place, stamp(clock.now()))))
    },
    merge: (kept, retired) => { send({ type: 'ADT^A40', structure: 'ADT_A39' }, kept, `MRG|${retired.mrn}^^^${authority}^MR`) },
    takeSent: () => {
      const now = clock.now()
      const arrived = waiting.filter(({ arrivesAt }) => arrivesAt <= now)
      waiting = waiting.filter(({ arrivesAt }) => arrivesAt > now)
      return arrived.map(({ text }) => text)
    },
    statements: {
      statement: async (day) => {
        const isLate = seededChance(`list:${seed}:${hospital}:${day}`).happens(lateListRate)
        const madeAt = beijing(day, '00:00:00').getTime() + minutes(24 * 60 + (isLate ? 13 * 60 : 30))
        if (clock.now().getTime() < madeAt) return null
        const lines = lists.get(day) ?? []
        return Buffer.from(['transaction_id,visit_number,kind,amount', ...lines, `#count,${lines.length}`, ''].join('\n'))
      }
    }
  }
}

function noteLine (lists: Map<string, string[]>, at: Date, { id, kind, amountFen }: HisLine): void {
  const day = dayOf(at)
  const list = lists.get(day) ?? []
  lists.set(day, list)
  list.push([id, '', kind, yuanText(fen(amountFen))].join(','))
}

/** 3 % come twice, 3 % overtake the one before, 1 % of what is not a registration is held up for hours. */
function withFaults (waiting: readonly Waiting[], message: Waiting, chance: Chance, type: string): Waiting[] {
  const [twice, overtakes, isHeldUp] = [chance.happens(0.03), chance.happens(0.03), chance.happens(0.01)]
  const late = isHeldUp && !type.startsWith('ADT^A28') ? { ...message, arrivesAt: new Date(message.arrivesAt.getTime() + minutes(60 * (1 + chance.below(30)))) } : message
  const all = overtakes && waiting.length > 0 ? [...waiting.slice(0, -1), late, ...waiting.slice(-1)] : [...waiting, late]
  return twice ? [...all, late] : all
}

/** `YYYYMMDDHHMMSS.mmm+0800`. */
function stamp (at: Date): string {
  const local = new Date(at.getTime() + 28_800_000).toISOString()
  return `${local.slice(0, 19).replaceAll(/[-:T]/g, '')}${local.slice(19, 23)}+0800`
}

function pid ({ mrn, residentId, name, birthDate, gender }: HisFile, authority: string): string {
  const resident = residentId === null ? '' : `~${residentId}^^^&2.16.156.10011.1.3&ISO^NI`
  return `PID|1||${mrn}^^^${authority}^MR${resident}||${name[0]}^${name[1]}^^^^^L||${birthDate.replaceAll('-', '')}|${gender === 'male' ? 'M' : 'F'}`
}

function pv1 ({ number, startedAt, endedAt, isEmergency }: HisVisit, authority: string): string {
  return `PV1|1|${isEmergency ? 'E' : 'O'}|CLINIC^101||||D1001^林^例文|||MED|||||||||${number}^^^${authority}^VN${'|'.repeat(25)}${stamp(startedAt)}|${endedAt === null ? '' : stamp(endedAt)}`
}

function ft1 ({ id, kind, amountFen, code, text, cancels }: HisLine, place: number, at: string): string {
  const amount = yuanText(fen(amountFen))
  return `FT1|${place + 1}|${id}||${at}|${at}|${kinds[kind]}|${code}^${text}^L|||1|${amount}&CNY|${amount}&CNY${cancels === undefined ? '' : `${'|'.repeat(18)}${cancels}`}`
}
