import { consultationFee, drugs, labTests, registrationFee } from '../../adapters/simulators/hospital/price-list.ts'
import { dispute, giveBack, lastMoment, owed, payUntilDone, pay, sign, soon, terminate, writeOff } from './acts.ts'
import type { HisFile, HisLine, HisVisit, His } from './his.ts'
import type { Person } from './person.ts'
import { noted, plan, slotAfter, type Town } from './town.ts'
import { beijing, daysLong, minutes } from './virtual-time.ts'

interface Course {
  readonly person: Person
  readonly his: His
  readonly visit: HisVisit
  readonly lines: HisLine[]
}

/** One day of a hospital: who comes, and when. */
export function planDay (town: Town, hospital: string, { day, visits }: { readonly day: string, readonly visits: number }): void {
  const { chance, persons } = town
  const own = persons.filter((person) => person.hospital === hospital || person.second?.hospital === hospital)
  const count = Math.max(1, Math.round(visits * (0.5 + chance.next())))
  for (let number = 0; number < count; number += 1) {
    const person = chance.pick(own)
    const startsAt = new Date(beijing(day, '08:00:00').getTime() + minutes(10 * chance.below(42)))
    plan(town, startsAt, () => visit(town, person, hospital))
  }
}

/** Comes in, is registered, signed where wanted, and seen. */
async function visit (town: Town, person: Person, hospital: string): Promise<void> {
  const { clock, chance, counts } = town
  const his = town.hospitals.get(hospital)
  if (his === undefined || person.isBusy || clock.now() >= town.endsAt) return
  person.isBusy = true
  const file = await registered(town, person, his)
  if (person.temper !== 'elsewhere' && person.contractId === null) await sign(town, person)
  const course: Course = {
    person, his, lines: [],
    visit: { number: his.nextId('V'), file, startedAt: clock.now(), isEmergency: chance.happens(0.04), endedAt: null }
  }
  counts.visits += 1
  his.open(course.visit)
  plan(town, soon(town, 20), async () => charge(town, course))
}

/** A record is told once, at each hospital; here and there a second one is made by mistake and found out a week later. */
async function registered (town: Town, person: Person, his: His): Promise<HisFile> {
  const { clock, parties, product } = town
  const stableId = product.parts().stableId
  const isAway = person.hospital !== his.hospital && person.second !== null
  const isDoubled = !isAway && person.double !== null && !person.isMerged && person.registered.has(person.file.mrn) && town.chance.happens(0.3)
  const file = isAway && person.second !== null ? person.second.file : isDoubled && person.double !== null ? person.double : person.file
  const known = `${his.hospital} ${file.mrn}`
  if (person.patientId === '') {
    // The app is bound to the record of the home hospital, which has known the person for long.
    town.hospitals.get(person.hospital)?.register(person.file)
    person.registered.add(person.file.mrn)
    person.patientId = stableId(person.hospital, 'Patient', person.file.mrn)
    await parties.setRegion(person.file.residentId ?? '', person.isInsured)
    parties.setScores(person.file.residentId ?? '', person.scores)
    if (person.guardian !== null) await bindGuardian(town, person, person.guardian)
    await flush(town)
    person.token = await product.token('patient', { personId: person.patientId })
  }
  if (!person.registered.has(known) && file !== person.file) {
    his.register(file)
    await flush(town)
  }
  person.registered.add(known)
  if (isDoubled && person.double !== null) {
    const retired = person.double
    person.isMerged = true
    town.counts.merges += 1
    plan(town, slotAfter(clock.now(), daysLong(6)), async () => his.merge(person.file, retired))
  }
  return file
}

async function bindGuardian (town: Town, ward: Person, guardian: Person): Promise<void> {
  const { product, clock } = town
  const { stableId, store } = product.parts()
  town.hospitals.get(guardian.hospital)?.register(guardian.file)
  guardian.patientId = stableId(guardian.hospital, 'Patient', guardian.file.mrn)
  const at = clock.now()
  await store.inTransaction(({ guardians }) => guardians.save({
    id: `${guardian.patientId}:${ward.patientId}`, guardianPersonId: guardian.patientId, wardPersonId: ward.patientId, relation: 'mother', basis: 'minor', state: 'confirmed',
    wardPhoneKey: null, askedAt: at, confirmedAt: at, endedAt: null, confirmedBy: 'simulation'
  }))
  guardian.token = await product.token('guardian', { personId: guardian.patientId })
}

const priced = [...labTests, ...drugs]

/** What is charged; a drug is asked for at the gate first. Where it may not be given unpaid, the window takes the money. */
async function charge (town: Town, course: Course): Promise<void> {
  const { chance } = town
  const { his, visit, lines } = course
  const isCostly = chance.happens(0.05)
  const items = [registrationFee, consultationFee, ...Array.from({ length: chance.below(4) }, () => chance.pick(priced))]
  for (const { code, name, priceFen } of items) lines.push({ id: his.nextId('T'), kind: 'charge', amountFen: priceFen + chance.below(7), code, text: name })
  if (isCostly) lines.push({ id: his.nextId('T'), kind: 'charge', amountFen: 90_000 + chance.below(100_000), code: 'L900', text: '影像检查' })
  const drug = { id: his.nextId('T'), kind: 'charge', amountFen: 2_000 + chance.below(9_000), code: 'D004', text: '示例护胃胶囊' } as const
  const mayProceed = chance.happens(0.5) ? await released(town, course, drug) : true
  his.book(visit, lines)
  town.counts.lines += lines.length
  plan(town, soon(town, 20), async () => afterCharge(town, course, { drug, mayProceed }))
}

async function released (town: Town, { his, visit, person }: Course, { id, amountFen }: HisLine): Promise<boolean> {
  const { product, counts } = town
  await flush(town)
  const { stableId } = product.parts()
  const asked = noted(town, 'release', await product.call('POST', '/v1/release-checks', town.tokenOf(`hospital ${his.hospital}`), {
    patientId: stableId(his.hospital, 'Patient', visit.file.mrn), visitId: stableId(his.hospital, 'Encounter', visit.number), amountFen, kind: 'drug', reference: id
  }))
  counts.releaseChecks += 1
  if (asked.status !== 200) return true
  if (asked.body.mayProceed !== true && person.temper !== 'elsewhere') counts.notReleased += 1
  return asked.body.mayProceed === true
}

async function afterCharge (town: Town, course: Course, { drug, mayProceed }: { readonly drug: HisLine, readonly mayProceed: boolean }): Promise<void> {
  const { chance, counts } = town
  const { his, visit, lines } = course
  if (mayProceed || chance.happens(0.5)) {
    lines.push(drug)
    his.book(visit, mayProceed ? [drug] : [drug, { id: his.nextId('T'), kind: 'payment', amountFen: drug.amountFen, code: 'CASH', text: '现金' }])
    counts.lines += 1
  }
  const first = lines.at(-2)
  if (chance.happens(0.1) && first !== undefined) cancel(course, first)
  if (chance.happens(0.03)) his.book(visit, [{ id: his.nextId('T'), kind: 'adjustment', amountFen: 0 - 100 - chance.below(300), code: 'J001', text: '价格减免' }])
  plan(town, soon(town, 20), async () => leave(town, course))
}

/** Under the line's own number, or under one of its own that names it. */
function cancel ({ his, visit, lines }: Course, { id, amountFen, code, text }: HisLine): void {
  const isNamed = lines.length % 2 === 0
  his.book(visit, [{ id: isNamed ? his.nextId('T') : id, kind: 'credit', amountFen, code, text, ...isNamed ? { cancels: id } : {} }])
  lines.splice(lines.findIndex((line) => line.id === id), 1)
}

async function leave (town: Town, course: Course): Promise<void> {
  const { chance, clock } = town
  const { his, visit, lines, person } = course
  visit.endedAt = clock.now()
  his.leave(visit)
  person.isBusy = false
  const [first] = lines
  if (chance.happens(0.04)) plan(town, soon(town, 60 * (1 + chance.below(60))), async () => his.book(visit, [{ id: his.nextId('T'), kind: 'charge', amountFen: 500 + chance.below(5_000), code: 'L002', text: '空腹血糖' }]))
  if (chance.happens(0.05) && first !== undefined) plan(town, soon(town, 60 * (1 + chance.below(120))), async () => cancel(course, first))
  plan(town, soon(town, 30), async () => follows(town, course))
}

/** What comes of the debt, by the person's temper. */
async function follows (town: Town, { person, his, visit, lines }: Course): Promise<void> {
  const { clock, chance } = town
  const inDays = (days: number): Date => slotAfter(clock.now(), daysLong(days))
  switch (person.temper) {
    case 'elsewhere':
    case 'at_window': {
      const total = lines.reduce((sum, { amountFen }) => sum + amountFen, 0)
      const share = person.isInsured && person.contractId !== null ? 0.25 : 1
      his.book(visit, [{ id: his.nextId('T'), kind: 'payment', amountFen: Math.max(1, Math.floor(total * share)), code: 'CASH', text: '现金' }])
      if (person.temper === 'at_window') plan(town, inDays(3), () => payUntilDone(town, person))
      return
    }
    case 'at_once': return await payUntilDone(town, person)
    case 'guarded':
    case 'on_day': return plan(town, inDays(chance.below(8)), () => payUntilDone(town, person))
    case 'last_moment': {
      const at = lastMoment((await owed(town, person)).filter(({ closedOn }) => closedOn !== null))
      if (at !== null && at > clock.now()) plan(town, at, () => payUntilDone(town, person))
      else await payUntilDone(town, person)
      return
    }
    case 'late': return plan(town, inDays(9 + chance.below(14)), () => payUntilDone(town, person, 5))
    case 'partial':
      plan(town, inDays(2), async () => { await pay(town, person, 0.4) })
      return plan(town, inDays(11 + chance.below(6)), () => payUntilDone(town, person))
    case 'never':
      if (chance.happens(0.4)) plan(town, inDays(40), () => writeOff(town, person))
      return plan(town, inDays(70 + chance.below(40)), () => payUntilDone(town, person))
    case 'disputes': return plan(town, inDays(chance.below(12)), () => dispute(town, person))
    case 'leaves':
      await payUntilDone(town, person)
      if (chance.happens(0.3)) plan(town, inDays(2), () => giveBack(town, person))
      else plan(town, inDays(3), () => terminate(town, person))
  }
}

/** What the hospitals have on the line comes in. */
export async function flush (town: Town): Promise<void> {
  const messages = [...town.hospitals.values()].flatMap((his) => his.takeSent().map((text) => ({ hospital: his.hospital, text })))
  if (messages.length === 0) return
  await town.product.receive(messages)
  await town.product.settled()
}
