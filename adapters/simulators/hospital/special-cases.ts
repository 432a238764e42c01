import { seededChance } from '../random.ts'
import type { BusinessDay } from './business-day.ts'
import type { HisEvent, Transaction, Visit } from './his-event.ts'
import type { FieldContent, SegmentContent } from '../../hl7v2/index.ts'
import { inventedPerson, type Person } from './person.ts'
import { labTests, registrationFee } from './price-list.ts'
import type { Site } from './site.ts'
import { chosenWish, scriptVisit, type Draft } from './visit-script.ts'

export interface SpecialDraft extends Draft {
  /** Sends this draft's message again instead of its own event: under its own control id or a new one. */
  readonly repeats?: { readonly draft: Draft, readonly underNewId: boolean }
  /** When the HIS says it wrote the message, where that was long before it was sent. */
  readonly writtenAt?: Date
  /** Breaks the message on purpose. */
  readonly spoil?: (message: readonly SegmentContent[]) => readonly SegmentContent[]
}

/** What goes wrong in a hospital on any day: `ordinary` are visits of the day, each as its drafts. */
export function scriptSpecialCases (site: Site, day: BusinessDay, ordinary: ReadonlyArray<readonly Draft[]>): readonly SpecialDraft[] {
  const [first = [], second = [], third = [], fourth = []] = ordinary
  return [
    ...cancelledRegistration(site, day),
    ...mergedDuplicate(site, day),
    ...resent(first.find((draft) => draft.kind === 'charged'), 'message_resent'),
    ...resent(second.find((draft) => draft.kind === 'charged'), 'message_resent_under_new_id'),
    ...lateUpdate(third.find((draft) => draft.kind === 'visit_registered')),
    ...brokenCharge(fourth.find((draft) => draft.kind === 'charged'))
  ]
}

function cancelledRegistration (site: Site, day: BusinessDay): readonly Draft[] {
  const person = specialPerson(site, 'cancelled', 60001, 240)
  const [doctor] = site.doctors
  const visit: Visit = { number: `${site.letter}V${day.tag}901`, doctor, startedAt: day.at(95), endedAt: null, isFirst: true }
  const fee: Transaction = {
    id: `${visit.number}T10`, kind: 'charge', cancels: null, at: day.at(96), item: { code: registrationFee.code, name: registrationFee.name }, quantity: 1, unitFen: registrationFee.priceFen
  }
  const credit: Transaction = { ...fee, id: `${visit.number}T40`, kind: 'credit', cancels: fee.id, at: day.at(104) }
  return [
    { at: day.at(95), kind: 'visit_registered', key: visit.number, event: { kind: 'patient', trigger: 'A04', person, visit, photo: null } },
    { at: day.at(96), kind: 'charged', key: fee.id, event: { kind: 'transactions', person, visit, lines: [fee] } },
    { at: day.at(104), kind: 'charge_cancelled', key: credit.id, event: { kind: 'transactions', person, visit, lines: [credit] } },
    { at: day.at(105), kind: 'visit_cancelled', key: visit.number, event: { kind: 'patient', trigger: 'A11', person, visit, photo: null } }
  ]
}

/** Somebody without papers got a second record; half of the visit's charges come before the merge, half after it. */
function mergedDuplicate (site: Site, day: BusinessDay): readonly Draft[] {
  const serial = Number(day.tag.slice(2))
  const person = { ...specialPerson(site, 'merged', 70000 + serial, 241), guardian: null }
  const duplicate: Person = { ...person, mrn: site.mrn(80000 + serial), residentId: null }
  const wish = chosenWish(site, duplicate, { number: `${site.letter}V${day.tag}902`, startedAt: day.at(120) }, seededChance(`${site.hospital} merge ${day.date}`))
  const visit = scriptVisit({ ...wish, lab: labTests[0] ?? null, takesBack: null, paysAtWindow: false })
  const register: HisEvent = { kind: 'patient', trigger: 'A28', person, visit: null, photo: null }
  return [
    { at: day.at(90), kind: 'patient_registered', key: person.mrn, event: register },
    ...visit,
    { at: day.at(170), kind: 'patient_merged', key: person.mrn, event: { kind: 'merge', person, retiredMrn: duplicate.mrn } }
  ]
}

function resent (draft: Draft | undefined, kind: 'message_resent' | 'message_resent_under_new_id'): readonly SpecialDraft[] {
  if (draft === undefined) return []
  return [{ ...draft, at: later(draft.at, 43), kind, repeats: { draft, underNewId: kind === 'message_resent_under_new_id' } }]
}

/** An update from before the registration that lay in some queue for an hour; nothing in it may win. */
function lateUpdate (registration: Draft | undefined): readonly SpecialDraft[] {
  if (registration?.event.kind !== 'patient') return []
  const { person } = registration.event
  const outdated: Person = { ...person, phone: '000-0000-9999', address: { ...person.address, street: '旧地址1号' } }
  return [{
    at: later(registration.at, 55),
    writtenAt: later(registration.at, -60),
    kind: 'late_update',
    key: person.mrn,
    event: { kind: 'patient', trigger: 'A08', person: outdated, visit: null, photo: null }
  }]
}

/** A clerk typed the letter O for a zero. No amount can be read, so nothing may be charged until somebody mends it. */
function brokenCharge (charged: Draft | undefined): readonly SpecialDraft[] {
  if (charged?.event.kind !== 'transactions') return []
  const [line] = charged.event.lines
  if (line === undefined) return []
  const broken: Transaction = { ...line, id: line.id.replace(/T\d+$/, 'T99'), at: later(charged.at, 31), quantity: 1, unitFen: 1850 }
  return [{
    at: broken.at,
    kind: 'broken_message',
    key: broken.id,
    event: { ...charged.event, lines: [broken] },
    spoil: (message) => message.map((part) => part.name === 'FT1' ? { ...part, fields: { ...part.fields, ...spoilt(part.fields) } } : part)
  }]
}

function spoilt (fields: Readonly<Record<number, FieldContent>>): Record<number, FieldContent> {
  const amounts = [11, 12].filter((place) => fields[place] !== undefined)
  return Object.fromEntries(amounts.map((place) => [place, typeof fields[place] === 'string' ? '18.5O' : [['18.5O', 'CNY']]]))
}

const specialPerson = (site: Site, name: string, mrn: number, place: number): Person =>
  inventedPerson(seededChance(`${site.hospital} ${name} ${mrn}`), site.mrn(mrn), site.firstSerial + place - 1)

const later = (instant: Date, minutes: number): Date => new Date(instant.getTime() + minutes * 60_000)
