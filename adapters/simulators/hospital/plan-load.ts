import { seededChance } from '../random.ts'
import { inventedPerson, type Person } from './person.ts'
import { drugs } from './price-list.ts'
import { moneyOf } from './plan-day.ts'
import type { Site } from './site.ts'
import type { Step } from './step.ts'

interface LoadWish {
  readonly seed: number
  readonly messages: number
  /** Per hospital. */
  readonly patients: number
  readonly sites: readonly Site[]
  readonly startsAt: Date
}

/**
 * Nothing but charges, one FT1 a message, ten a business second, hospitals in turn and patients at random. Made one by
 * one, so that a soak of millions needs no memory.
 */
export function * planLoad (wish: LoadWish): Generator<Step, void> {
  const chance = seededChance(`${wish.seed} load`)
  const crowds = wish.sites.map((site) => ({ site, persons: crowdOf(site, wish) }))
  for (let place = 0; place < wish.messages; place++) {
    const crowd = crowds[place % crowds.length]
    if (crowd === undefined) return
    yield charge(crowd.site, chance.pick(crowd.persons), { place, at: new Date(wish.startsAt.getTime() + place * 100), seed: wish.seed, drug: chance.pick(drugs), quantity: 1 + chance.below(4) })
  }
}

/** Persons of a load carry no resident id: thousands of them would soon share one. */
const crowdOf = (site: Site, wish: LoadWish): readonly Person[] => Array.from({ length: wish.patients }, (_, place) =>
  ({ ...inventedPerson(seededChance(`${wish.seed} ${site.hospital} load ${place}`), `${site.letter}L${String(place + 1).padStart(6, '0')}`, place % 500), residentId: null }))

interface LoadCharge {
  readonly place: number
  readonly at: Date
  readonly seed: number
  readonly drug: typeof drugs[number]
  readonly quantity: number
}

function charge (site: Site, person: Person, { place, at, seed, drug, quantity }: LoadCharge): Step {
  const id = `${site.letter}L${seed}-${place + 1}`
  const event = { kind: 'transactions', person, visit: null, lines: [{ id, kind: 'charge', cancels: null, at, item: { code: drug.code, name: drug.name }, quantity, unitFen: drug.priceFen }] } as const
  return { at, hospital: site.hospital, kind: 'charged', key: id, controlId: id, message: site.dialect.write(event, { controlId: id, at }), money: moneyOf(site.hospital, event), fate: 'applied' }
}
