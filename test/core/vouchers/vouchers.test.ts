import fc from 'fast-check'
import t, { type Test } from 'tap'
import type { Appointment, OfferedSlot } from '../../../core/appointments/index.ts'
import { calendarIn, type CalendarDate } from '../../../core/clock.ts'
import { DomainError } from '../../../core/errors.ts'
import {
  askRollback, decideRollback, decideVoucher, examineUse, figuresOf, foldEvents, leaveUse, mayBeBooked, mayBelong, mayHappenIn, presentVoucher, proveStatistics, readVoucherNumber, redeemExamined, redeemUse, replaceVoucher, statusOf, voidBatch,
  voidVoucher, voucherNumber, voucherPurpose, voucherStates, handOut, hearExamination, remindHolders, type Count, type Voucher, type VoucherCommand, type VoucherEvent, type VoucherHappening, type VoucherState
} from '../../../core/vouchers/index.ts'
import { expireVouchers } from '../../../jobs/expire-vouchers.ts'
import { freshStore } from '../../fixtures/store.ts'
import { aHolder, carriedOut, lookAfter, noon, voucherOffice, voucherTools, wholeLife, type VoucherOffice } from '../../fixtures/voucher-office.ts'

const zone = 'Asia/Shanghai'
const [from, until] = [new Date('2027-05-01T00:00:00+08:00'), new Date('2027-06-01T00:00:00+08:00')]
const lastInstant = new Date(until.getTime() - 1)
const booking = { id: 'a1', hospitalId: 'east', startsAt: new Date('2027-06-02T09:00:00+08:00'), honouredUntil: new Date('2027-06-03T00:00:00+08:00') }

function aVoucher (given: Partial<Voucher> = {}): Voucher {
  return {
    id: 'v1', batch: 1, seq: 1, state: 'issued', communityId: 'sunny', patientId: 'anna-east', contact: null, uses: 1, redeemed: 0, validFrom: from, validUntil: until, appointment: null, rebookings: 0, useId: null, issuedAt: noon, version: 5, ...given
  }
}

const codeOf = (work: () => unknown): string | null => {
  try {
    work()
    return null
  } catch (error) {
    if (error instanceof DomainError) return error.code
    throw error
  }
}

const codeOfAsync = async (work: Promise<unknown>): Promise<string | null> => work.then(() => null, (error: unknown) => error instanceof DomainError ? error.code : Promise.reject(error as Error))

t.test('a voucher number', async (t) => {
  t.test('is read back as it is written, and no mistyped digit passes', async (t) => {
    t.doesNotThrow(() => fc.assert(fc.property(fc.integer({ min: 1, max: 999_999 }), fc.integer({ min: 1, max: 9_999_999 }), fc.integer({ min: 1, max: 14 }), fc.integer({ min: 1, max: 9 }), (batch, seq, place, shift) => {
      const number = voucherNumber({ batch, seq })
      const wrong = number.slice(0, place) + String((Number(number[place]) + shift) % 10) + number.slice(place + 1)
      return JSON.stringify(readVoucherNumber(number)) === JSON.stringify({ batch, seq }) && readVoucherNumber(wrong) === null
    })))
  })
})

t.test('a voucher of the decisions', async (t) => {
  t.test('→ is used up to its last instant and refused one millisecond later; before its first day it is refused, too [V-27]', async (t) => {
    const use = (at: Date, given: Partial<Voucher> = {}) => codeOf(() => decideVoucher(aVoucher(given), { kind: 'use', useId: 'u', hospitalId: 'east' }, at))
    t.strictSame([use(from), use(lastInstant), use(until), use(new Date(from.getTime() - 1))], [null, null, 'VOUCHER_NOT_IN_TIME', 'VOUCHER_NOT_IN_TIME'])
  })

  t.test('→ that was booked in time is honoured to the end of the day of the appointment, at that hospital only [D-14]', async (t) => {
    const booked = aVoucher({ state: 'booked', appointment: booking })
    const use = (at: Date, hospitalId: string) => codeOf(() => decideVoucher(booked, { kind: 'use', useId: 'u', hospitalId }, at))
    t.strictSame([use(booking.startsAt, 'east'), use(booking.startsAt, 'west'), use(booking.honouredUntil, 'east')], [null, 'VOUCHER_BOOKED_ELSEWHERE', 'VOUCHER_NOT_IN_TIME'])
    t.equal(statusOf(booked, booking.startsAt).validity, 'valid')
    t.equal(codeOf(() => decideVoucher(booked, { kind: 'expire' }, booking.startsAt)), 'VOUCHER_STATE_REFUSED', 'what is booked does not expire')
  })

  t.test('→ moves only as the table of states says; what is refused changes nothing', async (t) => {
    const commands: Readonly<Record<Exclude<VoucherHappening, 'generated'>, VoucherCommand>> = {
      sent: { kind: 'send', communityId: 'sunny' }, converted: { kind: 'convert' }, issued: { kind: 'issue', patientId: 'p', contact: null }, booked: { kind: 'book', appointment: booking }, rebooked: { kind: 'rebook', appointment: booking },
      released: { kind: 'release', isGivenUp: true, reason: 'no_show' }, used: { kind: 'use', useId: 'u', hospitalId: 'east' }, left: { kind: 'leave', hospitalId: 'east', reason: 'left' }, examined: { kind: 'examine', hospitalId: 'east' },
      redeemed: { kind: 'redeem', hospitalId: 'east' }, rolled_back: { kind: 'roll_back', useId: 'u', hospitalId: 'east', reason: 'mistake' }, voided: { kind: 'void', reason: 'lost' }, expired: { kind: 'expire' }
    }
    for (const state of voucherStates) {
      const voucher = Object.freeze(aVoucher({ state, uses: 3, redeemed: 1, appointment: state === 'booked' ? booking : null }))
      for (const [what, command] of Object.entries(commands)) {
        const at = what === 'expired' ? until : noon
        const legal = mayHappenIn[what as keyof typeof commands].includes(state)
        t.equal(codeOf(() => decideVoucher(voucher, command, at)), legal ? null : 'VOUCHER_STATE_REFUSED', `${what} in ${state}`)
      }
    }
  })

  t.test('→ is offered an appointment only while it is to be booked, to be examined, valid and not redeemed [V-19 I-41]', async (t) => {
    const offered = voucherStates.filter((state) => mayBeBooked(aVoucher({ state, appointment: state === 'booked' ? booking : null }), noon))
    t.strictSame(offered, ['issued'])
    t.strictSame([mayBeBooked(aVoucher(), lastInstant), mayBeBooked(aVoucher(), until), mayBeBooked(aVoucher(), new Date(from.getTime() - 1))], [true, false, false])
  })

  t.test('→ shows the four statuses of the person [V-17]', async (t) => {
    const seen = (given: Partial<Voucher>, at = noon) => Object.values(statusOf(aVoucher(given), at))
    t.strictSame(seen({}), ['to_be_booked', 'to_be_examined', 'not_redeemed', 'valid'])
    t.strictSame(seen({ state: 'booked', appointment: booking }), ['booked', 'to_be_examined', 'not_redeemed', 'valid'])
    t.strictSame(seen({ state: 'examined' }), ['to_be_booked', 'examined', 'not_redeemed', 'valid'])
    t.strictSame(seen({ state: 'redeemed' }, until), ['to_be_booked', 'examined', 'redeemed', 'valid'])
    t.strictSame(seen({ state: 'void' }), ['to_be_booked', 'to_be_examined', 'not_redeemed', 'void'])
    t.strictSame([seen({}, until)[3], seen({}, new Date(0))[3], seen({ state: 'expired' })[3]], ['expired', 'not_yet_valid', 'expired'], 'by the clock, before any job has run')
  })
})

/** Any command, at any time; what is refused is passed over, as the store does. */
const anyCommand: fc.Arbitrary<readonly [VoucherCommand, number]> = fc.tuple(fc.oneof<fc.Arbitrary<VoucherCommand>[]>(
  fc.constant({ kind: 'send', communityId: 'sunny' }), fc.constant({ kind: 'convert' }), fc.constant({ kind: 'issue', patientId: 'p', contact: null }), fc.constant({ kind: 'book', appointment: booking }),
  fc.record({ kind: fc.constant('release' as const), isGivenUp: fc.boolean(), reason: fc.constant('cancelled') }), fc.record({ kind: fc.constant('use' as const), useId: fc.uuid(), hospitalId: fc.constantFrom('east', 'west') }),
  fc.constant({ kind: 'leave', hospitalId: 'east', reason: 'left' }), fc.constant({ kind: 'examine', hospitalId: 'east' }), fc.constant({ kind: 'redeem', hospitalId: 'east' }),
  fc.constant({ kind: 'roll_back', useId: 'u', hospitalId: 'east', reason: 'mistake' }), fc.constant({ kind: 'void', reason: 'lost' }), fc.constant({ kind: 'expire' })
), fc.integer({ min: 0, max: 35 }))

interface Played {
  readonly voucher: Voucher
  readonly events: ReadonlyArray<Pick<VoucherEvent, 'what' | 'from' | 'to' | 'communityId'>>
}

function play (uses: number, commands: ReadonlyArray<readonly [VoucherCommand, number]>): Played {
  let voucher = aVoucher({ state: 'generated', communityId: null, patientId: null, issuedAt: null, uses })
  const events: Array<Played['events'][number]> = [{ what: 'generated', from: null, to: 'generated', communityId: null }]
  for (const [command, day] of commands) {
    try {
      const { after, what } = decideVoucher(voucher, command, new Date(from.getTime() + day * 86_400_000))
      events.push({ what, from: voucher.state, to: after.state, communityId: after.communityId })
      voucher = after
    } catch (error) {
      if (!(error instanceof DomainError)) throw error
    }
  }
  return { voucher, events }
}

t.test('any history of a voucher', async (t) => {
  const histories = [fc.integer({ min: 1, max: 3 }), fc.array(anyCommand, { maxLength: 120 })] as const

  t.test('→ never redeems it more often than it has uses, and each time after an examination [I-40 I-43]', async (t) => {
    t.doesNotThrow(() => fc.assert(fc.property(...histories, (uses, commands) => {
      const { voucher, events } = play(uses, commands)
      let standing = 0
      for (const [place, { what }] of events.entries()) {
        if (what === 'redeemed') standing += 1
        if (what === 'rolled_back') standing -= 1
        if (standing < 0 || standing > uses || (what === 'redeemed' && events[place - 1]?.what !== 'examined' && !events.slice(0, place).reverse().find((one) => one.what !== 'rolled_back')?.what.startsWith('examined'))) return false
      }
      return standing === voucher.redeemed && (voucher.state !== 'redeemed' || voucher.redeemed === uses)
    }), { numRuns: 2_000 }))
  })

  t.test('→ is told again by its events: state, redemptions, community [V-08 I-47]', async (t) => {
    t.doesNotThrow(() => fc.assert(fc.property(...histories, (uses, commands) => {
      const { voucher, events } = play(uses, commands)
      const folded = foldEvents(events)
      return folded !== null && folded.state === voucher.state && folded.redeemed === voucher.redeemed && folded.communityId === voucher.communityId
    }), { numRuns: 2_000 }))
  })

  t.test('→ adds up: what was generated, sent, handed out is somewhere [I-44]', async (t) => {
    t.doesNotThrow(() => fc.assert(fc.property(fc.array(fc.tuple(...histories), { minLength: 1, maxLength: 8 }), (lives) => {
      const played = lives.map(([uses, commands]) => play(uses, commands))
      const counts = played.flatMap(({ events }) => events.map(({ what, from, to }): Count => ({ key: null, what, from, to, count: 1 })))
      const figures = figuresOf(counts)
      const standing = (...states: readonly VoucherState[]): number => played.filter(({ voucher: { state } }) => states.includes(state)).length
      const endedFrom = (...states: readonly VoucherState[]): number => counts.filter(({ what, from }) => (what === 'voided' || what === 'expired') && from !== null && states.includes(from)).length
      return figures.generated === lives.length &&
        figures.unsent === standing('generated') + endedFrom('generated') &&
        figures.unconverted === standing('sent') + endedFrom('sent') &&
        figures.issued === standing('issued', 'booked', 'used', 'examined', 'redeemed') + endedFrom('issued') &&
        figures.live === standing('issued') && figures.voidedOrExpired === standing('void', 'expired')
    }), { numRuns: 500 }))
  })
})

t.test('who belongs to a target group → is refused only where what is known says no [V-01]', async (t) => {
  const today = '2027-05-10' as CalendarDate
  const elderly = { code: 'elderly', name: '老年人', english: 'Elderly', fromAge: 60, gender: null }
  const person = (birthDate: string | null, gender: 'female' | 'male' | null = null) => [{ birthDate: birthDate as CalendarDate | null, gender }]
  t.strictSame([person('1967-05-10'), person('1967-05-11'), person(null)].map((records) => mayBelong(elderly, records, today)), [true, false, true], 'from the birthday on')
  const pregnant = { ...elderly, fromAge: null, gender: 'female' as const }
  t.strictSame([person(null, 'female'), person(null, 'male'), person(null)].map((records) => mayBelong(pregnant, records, today)), [true, false, true])
})

t.test('in a community and its hospitals', async (t) => {
  const anOffice = async (t: { readonly teardown: (work: () => unknown) => unknown }, given: Partial<Parameters<typeof voucherOffice>[1]> = {}): Promise<VoucherOffice> => voucherOffice(await freshStore(t), { count: 6, sent: 6, ...given })
  const voucherNow = ({ store }: VoucherOffice, id: string) => store.inReading(({ vouchers }) => vouchers.find(id))
  const kinds = ({ store }: VoucherOffice, voucher: Voucher) => store.inReading(async ({ vouchers }) => (await vouchers.events(voucher, 100)).map(({ what }) => what))
  const inHand = ({ store }: VoucherOffice) => store.inReading(async ({ vouchers }) => (await vouchers.inHand(['anna-east', 'anna-west'], { limit: 20, offset: 0 })).map(({ id }) => id))
  const dueNotices = ({ store }: VoucherOffice) => store.inReading(async ({ outbox }) => (await outbox.due(new Date('2028-01-01'), 100, 'notice')).map(({ payload }) => payload['template']))

  t.test('a redeemed voucher → leaves the person\'s list, is spent at the community, is written off at the back office, and keeps its events [V-07 V-14 V-21 V-25 I-45 I-47]', async (t) => {
    const office = await anOffice(t)
    const use = await wholeLife(office, { holder: 'anna', hospitalId: 'east' })
    t.strictSame(await inHand(office), [use.voucherId], 'until the messages have arrived')
    await carriedOut(office.store)
    t.strictSame(await inHand(office), [])
    await office.store.inReading(async ({ voucherCopies }) => {
      t.match(await voucherCopies.codeOf(use.voucherId), { code: `code of ${use.voucherId}`, spentBecause: 'redeemed' })
      t.match(await voucherCopies.writeOffs({ batch: null, hospitalId: 'east' }, { limit: 5, offset: 0 }), [{ useId: use.id, state: 'redeemed' }])
      t.strictSame(await voucherCopies.differing(5), [])
    })
    const voucher = await voucherNow(office, use.voucherId) as Voucher
    t.strictSame(await kinds(office, voucher), ['generated', 'sent', 'converted', 'issued', 'used', 'examined', 'redeemed'])
    t.strictSame(await dueNotices(office), ['voucher_issued', 'voucher_used', 'voucher_examined', 'voucher_redeemed'])
  })

  t.test('a redemption → is taken back by two persons, and all three hear of it [V-07]', async (t) => {
    const office = await anOffice(t)
    const { id: useId, voucherId } = await wholeLife(office, { holder: 'anna', hospitalId: 'east' })
    await carriedOut(office.store)
    const { inTransaction } = office.store
    await inTransaction((stores) => askRollback(stores, { useId, reason: 'wrong person at the scanner', by: 'one' }, noon))
    t.equal(await codeOfAsync(inTransaction((stores) => decideRollback(stores, voucherTools, { useId, confirms: true, by: 'one' }, noon))), 'DECISION_NEEDS_ANOTHER_PERSON')
    t.equal(await codeOfAsync(inTransaction((stores) => askRollback(stores, { useId, reason: 'again', by: 'two' }, noon))), 'DECISION_MADE')
    t.match(await inTransaction((stores) => decideRollback(stores, voucherTools, { useId, confirms: true, by: 'two' }, noon)), { state: 'rolled_back', rollback: { state: 'confirmed', askedBy: 'one', decidedBy: 'two' } })
    t.equal(await codeOfAsync(inTransaction((stores) => decideRollback(stores, voucherTools, { useId, confirms: true, by: 'three' }, noon))), 'VOUCHER_USE_STATE_REFUSED')
    await carriedOut(office.store)
    t.match(await voucherNow(office, voucherId), { state: 'issued', redeemed: 0 })
    t.strictSame(await inHand(office), [voucherId])
    await office.store.inReading(async ({ voucherCopies }) => {
      t.match(await voucherCopies.codeOf(voucherId), { spentAt: null })
      t.match(await voucherCopies.writeOffs({ batch: null, hospitalId: null }, { limit: 5, offset: 0 }), [{ useId, state: 'rolled_back' }])
      t.strictSame(await voucherCopies.differing(5), [])
    })
    t.match(await office.used(voucherId, 'anna', 'west'), { useNo: 2, state: 'used' }, 'and it is good for another use')
    t.strictSame(await office.store.inReading(proveStatistics), { wrongCounts: 0, wrongStates: 0 })
  })

  t.test('a refused rollback → leaves the redemption', async (t) => {
    const office = await anOffice(t)
    const { id: useId } = await wholeLife(office, { holder: 'anna', hospitalId: 'east' })
    const { inTransaction } = office.store
    await inTransaction((stores) => askRollback(stores, { useId, reason: 'doubt', by: 'one' }, noon))
    t.match(await inTransaction((stores) => decideRollback(stores, voucherTools, { useId, confirms: false, by: 'two' }, noon)), { state: 'redeemed', rollback: { state: 'refused' } })
  })

  t.test('a voucher with three uses → is in hand again after the first two, and over after the third [D-12]', async (t) => {
    const office = await anOffice(t, { uses: 3 })
    const { id } = await office.issued('anna')
    const seen: Array<VoucherState | undefined> = []
    for (const hospitalId of ['east', 'west', 'east']) {
      const use = await office.used(id, 'anna', hospitalId)
      await office.store.inTransaction((stores) => examineUse(stores, voucherTools, { useId: use.id, evidence: { kind: 'by_hand', record: null, document: 'R-1', note: null, performedAt: noon, by: 'counter' } }, noon))
      await office.store.inTransaction((stores) => redeemUse(stores, voucherTools, { useId: use.id, by: 'counter' }, noon))
      await carriedOut(office.store)
      seen.push((await voucherNow(office, id))?.state)
    }
    t.strictSame(seen, ['issued', 'issued', 'redeemed'])
    t.equal(await codeOfAsync(office.used(id, 'anna', 'east')), 'VOUCHER_STATE_REFUSED')
    t.strictSame([await inHand(office), await office.store.inReading(({ voucherCopies }) => voucherCopies.differing(5))], [[], []])
  })

  t.test('evidence → counts of the same person, hospital and examination, after the use; the first one stays [V-24 I-43]', async (t) => {
    const office = await anOffice(t)
    const { id } = await office.issued('anna')
    const use = await office.used(id, 'anna', 'east')
    const told = (given: object) => office.store.inTransaction((stores) => hearExamination(stores, voucherTools, {
      facts: { id: 'r1', hospitalId: 'east', patientId: 'anna-west', codes: ['CT01', 'urn:x|CT01'], performedAt: noon, ...given }, record: 'DiagnosticReport/r1', saidAt: noon, source: 'mllp:east'
    }, noon))
    t.strictSame([await told({ patientId: 'berta-east' }), await told({ hospitalId: 'west' }), await told({ codes: ['MR01'] }), await told({ performedAt: new Date(noon.getTime() - 120_000) })], [null, null, null, null])
    t.equal(await codeOfAsync(office.store.inTransaction((stores) => redeemUse(stores, voucherTools, { useId: use.id, by: 'counter' }, noon))), 'VOUCHER_USE_STATE_REFUSED', 'not before')
    t.match(await told({}), { id: use.id, state: 'examined', evidence: { kind: 'his', record: 'DiagnosticReport/r1', by: 'mllp:east' } }, 'any record of the person is the person')
    const byHand = { kind: 'by_hand', record: null, document: 'R-1', note: null, performedAt: noon, by: 'counter' } as const
    t.match(await office.store.inTransaction((stores) => examineUse(stores, voucherTools, { useId: use.id, evidence: byHand }, noon)), { evidence: { kind: 'his' } })
    t.equal(await told({}), null, 'there is nothing left to examine')
  })

  t.test('whom nobody redeems after the examination → is redeemed by itself, once [V-24]', async (t) => {
    const office = await anOffice(t)
    const { id } = await office.examinedUse('anna', 'east')
    const after = (minutes: number) => redeemExamined(lookAfter(office.store), new Date(noon.getTime() + minutes * 60_000))
    t.strictSame([await after(59), await after(60), await after(60)], [{ redeemed: 0 }, { redeemed: 1 }, { redeemed: 0 }])
    t.match(await office.store.inReading(({ voucherUses }) => voucherUses.find(id)), { state: 'redeemed', redeemedBy: 'timer' })
  })

  t.test('somebody else\'s voucher, another hospital\'s, one without a person → is not used, and stays [V-23]', async (t) => {
    const office = await anOffice(t)
    const { id } = await office.issued('anna')
    const [unissued] = await office.vouchers('sent')
    t.strictSame([await codeOfAsync(office.used(id, 'berta', 'east')), await codeOfAsync(office.used(id, 'anna', 'north')), await codeOfAsync(office.used(unissued?.id ?? '', 'anna', 'east')), await codeOfAsync(office.used('nothing', 'anna', 'east'))],
      ['VOUCHER_OF_ANOTHER_PERSON', 'VOUCHER_PARTY_INACTIVE', 'VOUCHER_STATE_REFUSED', 'VOUCHER_NOT_FOUND'])
    t.match(await voucherNow(office, id), { state: 'issued' })
  })

  t.test('who leaves without examination → has the voucher again; after its last day it has expired [V-05]', async (t) => {
    const office = await anOffice(t)
    const [one, two] = [await office.issued('anna'), await office.issued('anna')]
    const leave = async (id: string, at: Date) => office.store.inTransaction(async (stores) => leaveUse(stores, voucherTools, { useId: (await stores.vouchers.find(id))?.useId ?? '', reason: 'felt unwell', by: 'counter' }, at))
    await office.used(one.id, 'anna', 'east')
    await office.used(two.id, 'anna', 'east')
    await leave(one.id, noon)
    await leave(two.id, until)
    t.match([await voucherNow(office, one.id), await voucherNow(office, two.id)], [{ state: 'issued', useId: null }, { state: 'expired' }])
  })

  t.test('a lost voucher → is void, another one takes its place, and only that is worth anything [V-13 I-40]', async (t) => {
    const office = await anOffice(t, { perPerson: 1 })
    const lost = await office.issued('anna')
    const replace = () => office.store.inTransaction((stores) => replaceVoucher(stores, voucherTools, { voucherId: lost.id, communityId: 'sunny', holder: aHolder('anna'), by: 'window' }, noon))
    const { voucher } = await replace()
    t.not(voucher.id, lost.id)
    t.equal(await codeOfAsync(replace()), 'VOUCHER_STATE_REFUSED')
    t.equal(await codeOfAsync(office.used(lost.id, 'anna', 'east')), 'VOUCHER_STATE_REFUSED')
    t.match(await office.store.inReading(({ voucherCopies }) => voucherCopies.codeOf(lost.id)), { spentBecause: 'void' })
    t.equal(await codeOfAsync(office.issued('anna')), 'VOUCHER_LIMIT_REACHED')
  })

  t.test('a recalled batch → is void as far as it is in nobody\'s use; what comes back into hand later is void then [V-05 D-13]', async (t) => {
    const office = await anOffice(t)
    const [kept, used] = [await office.issued('anna'), await office.issued('anna')]
    const use = await office.used(used.id, 'anna', 'east')
    await office.store.inTransaction((stores) => voidBatch(stores, voucherTools, { batchId: office.batch.id, reason: 'wrong validity', by: 'office' }, noon))
    t.match([await voucherNow(office, kept.id), await voucherNow(office, used.id)], [{ state: 'void' }, { state: 'used' }])
    t.equal((await office.vouchers('void')).length, 5)
    t.equal(await codeOfAsync(office.issued('berta')), 'VOUCHER_NONE_LEFT')
    await office.store.inTransaction((stores) => leaveUse(stores, voucherTools, { useId: use.id, reason: 'left', by: 'counter' }, noon))
    t.match(await voucherNow(office, used.id), { state: 'void' })
    t.equal(await codeOfAsync(office.store.inTransaction((stores) => voidVoucher(stores, voucherTools, { voucherId: kept.id, reason: 'again', by: 'office' }, noon))), 'VOUCHER_STATE_REFUSED')
    t.strictSame(await office.store.inReading(proveStatistics), { wrongCounts: 0, wrongStates: 0 })
  })

  t.test('the code that an app sends → goes to the hospital of the appointment or of the choice, while the voucher is good [V-20]', async (t) => {
    const office = await anOffice(t)
    const { id } = await office.issued('anna')
    const present = (hospitalId: string | null, at = noon) => office.store.inTransaction((stores) => presentVoucher(stores, voucherTools, { voucherId: id, hospitalId }, at))
    t.strictSame([await codeOfAsync(present(null)), await codeOfAsync(present('north')), await codeOfAsync(present('east', until))], ['REQUEST_INVALID', 'VOUCHER_NOT_FOR_HOSPITAL', 'VOUCHER_NOT_IN_TIME'])
    t.match(await present('west'), { hospitalId: 'west', code: `code of ${id}` })
    t.equal((await office.store.inReading(({ voucherUses }) => voucherUses.presentedTo('west', new Date(0), { limit: 5, offset: 0 }))).length, 1)
  })

  t.test('whose voucher ends soon → is reminded once; whose has ended is told once [V-27]', async (t) => {
    const office = await anOffice(t)
    await office.issued('anna')
    const remind = (at: Date) => remindHolders(lookAfter(office.store), at)
    t.strictSame([await remind(noon), await remind(new Date('2027-05-26T09:30:00+08:00')), await remind(new Date('2027-05-27T09:30:00+08:00'))], [{ reminded: 0 }, { reminded: 1 }, { reminded: 0 }])
    const expire = expireVouchers(lookAfter(office.store))
    t.strictSame([await expire.run(lastInstant), await expire.run(until), await expire.run(until)], [{ batches: 0, expired: 0 }, { batches: 1, expired: 6 }, { batches: 0, expired: 0 }])
    t.strictSame(await dueNotices(office), ['voucher_issued', 'voucher_expiring', 'voucher_expired'])
    t.equal(await codeOfAsync(office.store.inTransaction((stores) => handOut(stores, voucherTools, { communityId: 'sunny', which: { batchId: office.batch.id }, holder: aHolder('berta'), contact: null, by: 'window' }, until))), 'VOUCHER_NONE_LEFT')
  })

  appointmentsContract(t, { anOffice, voucherNow, kinds })
})

interface Tools {
  readonly anOffice: (t: { readonly teardown: (work: () => unknown) => unknown }, given?: { readonly uses?: number }) => Promise<VoucherOffice>
  readonly voucherNow: (office: VoucherOffice, id: string) => Promise<Voucher | null>
  readonly kinds: (office: VoucherOffice, voucher: Voucher) => Promise<readonly string[]>
}

const hoursLater = (hours: number): Date => new Date(noon.getTime() + hours * 3_600_000)

function aSlot (given: Partial<OfferedSlot> = {}): OfferedSlot {
  return { id: 's1', scheduleId: 'c1', hospitalId: 'east', startsAt: hoursLater(24), endsAt: hoursLater(25), capacity: 5, isOpen: true, owner: 'ours', practitionerId: null, department: '影像科', serviceType: null, taken: 0, ...given }
}

function anAppointment (voucherId: string, given: Partial<Appointment> = {}): Appointment {
  return {
    id: 'a1', hospitalId: 'east', slotId: 's1', isOurs: true, isMadeHere: true, patientId: 'anna-east', practitionerId: null, department: '影像科', serviceType: null, purpose: { kind: 'voucher', subjectId: voucherId }, state: 'booked', asking: null,
    wantedSlotId: null, startsAt: hoursLater(24), endsAt: hoursLater(25), placerNumber: null, fillerNumber: null, holdUntil: null, moves: 0, answerKey: null, reason: null, madeAt: noon, by: 'app:anna', ...given
  }
}

function appointmentsContract (t: Test, { anOffice, voucherNow, kinds }: Tools): void {
  const purpose = voucherPurpose<Parameters<Parameters<VoucherOffice['store']['inTransaction']>[0]>[0]>(voucherTools)
  const mayBook = (office: VoucherOffice, voucherId: string, given: { readonly slot?: Partial<OfferedSlot>, readonly patientId?: string, readonly at?: Date } = {}) => codeOfAsync(office.store.inTransaction((stores) =>
    purpose.mayBook(stores, { subjectId: voucherId, patientId: given.patientId ?? 'anna-east', slot: aSlot(given.slot), moving: null }, given.at ?? noon)))
  const moved = (office: VoucherOffice, before: Appointment | null, appointment: Appointment, at = noon) => office.store.inTransaction((stores) => purpose.moved(stores, { before, appointment }, at))

  t.test('an appointment for a voucher → is for its holder, its hospitals and its time [V-18 V-19 I-41]', async (t) => {
    const office = await anOffice(t)
    const { id } = await office.issued('anna')
    t.strictSame([
      await mayBook(office, id), await mayBook(office, id, { patientId: 'anna-west', slot: { hospitalId: 'west' } }), await mayBook(office, id, { patientId: 'berta-east' }), await mayBook(office, id, { slot: { hospitalId: 'north' } }),
      await mayBook(office, id, { at: until }), await mayBook(office, id, { slot: { startsAt: new Date('2027-06-20T09:00:00+08:00') } }), await mayBook(office, id, { slot: { startsAt: new Date('2027-07-02T09:00:00+08:00') } })
    ], [null, null, 'VOUCHER_OF_ANOTHER_PERSON', 'VOUCHER_NOT_FOR_HOSPITAL', 'VOUCHER_NOT_IN_TIME', null, 'VOUCHER_NOT_IN_TIME'])
  })

  t.test('→ moves with the voucher: booked, at another time, given up so often as it may be, used [V-19 D-13]', async (t) => {
    const office = await anOffice(t)
    const { id } = await office.issued('anna')
    const held = anAppointment(id, { state: 'held' })
    await moved(office, null, held)
    t.match(await voucherNow(office, id), { state: 'booked', appointment: { id: 'a1', hospitalId: 'east', honouredUntil: new Date('2027-05-12T00:00:00+08:00') } })
    await moved(office, held, anAppointment(id, { state: 'released' }))
    t.match(await voucherNow(office, id), { state: 'issued', rebookings: 0 }, 'what was only held does not count')
    for (const [place, state] of (['cancelled', 'no_show', 'cancelled'] as const).entries()) {
      t.equal(await mayBook(office, id), null, `appointment ${place + 1}`)
      const booked = anAppointment(id, { id: `a${place + 2}` })
      await moved(office, null, booked)
      await moved(office, booked, { ...booked, startsAt: hoursLater(48), endsAt: hoursLater(49) })
      await moved(office, booked, { ...booked, state })
      await moved(office, booked, { ...booked, state })
    }
    t.match(await voucherNow(office, id), { state: 'issued', appointment: null, rebookings: 3 })
    t.equal(await mayBook(office, id), 'VOUCHER_REBOOKINGS_USED')
    t.match(await office.used(id, 'anna', 'west'), { state: 'used' }, 'without an appointment it is still good')
    t.strictSame((await kinds(office, await voucherNow(office, id) as Voucher)).slice(4), ['booked', 'released', 'booked', 'rebooked', 'released', 'booked', 'rebooked', 'released', 'booked', 'rebooked', 'released', 'used'])
  })

  t.test('→ that the hospital refuses or takes back costs the person nothing', async (t) => {
    const office = await anOffice(t)
    const { id } = await office.issued('anna')
    for (const gone of [{ state: 'refused' }, { state: 'cancelled', isOurs: false }] as const) {
      const before = anAppointment(id, { isOurs: false, state: gone.state === 'refused' ? 'requested' : 'booked' })
      await moved(office, null, before)
      await moved(office, before, { ...before, ...gone })
    }
    t.match(await voucherNow(office, id), { state: 'issued', rebookings: 0 })
  })

  t.test('→ missed after the last day of the voucher ends it; kept, it is used on that day [D-14]', async (t) => {
    const office = await anOffice(t)
    const [missed, kept] = [await office.issued('anna'), await office.issued('anna')]
    const late = { startsAt: new Date('2027-06-05T09:00:00+08:00'), endsAt: new Date('2027-06-05T10:00:00+08:00') }
    await moved(office, null, anAppointment(missed.id, { ...late, id: 'm' }))
    await moved(office, null, anAppointment(kept.id, { ...late, id: 'k' }))
    await expireVouchers(lookAfter(office.store)).run(until)
    t.match([await voucherNow(office, missed.id), await voucherNow(office, kept.id)], [{ state: 'booked' }, { state: 'booked' }])
    await moved(office, anAppointment(missed.id, { ...late, id: 'm' }), anAppointment(missed.id, { ...late, id: 'm', state: 'no_show' }), new Date('2027-06-05T10:30:00+08:00'))
    t.match(await voucherNow(office, missed.id), { state: 'expired' })
    t.match(await office.used(kept.id, 'anna', 'east', late.startsAt), { state: 'used', appointmentId: 'k' })
    t.equal(calendarIn(zone)(late.startsAt), '2027-06-05')
  })
}
