import type { Chance } from '../random.ts'
import { drawnPhoto } from './drawn-photo.ts'
import type { Doctor, HisEvent, Observation, Order, Transaction, Visit } from './his-event.ts'
import type { Person } from './person.ts'
import { consultationFee, drugs, labTests, priceAdjustment, registrationFee, windowPayment, type LabTest, type PricedItem } from './price-list.ts'
import type { Site } from './site.ts'
import type { StepKind } from './step.ts'

/** A message to be: when, what and why, before it has a control id. */
export interface Draft {
  readonly at: Date
  readonly kind: StepKind
  readonly key: string
  readonly event: HisEvent
}

/** What one visit is to hold; `chance` fills what is left open. */
export interface VisitWish {
  readonly person: Person
  readonly number: string
  readonly startedAt: Date
  readonly doctor: Doctor
  readonly chance: Chance
  readonly lab: LabTest | null
  readonly drugs: ReadonlyArray<{ readonly item: PricedItem, readonly quantity: number }>
  /** Place of the drug that is taken back. */
  readonly takesBack: number | null
  readonly reductionFen: number
  readonly paysAtWindow: boolean
  readonly hasPhoto: boolean
  /** Null: one is drawn. */
  readonly picture: Uint8Array | null
  readonly hasDocument: boolean
}

export function chosenWish (site: Site, person: Person, visit: { readonly number: string, readonly startedAt: Date }, chance: Chance): VisitWish {
  const bought = Array.from({ length: 1 + chance.below(3) }, () => ({ item: chance.pick(drugs), quantity: 1 + chance.below(3) }))
  return {
    person,
    ...visit,
    doctor: chance.pick(site.doctors),
    chance,
    lab: chance.happens(0.8) ? chance.pick(labTests) : null,
    drugs: bought,
    takesBack: chance.happens(0.25) ? 0 : null,
    reductionFen: chance.happens(0.1) ? 500 : 0,
    paysAtWindow: chance.happens(0.35),
    hasPhoto: chance.happens(0.6),
    picture: null,
    hasDocument: chance.happens(0.5)
  }
}

/** One outpatient visit from the registration desk to the door, in about an hour and a half. */
export function scriptVisit (wish: VisitWish): readonly Draft[] {
  const { person, number, chance } = wish
  const visit: Visit = { number, doctor: wish.doctor, startedAt: wish.startedAt, endedAt: null, isFirst: chance.happens(0.4) }
  const second = chance.below(60)
  const at = (minute: number): Date => new Date(wish.startedAt.getTime() + (minute * 60 + second) * 1000)
  const patient = (trigger: 'A03' | 'A04' | 'A08', details: { readonly visit?: Visit, readonly photo?: Uint8Array }): HisEvent =>
    ({ kind: 'patient', trigger, person, visit: details.visit ?? visit, photo: details.photo ?? null })
  const isNew = chance.happens(0.15)
  return [
    ...(isNew ? [{ at: at(-4), kind: 'patient_registered' as const, key: person.mrn, event: { kind: 'patient' as const, trigger: 'A28' as const, person, visit: null, photo: null } }] : []),
    { at: at(0), kind: 'visit_registered', key: number, event: patient('A04', {}) },
    ...(wish.hasPhoto ? [{ at: at(2), kind: 'photo_taken' as const, key: person.mrn, event: patient('A08', { photo: wish.picture ?? drawnPhoto(chance) }) }] : []),
    { at: at(10), kind: 'check_in', key: number, event: patient('A08', {}) },
    ...scriptLab(wish, visit, at),
    ...scriptCharges(wish, visit, at),
    ...(wish.hasDocument ? [{ at: at(75), kind: 'document_written' as const, key: `${number}D`, event: {
      kind: 'document' as const, person, visit, document: { number: `${number}D`, doctor: visit.doctor, lines: ['主诉：虚构症状三天。', '处理：对症，随访 & 多饮水 | 休息。'] }
    } }] : []),
    { at: at(100), kind: 'visit_closed', key: number, event: patient('A03', { visit: { ...visit, endedAt: at(100) } }) }
  ]
}

function scriptLab (wish: VisitWish, visit: Visit, at: (minute: number) => Date): readonly Draft[] {
  const { lab, person, number, chance } = wish
  if (lab === null) return []
  const order: Order = { number: `${number}O`, service: { code: lab.code, name: lab.name }, doctor: visit.doctor }
  const observations = lab.observations.map((wanted): Observation => {
    const value = wanted.low + (chance.next() * 1.4 - 0.2) * (wanted.high - wanted.low)
    const flag = value < wanted.low ? 'L' : value > wanted.high ? 'H' : 'N'
    return { item: wanted.item, flag, value: { number: value.toFixed(wanted.decimals), unit: wanted.unit, range: `${wanted.low}-${wanted.high}` } }
  })
  const remark: Observation = { item: { code: 'RMK', name: '备注' }, value: '标本无溶血', flag: 'N' }
  return [
    { at: at(25), kind: 'order_placed', key: order.number, event: { kind: 'order', person, visit, order } },
    { at: at(60), kind: 'result_reported', key: `${number}R`, event: { kind: 'result', person, visit, order, result: { number: `${number}R`, observations: [...observations, remark] } } }
  ]
}

function scriptCharges (wish: VisitWish, visit: Visit, at: (minute: number) => Date): readonly Draft[] {
  const { person, number, lab } = wish
  const line = (serial: string, minute: number, priced: PricedItem, quantity = 1): Transaction =>
    ({ id: `${number}T${serial}`, kind: 'charge', cancels: null, at: at(minute), item: { code: priced.code, name: priced.name }, quantity, unitFen: priced.priceFen })
  const bill = (minute: number, kind: StepKind, lines: readonly Transaction[]): Draft =>
    ({ at: at(minute), kind, key: lines[0]?.id ?? number, event: { kind: 'transactions', person, visit, lines } })
  const bought = wish.drugs.map(({ item, quantity }, place) => line(`3${place}`, 80, item, quantity))
  const returned = wish.takesBack === null ? undefined : bought[wish.takesBack]
  const charges = [line('10', 1, registrationFee), line('20', 26, consultationFee), ...(lab === null ? [] : [line('21', 26, lab)]), ...bought]
  const owedFen = sumFen(charges) - (returned === undefined ? 0 : sumFen([returned])) - wish.reductionFen
  return [
    bill(1, 'charged', charges.slice(0, 1)),
    bill(26, 'charged', charges.slice(1, lab === null ? 2 : 3)),
    ...(bought.length > 0 ? [bill(80, 'charged', bought)] : []),
    ...(returned === undefined ? [] : [bill(85, 'charge_cancelled', [{ ...returned, id: `${number}T40`, kind: 'credit', cancels: returned.id, at: at(85) }])]),
    ...(wish.reductionFen === 0 ? [] : [bill(88, 'charge_adjusted', [{ id: `${number}T50`, kind: 'adjustment', cancels: null, at: at(88), item: priceAdjustment, quantity: 1, unitFen: -wish.reductionFen }])]),
    ...(wish.paysAtWindow ? [bill(92, 'window_payment', [{ id: `${number}T60`, kind: 'payment', cancels: null, at: at(92), item: windowPayment, quantity: 1, unitFen: owedFen }])] : [])
  ]
}

const sumFen = (lines: readonly Transaction[]): number => lines.reduce((sum, line) => sum + line.quantity * line.unitFen, 0)
