import { seededChance } from '../random.ts'
import { draftAppointment, scriptAppointmentChanges } from './appointment-script.ts'
import { businessDay, type BusinessDay } from './business-day.ts'
import { demoPatients, type DemoPatient } from './demo-persons.ts'
import type { HisEvent } from './his-event.ts'
import type { SegmentContent } from '../../hl7v2/index.ts'
import { inventedPerson, type Person } from './person.ts'
import { drugs, labTests } from './price-list.ts'
import type { Site } from './site.ts'
import { scriptSpecialCases, type SpecialDraft } from './special-cases.ts'
import type { MoneyFact, Step } from './step.ts'
import { chosenWish, scriptVisit, type Draft, type VisitWish } from './visit-script.ts'

interface DayWish {
  readonly seed: number
  /** `YYYY-MM-DD` in Beijing. */
  readonly date: string
  readonly site: Site
  /** Besides the demo persons; at most 200. */
  readonly patients: number
  /** A picture of a person by the record number; without it, or for others, one is drawn that shows no face. */
  readonly pictureOf?: (mrn: string) => Uint8Array | null
}

/**
 * An outpatient day of one hospital, in the order its HIS sends it. The same wish gives the same bytes. Persons depend
 * on the seed alone, so that the same people come again on other days.
 */
export function planDay (wish: DayWish): readonly Step[] {
  return numbered(wish.site, businessDay(wish.date), draftDay(wish))
}

/** The same day as what happens in it, in order, for a HIS that writes no HL7 v2. */
export function draftDay (wish: DayWish): readonly SpecialDraft[] {
  const day = businessDay(wish.date)
  const invented = Array.from({ length: Math.min(wish.patients, 200) }, (_, place) => inventedVisit(wish, day, place))
  const ordinary = invented.map((visit) => scriptVisit(visit))
  const known = demoVisits(wish.site, day).map((visit) => ({ ...visit, picture: wish.pictureOf?.(visit.person.mrn) ?? null }))
  const drafts: readonly SpecialDraft[] = [
    { at: day.at(0), kind: 'doctor_file', key: wish.site.hospital, event: { kind: 'doctor_file', doctors: wish.site.doctors } },
    ...[...known, ...invented].flatMap((visit, place) => bookedFor(wish.site, day, visit, place)),
    ...scriptAppointmentChanges({ site: wish.site, numberOf: (serial) => appointmentNumber(wish.site, day, serial), at: day.at }, absentees(wish)),
    ...known.flatMap((visit) => scriptVisit(visit)),
    ...ordinary.flat(),
    ...scriptSpecialCases(wish.site, day, ordinary)
  ]
  return drafts.map((draft, place) => ({ draft, place }))
    .sort((one, other) => one.draft.at.getTime() - other.draft.at.getTime() || one.place - other.place)
    .map(({ draft }) => draft)
}

function inventedVisit (wish: DayWish, day: BusinessDay, place: number): VisitWish {
  const { site } = wish
  const person = inventedPerson(seededChance(`${wish.seed} ${site.hospital} ${place}`), site.mrn(place + 1), site.firstSerial + place)
  const chance = seededChance(`${wish.seed} ${site.hospital} ${wish.date} ${place}`)
  const startedAt = day.at(30 + chance.below(420))
  return { ...chosenWish(site, person, { number: visitNumber(site, day, place + 1), startedAt }, chance), picture: wish.pictureOf?.(person.mrn) ?? null }
}

/** The persons behind the demo's credentials come early and always do the same. */
function demoVisits (site: Site, day: BusinessDay): readonly VisitWish[] {
  const here = Object.values<DemoPatient>(demoPatients).filter((known) => known.hospital === site.hospital)
  const [lab = null] = labTests
  const bought = [{ item: drugs[0], quantity: 2 }, { item: drugs[3], quantity: 1 }].flatMap(({ item, quantity }) => item === undefined ? [] : [{ item, quantity }])
  return here.map(({ person }, place) => ({
    person,
    number: visitNumber(site, day, 801 + place),
    startedAt: day.at(32 + place * 7),
    doctor: site.doctors[0],
    chance: seededChance(`${site.hospital} ${person.mrn} ${day.date}`),
    lab,
    drugs: bought,
    takesBack: 1,
    reductionFen: 0,
    paysAtWindow: false,
    hasPhoto: true,
    picture: null,
    hasDocument: true
  }))
}

/** The demo persons and every second other one booked ahead; the demo persons also for the same day next week. */
function bookedFor (site: Site, day: BusinessDay, visit: VisitWish, place: number): readonly Draft[] {
  const isKnown = visit.number.slice(-3) >= '800'
  if (!isKnown && place % 2 === 1) return []
  const appointment = { number: appointmentNumber(site, day, place + 1), doctor: visit.doctor, start: visit.startedAt, minutes: 15, reason: '门诊' }
  const booked = draftAppointment('S12', day.at(1 + place / 2), visit.person, appointment)
  if (!isKnown) return [booked]
  const nextWeek = new Date(day.at(120 + place * 15).getTime() + 7 * 86_400_000)
  const followUp = { ...appointment, number: appointmentNumber(site, day, 700 + place), start: nextWeek, reason: '复诊' }
  return [booked, draftAppointment('S12', new Date(visit.startedAt.getTime() + 95 * 60_000), visit.person, followUp)]
}

const absentees = (wish: DayWish): readonly Person[] => Array.from({ length: 4 }, (_, place) =>
  inventedPerson(seededChance(`${wish.seed} ${wish.site.hospital} absent ${place}`), wish.site.mrn(60010 + place), wish.site.firstSerial + 242 - place * 2 - 6))

const visitNumber = (site: Site, day: BusinessDay, serial: number): string => `${site.letter}V${day.tag}${String(serial).padStart(3, '0')}`
const appointmentNumber = (site: Site, day: BusinessDay, serial: number): string => `${site.letter}A${day.tag}${String(serial).padStart(3, '0')}`

/** Control ids follow the order of sending, as a HIS counts. */
function numbered (site: Site, day: BusinessDay, drafts: readonly SpecialDraft[]): readonly Step[] {
  const written = new Map<Draft, { readonly controlId: string, readonly message: readonly SegmentContent[] }>()
  return drafts.map((draft, place): Step => {
    const again = draft.repeats?.underNewId === false ? written.get(draft.repeats.draft) : undefined
    const sent = again ?? writeDraft(site, draft, `${site.letter}${day.tag}${String(place + 1).padStart(5, '0')}`)
    written.set(draft, sent)
    return {
      at: draft.at, hospital: site.hospital, kind: draft.kind, key: draft.key, ...sent,
      money: draft.spoil === undefined ? moneyOf(site.hospital, draft.event) : [],
      fate: draft.spoil === undefined ? 'applied' : 'dead'
    }
  })
}

function writeDraft (site: Site, draft: SpecialDraft, controlId: string): { readonly controlId: string, readonly message: readonly SegmentContent[] } {
  const message = site.dialect.write(draft.event, { controlId, at: draft.writtenAt ?? draft.at })
  return { controlId, message: draft.spoil === undefined ? message : draft.spoil(message) }
}

export function moneyOf (hospital: string, event: HisEvent): readonly MoneyFact[] {
  if (event.kind !== 'transactions') return []
  return event.lines.map((line) => ({
    hospital, mrn: event.person.mrn, transactionId: line.id, kind: line.kind, cancels: line.cancels, amountFen: line.quantity * line.unitFen
  }))
}
