import assert from 'node:assert'
import { createHash } from 'node:crypto'
import fc from 'fast-check'
import t from 'tap'
import type { Stores } from '../../../adapters/store/index.ts'
import { takeIn } from '../../../core/intake/index.ts'
import { owedByPerson, trialBalance } from '../../../core/ledger/index.ts'
import type { RecordChange } from '../../../core/records/index.ts'
import { findVisit } from '../../../core/visits/index.ts'
import { freshStore } from '../../fixtures/store.ts'
import { aCharge, aChange, aCredit, aPatient, aPayment, at, aVisit, clockTime, depsOf } from './hospital-day.ts'

const store = await freshStore(t)

/** Runs against empty stores and leaves them empty. */
async function rehearse <Result> (work: (stores: Stores) => Promise<Result>): Promise<Result> {
  let result: { readonly value: Result } | null = null
  await store.inTransaction(async (stores) => {
    result = { value: await work(stores) }
    throw new Error('rehearsed')
  }).catch((error: unknown) => {
    if (!(error instanceof Error) || error.message !== 'rehearsed') throw error
  })
  return (result as unknown as { readonly value: Result }).value
}

type Message = readonly RecordChange[]

/** PID and PV1 of a message that is about something else. */
const passing = (patientId: string, time: string): Message => [
  aPatient(patientId, { name: [{ text: `Name of ${patientId} at ${time}` }] }, { asOf: clockTime(time) }),
  aVisit('V', patientId, { status: 'unknown' }, { asOf: clockTime(time), weak: true })
]
const link = (type: string, patientId: string): unknown => ({ type, other: { reference: `Patient/${patientId}` } })

/** One day of patient A, whom the hospital at last finds to be B; what B owes is 30 + 25 − 5 − 20 yuan. */
const day: readonly Message[] = [
  [aPatient('A', { name: [{ text: 'Ann' }], birthDate: '1990-01-02', gender: 'female' }, { asOf: clockTime('08:00') }), aVisit('V', 'A', { status: 'arrived' }, { asOf: clockTime('08:00') })],
  [aPatient('A', { name: [{ text: 'Anna' }] }, { asOf: clockTime('08:10'), removed: ['gender'] }), aVisit('V', 'A', { status: 'arrived', serviceType: { text: 'Eyes' } }, { asOf: clockTime('08:10') })],
  [...passing('A', '08:20'), aChange({ resourceType: 'ServiceRequest', id: 'O', status: 'active', intent: 'order', subject: { reference: 'Patient/A' } }, { asOf: clockTime('08:20') })],
  [...passing('A', '08:30'), aCharge('C1', 'A', { fen: 3000 }, { asOf: clockTime('08:30') }), aCharge('C2', 'A', { fen: 1250 }, { asOf: clockTime('08:30') })],
  [...passing('A', '08:40'), aCredit('C2', 'A', { fen: 1250 }, { asOf: clockTime('08:40') })],
  [...passing('A', '08:50'), aCharge('J1', 'A', { fen: -500, kind: 'adjustment' }, { asOf: clockTime('08:50') })],
  [...passing('A', '09:00'), aPayment('P1', 'A', { fen: 2000 }, { asOf: clockTime('09:00') })],
  [aPatient('B', { name: [{ text: 'Anna' }] }, { asOf: clockTime('07:00') }), aCharge('C3', 'B', { fen: 2500 }, { asOf: clockTime('07:00') }), aCharge('C4', 'A', { fen: 900 }, { asOf: clockTime('07:00') })],
  [aPatient('B', { link: [link('replaces', 'A')] }, { asOf: clockTime('09:10') }), aPatient('A', { active: false, link: [link('replaced-by', 'B')] }, { asOf: clockTime('09:10') })],
  [aVisit('V', 'A', { status: 'finished' }, { asOf: clockTime('09:20') })],
  // After the merge the hospital names the record that goes on.
  [...passing('B', '09:30').slice(0, 1), aCredit('C4', 'B', { fen: 900 }, { asOf: clockTime('09:30') })]
]

/** All that must not depend on the order in which messages came. */
async function standing (stores: Stores): Promise<unknown> {
  const accounts = (await stores.ledger.trialBalance(null)).filter(({ balanceFen }) => balanceFen !== 0)
  const records = await stores.records.current([...new Set(day.flat().map(({ resource }) => `${resource.resourceType}/${resource.id}`))].sort()
    .map((key) => ({ type: key.split('/')[0] ?? '', id: key.split('/')[1] ?? '' })))
  const charges = await stores.charges.list({ patientIds: null, visitId: null, hospitalId: null, state: null }, { limit: 100, offset: 0 })
  return {
    accounts,
    visit: await stores.visits.find('V'),
    persons: [(await stores.patients.find('A'))?.personId, (await stores.patients.find('B'))?.personId],
    names: [(await stores.patients.find('A'))?.name, (await stores.patients.find('B'))?.name],
    records: Object.fromEntries(records.map(({ type, id, resource }) => [`${type}/${id}`, { ...resource, meta: null }])),
    states: Object.fromEntries(charges.map(({ id, state, amountFen, patientId, occurredOn }) => [id, { state, amountFen, patientId, occurredOn }]).sort()),
    owedFen: (await owedByPerson(stores, 'A')).owedFen
  }
}

async function play (stores: Stores, messages: readonly Message[]): Promise<void> {
  const deps = depsOf(stores)
  for (const message of messages) {
    await takeIn(deps, message, at)
    const { isProven } = await trialBalance(stores, null)
    if (!isProven) throw new Error('the books do not balance')
  }
}

t.test('a hospital\'s day', async (t) => {
  t.test('in the order it happened → ends in what the patient owes', async (t) => {
    const { accounts, visit, persons, states, owedFen } = await rehearse(async (stores) => {
      await play(stores, day)
      return await standing(stores) as Record<string, unknown>
    }) as { accounts: unknown, visit: { state: string }, persons: unknown, states: unknown, owedFen: number }
    t.strictSame(accounts, [
      { hospitalId: 'east', account: 'AR:patient:A', balanceFen: 500 },
      { hospitalId: 'east', account: 'AR:patient:B', balanceFen: 2500 },
      { hospitalId: 'east', account: 'CLEAR:window', balanceFen: 2000 },
      { hospitalId: 'east', account: 'REV:unsettled', balanceFen: -5000 }
    ])
    t.equal(visit.state, 'closed')
    t.strictSame(persons, ['B', 'B'])
    t.strictSame(states, {
      C1: { state: 'posted', amountFen: 3000, patientId: 'A', occurredOn: '2027-03-01' },
      C2: { state: 'reversed', amountFen: 1250, patientId: 'A', occurredOn: '2027-03-01' },
      C3: { state: 'posted', amountFen: 2500, patientId: 'B', occurredOn: '2027-03-01' },
      C4: { state: 'reversed', amountFen: 900, patientId: 'A', occurredOn: '2027-03-01' },
      J1: { state: 'posted', amountFen: -500, patientId: 'A', occurredOn: '2027-03-01' },
      P1: { state: 'posted', amountFen: 2000, patientId: 'A', occurredOn: '2027-03-01' }
    })
    t.equal(owedFen, 3000)
  })

  t.test('in any order, with any messages twice → ends the same, and the books balance at every step [I-02 I-07]', async (t) => {
    const inOrder = await rehearse(async (stores) => {
      await play(stores, day)
      return await standing(stores)
    })
    const everyOne = day.map((_, place) => place)
    const orders = fc.array(fc.nat(day.length - 1), { maxLength: 6 })
      .chain((again) => fc.shuffledSubarray([...everyOne, ...again], { minLength: everyOne.length + again.length }))
    await t.resolves(fc.assert(fc.asyncProperty(orders, async (order) => {
      const shuffled = await rehearse(async (stores) => {
        await play(stores, order.map((place) => day[place] as Message))
        return await standing(stores)
      })
      assert.deepStrictEqual(shuffled, inOrder)
    }), { numRuns: 60 }))
  })

  t.test('sent again a second time as a whole → writes nothing', async (t) => {
    const produced = await rehearse(async (stores) => {
      await play(stores, day)
      return (await Promise.all(day.map((message) => takeIn(depsOf(stores), message, at)))).flatMap((taken) => taken.produced)
    })
    t.strictSame(produced, [])
  })
})

t.test('a line of money', async (t) => {
  const books = async (messages: readonly Message[]): Promise<unknown> => rehearse(async (stores) => {
    await play(stores, messages)
    return (await stores.ledger.statement(['AR:patient:A', 'AR:patient:B'], { limit: 20, offset: 0 })).map(({ sourceKey, effectiveOn, amountFen }) => [sourceKey, effectiveOn, amountFen])
  })

  t.test('whose credit comes first → nets to nothing when the charge comes', async (t) => {
    t.strictSame(await books([[aCredit('C', 'A', { fen: 700 })]]), [])
    t.strictSame(await books([[aCredit('C', 'A', { fen: 700 })], [aCharge('C', 'A', { fen: 700 })]]), [
      ['charge:C', '2027-03-01', 700],
      ['credit:C', '2027-03-02', -700]
    ])
  })

  t.test('sent again under another message id, later → is posted once', async (t) => {
    const later = { asOf: clockTime('23:00'), source: 'm2' }
    t.strictSame(await books([[aCharge('C', 'A', { fen: 700 })], [aCharge('C', 'A', { fen: 700 }, later)]]), [['charge:C', '2027-03-01', 700]])
  })

  t.test('of nothing → is kept and not posted', async (t) => {
    const kept = await rehearse(async (stores) => {
      await play(stores, [[aCharge('C', 'A', { fen: 0 })]])
      return [(await stores.charges.find('C'))?.state, await stores.ledger.trialBalance(null)]
    })
    t.strictSame(kept, ['posted', []])
  })

  t.test('with an amount that differs from the books → is refused, newer or older', async (t) => {
    for (const time of ['07:00', '23:00']) {
      await t.rejects(books([[aCharge('C', 'A', { fen: 700 }, { asOf: clockTime('12:00') })], [aCharge('C', 'A', { fen: 800 }, { asOf: clockTime(time) })]]), { code: 'CHARGE_ALREADY_POSTED' })
    }
  })

  t.test('with an id that is another patient\'s → is refused, newer or older', async (t) => {
    for (const time of ['07:00', '23:00']) {
      await t.rejects(books([[aPatient('A'), aPatient('B'), aCharge('C', 'A', { fen: 700 }, { asOf: clockTime('12:00') })], [aCharge('C', 'B', { fen: 700 }, { asOf: clockTime(time) })]]), { code: 'CHARGE_ALREADY_POSTED' })
    }
  })

  t.test('sent again under the record that goes on → stays where it is', async (t) => {
    const merge = day[8] as Message
    t.strictSame(await books([merge, [aCharge('C', 'A', { fen: 700 })], [aCharge('C', 'B', { fen: 700 }, { asOf: clockTime('23:00') })]]), [['charge:C', '2027-03-01', 700]])
  })

  t.test('whose credit has another amount → is refused in either order', async (t) => {
    const charge = [aCharge('C', 'A', { fen: 700 })]
    const credit = [aCredit('C', 'A', { fen: 300 })]
    await t.rejects(books([charge, credit]), { code: 'CHARGE_CREDIT_DIFFERS' })
    await t.rejects(books([credit, charge]), { code: 'CHARGE_CREDIT_DIFFERS' })
  })
})

t.test('a visit', async (t) => {
  const stateAfter = (...messages: readonly Message[]): Promise<unknown> => rehearse(async (stores) => {
    await play(stores, messages)
    const { state, department } = await findVisit(stores, 'V')
    return { state, department }
  })
  const arrival = [aVisit('V', 'A', { status: 'arrived', serviceType: { text: 'Eyes' } }, { asOf: clockTime('08:00') })]
  const end = [aVisit('V', 'A', { status: 'finished' }, { asOf: clockTime('09:00') })]

  t.test('named before it is registered → is unconfirmed', async (t) => {
    t.strictSame(await stateAfter(passing('A', '07:00')), { state: 'unconfirmed', department: null })
  })

  t.test('that ended → is not opened again by its late registration, which tells the department', async (t) => {
    t.strictSame(await stateAfter(end, passing('A', '10:00'), arrival), { state: 'closed', department: 'Eyes' })
  })

  t.test('that ended in the second in which it began → has ended, in either order', async (t) => {
    const atOnce = [aVisit('V', 'A', { status: 'finished' }, { asOf: clockTime('08:00') })]
    const closed = { state: 'closed', department: 'Eyes' }
    t.strictSame([await stateAfter(arrival, atOnce), await stateAfter(atOnce, arrival)], [closed, closed])
  })

  t.test('that nobody named → is not found', async (t) => {
    await t.rejects(stateAfter(), { code: 'VISIT_NOT_FOUND' })
  })
})

t.test('a doctor, told by two records in either order → has a name and a department', async (t) => {
  const said = { patientId: null }
  const doctor = aChange({ resourceType: 'Practitioner', id: 'D', name: [{ text: 'Dr Test' }], active: false }, said)
  const role = aChange({ resourceType: 'PractitionerRole', id: 'D-east', practitioner: { reference: 'Practitioner/D' }, specialty: [{ text: 'Eyes' }] }, said)
  for (const message of [[doctor, role], [role, doctor]]) {
    t.strictSame(await rehearse(async (stores) => {
      await play(stores, [message])
      return await stores.practitioners.find('D')
    }), { id: 'D', hospitalId: 'east', name: 'Dr Test', department: 'Eyes', active: false })
  }
})

t.test('a photo of a patient', async (t) => {
  const photo = (time: string): RecordChange => aPatient('A', { photo: [{ contentType: 'image/jpeg', data: Buffer.alloc(3000, 7).toString('base64') }] }, { asOf: clockTime(time) })

  t.test('is kept once beside the record, whatever comes again', async (t) => {
    const [first, second, binary, patient] = await rehearse(async (stores) => {
      const one = await takeIn(depsOf(stores), [photo('08:00')], at)
      const two = await takeIn(depsOf(stores), [photo('09:00')], at)
      const found = await stores.records.current([{ type: 'Patient', id: 'A' }, { type: 'Binary', id: one.produced[0]?.slice(7) ?? '' }])
      return [one.produced, two.produced, found.find(({ type }) => type === 'Binary'), found.find(({ type }) => type === 'Patient')] as const
    })
    t.equal(first.length, 2)
    t.strictSame(second, [])
    t.equal((binary?.resource['data'] as string).length, 4000)
    const hash = createHash('sha1').update(Buffer.alloc(3000, 7)).digest('base64')
    t.strictSame(patient?.resource['photo'], [{ contentType: 'image/jpeg', url: `Binary/east-Binary-A|${hash}`, size: 3000, hash }])
  })
})
