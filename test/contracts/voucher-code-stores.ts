import { generateKeyPairSync, randomUUID } from 'node:crypto'
import { setImmediate as breathe } from 'node:timers/promises'
import type { Test } from 'tap'
import { sha256Bytes, voucherKeysFrom } from '../../adapters/codes/index.ts'
import type { Stores } from '../../adapters/store/index.ts'
import { calendarIn, type CalendarDate } from '../../core/clock.ts'
import { addDays, startOfDayIn } from '../../core/days.ts'
import type { Patient } from '../../core/identity/index.ts'
import {
  currentDenyList, leaveUse, openDenyList, readVoucherCode, settleOfflineUse, syncOfflineUses, takeOfflineUse, writeVoucherCode,
  type OfflineEntry, type SyncDeps, type SyncedEntry, type Voucher, type VoucherState
} from '../../core/vouchers/index.ts'
import { refusals, type OpenStore } from './store-under-test.ts'

type OpenedStore = Awaited<ReturnType<OpenStore>>

const zone = 'Asia/Shanghai'
const calendar = calendarIn(zone)
const startOfDay = startOfDayIn(zone)
const ids = { next: randomUUID }
const keys = voucherKeysFrom(String(generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' })))
const day = (text: string): CalendarDate => text as CalendarDate
const now = new Date('2027-05-10T12:00:00+08:00')
const later = (ms: number): Date => new Date(now.getTime() + ms)
const hour = 3_600_000
const [firstDay, lastDay] = [day('2027-05-01'), day('2027-05-20')]
const tools = {
  ids, calendar, startOfDay,
  settings: { mostRebookings: 2, honourDays: 30, remindDays: 7, redeemAfterMinutes: 30 },
  codes: { sign: codeOf, read: () => null }
}

function codeOf ({ id, batch, validFrom, validUntil }: Pick<Voucher, 'id' | 'batch' | 'validFrom' | 'validUntil'>): string {
  return writeVoucherCode({ voucherId: id, batch, validFrom: calendar(validFrom), validUntil: calendar(new Date(validUntil.getTime() - 1)) }, keys.signer)
}

function aRecord (id: string, personId: string, hospitalId: string): Omit<Patient, 'sequence'> {
  return { id, personId, hospitalId, identifiers: [], name: null, gender: null, birthDate: null, active: true }
}

interface Office {
  readonly store: OpenedStore
  readonly batch: number
  readonly vouchers: readonly Voucher[]
}

/** A batch of vouchers of a community, for the hospitals east and west, all issued to one person, who is known to both. */
async function anOffice (store: OpenedStore, count = 4, facts: { readonly lastDay?: CalendarDate } = {}): Promise<Office> {
  const until = facts.lastDay ?? lastDay
  const at = later(-5 * 24 * hour)
  return await store.inTransaction(async (stores) => {
    for (const id of ['east', 'west']) await stores.voucherParties.save({ kind: 'hospital', id, name: id, isActive: true, registeredAt: at, by: 'office' })
    for (const [id, person, hospital] of [['p-east', 'p', 'east'], ['p-west', 'p', 'west'], ['q-east', 'q', 'east']] as const) await stores.patients.save(aRecord(id, person, hospital))
    const { number: batch } = await stores.voucherBatches.add({
      id: randomUUID(), campaignId: 'c', group: 'elderly', examination: { name: '低剂量胸部CT', codes: ['CT01'] }, hospitalIds: ['east', 'west'], department: '社区卫生服务科', firstDay, lastDay: until,
      validFrom: startOfDay(firstDay), validUntil: startOfDay(addDays(until, 1)), uses: 1, count, generated: 0, allocated: 0, voidedAt: null, createdAt: at, by: 'office'
    })
    const run = { batch, fromSeq: 1, toSeq: count, month: '2027-05', by: 'office', at }
    await stores.vouchers.generate(run)
    const vouchers: Voucher[] = []
    for (let seq = 1; seq <= count; seq++) {
      const made = await stores.vouchers.byPlace(batch, seq)
      if (made === null) throw new Error('it was generated')
      vouchers.push(await moved(stores, made, { state: 'issued', communityId: 'sunny', patientId: 'p-east', issuedAt: at }))
    }
    return { store, batch, vouchers }
  })
}

async function moved (stores: Stores, before: Voucher, change: Partial<Voucher> & { readonly state: VoucherState }): Promise<Voucher> {
  const after = { ...before, ...change, version: before.version + 1 }
  const { batch, seq } = before
  await stores.vouchers.step({ before, after, event: { batch, fromSeq: seq, toSeq: seq, what: 'issued', from: before.state, to: after.state, communityId: after.communityId, hospitalId: null, month: '2027-05', subjectId: null, reason: null, by: 'office', at: now } })
  return after
}

export function voucherCodeStoresContract (t: Test, open: OpenStore): void {
  t.test('keys that signed → are needed as long as a batch of their time runs [V-11 V-27]', async (t) => {
    const office = await anOffice(await open(t), 1)
    const needed = (at: Date) => office.store.inReading(({ codeKeys }) => codeKeys.needed(at))
    const signs = (keyId: string, at: Date) => office.store.inTransaction(({ codeKeys }) => codeKeys.noteSigning(keyId, at))
    await signs('0000000a', later(-20 * 24 * hour))
    await signs('0000000a', later(-19 * 24 * hour))
    t.strictSame(await needed(now), ['0000000a'])
    await signs('0000000b', later(-10 * 24 * hour))
    t.strictSame(await needed(now), ['0000000b'], 'the batch is younger than the rotation')
    await signs('0000000c', now)
    t.strictSame(await needed(now), ['0000000b', '0000000c'])
    await signs('0000000b', later(1))
    t.strictSame(await needed(later(2)), ['0000000b', '0000000c'], 'a key may be put back')
    t.strictSame(await needed(startOfDay(addDays(lastDay, 1))), [], 'after the last day no code needs a key')
  })

  t.test('a deny list → is issued from what stands, numbered, the same bytes for everybody while it is fresh [V-23 I-46]', async (t) => {
    const { store, batch, vouchers } = await anOffice(await open(t), 6)
    const ended = await anOffice(store, 1, { lastDay: day('2027-05-09') })
    const recalled = await anOffice(store, 1)
    await store.inTransaction(async (stores) => {
      for (const [place, state] of (['used', 'examined', 'redeemed', 'void', 'expired'] as const).entries()) await moved(stores, vouchers[place] as Voucher, { state })
      await stores.voucherBatches.void(recalled.batch, now)
    })
    const issue = (at: Date) => currentDenyList({ ...store, signer: keys.signer, hash: sha256Bytes, breathe }, at)
    const [first, second] = await Promise.all([issue(now), issue(now)])
    t.same(first, second, 'two nodes at once')
    const list = openDenyList(first, { verify: keys.verify, hash: sha256Bytes })
    t.match(list, { sequence: 1, count: 5, issuedAt: now, validUntil: later(24 * hour), batches: [{ batch, hospitals: ['east', 'west'], service: '低剂量胸部CT' }] })
    t.equal(list?.batches.length, 1, 'neither one that is over nor one that was recalled')
    t.strictSame(vouchers.map(({ id }) => list?.denies(id)), [true, true, true, true, true, false])
    t.equal(list?.denies(ended.vouchers[0]?.id ?? ''), false, 'what is over by its days is not listed')
    t.same(await issue(later(599_000)), first)
    t.equal((await issue(later(600_000))).sequence, 2)
    await store.inReading(async ({ denyLists }) => {
      t.equal(await denyLists.signed(1), null, 'the bytes of the list before are dropped')
      t.same(await denyLists.head(1), { sequence: 1, issuedAt: now, validUntil: later(24 * hour) }, 'when it was good is not')
      t.equal(await denyLists.head(3), null)
    })
    t.equal((await issue(later(40 * 24 * hour))).sequence, 3)
    t.equal(await store.inReading(({ denyLists }) => denyLists.head(1)), null, 'after a month it is forgotten')
  })

  t.test('an offline use → is kept once, listed, and settled once', async (t) => {
    const { inTransaction, inReading } = await open(t)
    const aUse = (id: string, hospitalId: string, entryId: string) => ({ id, hospitalId, entryId, contentKey: `key ${id}`, voucherId: null, usedAt: now, listSequence: 1, syncedAt: later(Number(id)) })
    await inTransaction(async ({ offlineUses }) => {
      t.strictSame([await offlineUses.claim(aUse('1', 'east', 'e1')), await offlineUses.claim(aUse('2', 'east', 'e1')), await offlineUses.claim(aUse('3', 'west', 'e1'))], [true, false, true])
      await offlineUses.decide('1', { kind: 'taken', useId: 'u1' })
      t.strictSame([await offlineUses.takeProof('1', 'shown'), await offlineUses.takeProof('3', 'shown')], [true, false])
      await offlineUses.takeProof('3', 'another')
      await offlineUses.decide('3', { kind: 'refused', reason: 'spent' })
      t.strictSame([await offlineUses.takeProof('1', 'another'), await offlineUses.takeProof('1', 'shown')], [true, true], 'a refused one gives its proof back')
    })
    await inTransaction(async ({ offlineUses }) => {
      t.equal(await offlineUses.settle('1', { at: now, by: 'office', how: 'was_a_mistake' }), false, 'what was taken is settled')
      t.strictSame([await offlineUses.settle('3', { at: now, by: 'office', how: 'programme_pays' }), await offlineUses.settle('3', { at: now, by: 'another', how: 'hospital_bears' })], [true, false])
    })
    await inReading(async ({ offlineUses }) => {
      const [one, three] = [{ ...aUse('1', 'east', 'e1'), outcome: { kind: 'taken', useId: 'u1' }, settled: null }, { ...aUse('3', 'west', 'e1'), outcome: { kind: 'refused', reason: 'spent' }, settled: { at: now, by: 'office', how: 'programme_pays' } }]
      t.same(await offlineUses.find('east', 'e1'), one)
      t.same(await offlineUses.findById('3'), three)
      const list = (filter: Partial<Parameters<typeof offlineUses.list>[0]>) => offlineUses.list({ hospitalId: null, outcome: null, isOpen: null, ...filter }, { limit: 9, offset: 0 })
      t.same([await list({}), await list({ hospitalId: 'east' }), await list({ outcome: 'refused' }), await list({ isOpen: true }), await list({ isOpen: false })], [[three, one], [one], [three], [], [three, one]])
    })
  })

  offlineContract(t, open)
}

function offlineContract (t: Test, open: OpenStore): void {
  const entry = (voucher: Voucher, facts: Partial<OfflineEntry> = {}): OfflineEntry => ({ entryId: randomUUID(), code: codeOf(voucher), usedAt: later(-hour), listSequence: 1, personalCode: null, patientId: 'p-east', ...facts })

  const aSync = async (store: OpenedStore) => {
    await store.inTransaction(async ({ denyLists }) => { await denyLists.add({ sequence: 1, manifest: 'm', keyId: 'k', signature: 's', entries: new Uint8Array(), issuedAt: later(-20 * hour), validUntil: later(4 * hour) }) })
    const deps: SyncDeps<Stores> = {
      inTransaction: store.inTransaction, ids, calendar, verify: keys.verify, keyOf: (text) => `keyed ${text}`,
      personBehind: (code) => code.startsWith('shows ') ? code.split(' ')[1] ?? null : null,
      isSamePerson: async ({ patients }, one, { patientId, ofHospital }) => {
        const [there, holder] = [await patients.find(one), await patients.find(patientId)]
        return there !== null && there.personId === holder?.personId && (ofHospital === null || there.hospitalId === ofHospital)
      },
      takeOfflineUse: (stores, use) => takeOfflineUse(stores, tools, use)
    }
    return (entries: readonly OfflineEntry[], hospitalId = 'east', at = now): Promise<readonly SyncedEntry[]> => syncOfflineUses(deps, entries, { hospitalId, by: `module of ${hospitalId}`, now: at })
  }
  const said = (synced: readonly SyncedEntry[]): readonly string[] => synced.map(({ outcome }) => outcome.kind === 'refused' ? outcome.reason : outcome.kind)

  t.test('a use that a hospital tells later → is the use that it would have been then, once however often it is told [V-23 I-40 I-46]', async (t) => {
    const { store, vouchers: [one, two] } = await anOffice(await open(t))
    const sync = await aSync(store)
    const told = [entry(one as Voucher), entry(two as Voucher, { patientId: null, personalCode: 'shows p-west 1' })]
    const first = await sync(told)
    t.strictSame(said(first), ['taken', 'taken'])
    t.strictSame(await sync(told), first, 'the same answers again')
    t.strictSame(said(await sync([{ ...told[0] as OfflineEntry, usedAt: later(-2 * hour) }])), ['entry_reused'])
    await store.inReading(async ({ vouchers, voucherUses }) => {
      t.match(await vouchers.find(one?.id ?? ''), { state: 'used' })
      t.match(await voucherUses.ofVoucher(one?.id ?? ''), [{ useNo: 1, hospitalId: 'east', patientId: 'p-east', usedAt: later(-hour), usedBy: 'module of east', state: 'used' }])
    })
  })

  t.test('told by two hospitals at once → counts at one of them, and the other one is shown to the back office [V-23 I-40]', async (t) => {
    const { store, vouchers } = await anOffice(await open(t), 8)
    const sync = await aSync(store)
    const proof = (place: number, patientId: string): Partial<OfflineEntry> => place % 2 === 0 ? { patientId: null, personalCode: 'shows p-west 1' } : { patientId }
    const east = vouchers.map((voucher, place) => entry(voucher, proof(place, 'p-east')))
    const west = vouchers.map((voucher, place) => entry(voucher, { ...proof(place, 'p-west'), usedAt: later(-2 * hour) }))
    const answers = await Promise.all([sync(east), sync(west, 'west'), sync(east), sync([...west].reverse(), 'west')])
    const [ofEast = [], ofWest = [], again, againWest = []] = answers
    t.strictSame(again, ofEast)
    t.strictSame([...againWest].reverse(), ofWest)
    for (const place of vouchers.keys()) {
      const both = [said(ofEast)[place], said(ofWest)[place]]
      t.equal(both.filter((outcome) => outcome === 'taken').length, 1, `voucher ${place + 1}`)
      // Where both show the same personal code, the loser may hear of the code first.
      t.ok(both.some((outcome) => outcome === 'spent' || (outcome === 'proof_used' && place % 2 === 0)), `voucher ${place + 1} of the other: ${both.join(' ')}`)
    }
    await store.inReading(async ({ voucherUses, offlineUses }) => {
      for (const { id } of vouchers) t.equal((await voucherUses.ofVoucher(id)).length, 1)
      t.equal((await offlineUses.list({ hospitalId: null, outcome: 'refused', isOpen: true }, { limit: 50, offset: 0 })).length, 8)
    })
    const loser = [...ofEast, ...ofWest].find(({ outcome }) => outcome.kind === 'refused')?.id ?? ''
    const winner = [...ofEast, ...ofWest].find(({ outcome }) => outcome.kind === 'taken')?.id ?? ''
    const settle = (id: string) => store.inTransaction((stores) => settleOfflineUse(stores, { id, how: 'programme_pays', by: 'finance' }, now))
    t.match(await settle(loser), { settled: { how: 'programme_pays', by: 'finance' } })
    t.strictSame(refusals(await Promise.allSettled([settle(loser), settle(winner), settle('nobody')])), ['OFFLINE_USE_SETTLED', 'OFFLINE_USE_NOT_FOUND', 'OFFLINE_USE_NOT_FOUND'])
  })

  t.test('of one voucher twice in what one hospital tells → the earlier one counts', async (t) => {
    const { store, vouchers: [voucher] } = await anOffice(await open(t), 1)
    const sync = await aSync(store)
    t.strictSame(said(await sync([entry(voucher as Voucher, { usedAt: later(-hour) }), entry(voucher as Voucher, { usedAt: later(-3 * hour) })])), ['spent', 'taken'])
  })

  t.test('that does not hold → is refused with its reason, and the voucher stays as it is [V-23 I-40 I-46]', async (t) => {
    const store = await open(t)
    const { vouchers } = await anOffice(store, 9)
    const short = await anOffice(store, 2, { lastDay: day('2027-05-09') })
    const recalled = await anOffice(store, 1)
    const sync = await aSync(store)
    const [plain, voided, expired, booked, fresh, shown] = vouchers as [Voucher, Voucher, Voucher, Voucher, Voucher, Voucher]
    await store.inTransaction(async (stores) => {
      await moved(stores, voided, { state: 'void' })
      await moved(stores, expired, { state: 'expired' })
      await moved(stores, booked, { state: 'booked', appointment: { id: 'a', hospitalId: 'west', startsAt: later(hour), honouredUntil: later(24 * hour) } })
      await moved(stores, fresh, { state: 'issued', issuedAt: later(-600_000) })
      await stores.voucherBatches.void(recalled.batch, now)
    })
    const stranger = voucherKeysFrom(String(generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' })))
    const unknownVoucher = { ...plain, id: randomUUID() }
    const cases: ReadonlyArray<readonly [string, OfflineEntry]> = [
      ['malformed', entry(plain, { code: codeOf(plain).toLowerCase() })],
      ['unknown_key', entry(plain, { code: writeVoucherCode({ voucherId: plain.id, batch: plain.batch, validFrom: firstDay, validUntil: lastDay }, stranger.signer) })],
      ['forged', entry(plain, { code: writeVoucherCode({ voucherId: plain.id, batch: plain.batch, validFrom: firstDay, validUntil: lastDay }, { ...stranger.signer, shortId: keys.signer.shortId }) })],
      ['unknown', entry(unknownVoucher)],
      ['clock_wrong', entry(plain, { usedAt: later(600_000) })],
      ['too_late', entry(plain, { usedAt: later(-8 * 24 * hour) })],
      ['list_unknown', entry(plain, { listSequence: 9 })],
      ['list_stale', entry(plain, { usedAt: later(-21 * hour) })],
      ['expired', entry(short.vouchers[0] as Voucher)],
      ['person_unproven', entry(plain, { patientId: null })],
      ['person_unproven', entry(plain, { personalCode: 'of nobody' })],
      ['other_person', entry(plain, { patientId: 'q-east' })],
      ['other_person', entry(plain, { patientId: 'p-west' })],
      ['void', entry(voided)],
      ['void', entry(recalled.vouchers[0] as Voucher)],
      ['expired_meanwhile', entry(expired)],
      ['booked_elsewhere', entry(booked)],
      ['not_issued_then', entry(fresh)]
    ]
    t.strictSame(said(await sync(cases.map(([, told]) => told))).map((reason, place) => `${place} ${reason}`), cases.map(([reason], place) => `${place} ${reason}`))
    t.strictSame(said(await sync([entry(plain)], 'north')), ['other_hospital'])
    await store.inReading(async (stores) => {
      t.match(await stores.vouchers.find(plain.id), { state: 'issued' })
      for (const { id } of vouchers) t.strictSame(await stores.voucherUses.ofVoucher(id), [])
    })
    t.strictSame(said(await sync([entry(plain, { patientId: null, personalCode: 'shows p-east 7' })])), ['taken'], 'and it may still be used')
    t.strictSame(said(await sync([entry(shown, { patientId: null, personalCode: 'shows p-east 7' })])), ['taken'], 'with the code that stood for another voucher in the same minute')
    t.equal(readVoucherCode(codeOf(shown), keys.verify).kind, 'genuine')
  })

  t.test('proven by a personal code that stood for a use of this voucher before → is refused, though the voucher is in hand again [V-22 I-46]', async (t) => {
    const { store, vouchers: [voucher] } = await anOffice(await open(t), 1)
    const sync = await aSync(store)
    const shown = { patientId: null, personalCode: 'shows p-east 7' }
    const [first] = await sync([entry(voucher as Voucher, shown)])
    await store.inTransaction((stores) => leaveUse(stores, tools, { useId: first?.outcome.kind === 'taken' ? first.outcome.useId : '', reason: 'left', by: 'east' }, later(-1)))
    t.strictSame(said(await sync([entry(voucher as Voucher, shown)])), ['proof_used'])
    t.strictSame(said(await sync([entry(voucher as Voucher, { patientId: null, personalCode: 'shows p-east 8' })])), ['taken'])
  })

  t.test('within its last day, told after it → counts, if nobody has counted it as run out by then [V-27 I-40]', async (t) => {
    const { store, vouchers: [voucher] } = await anOffice(await open(t), 1, { lastDay: day('2027-05-10') })
    const sync = await aSync(store)
    t.strictSame(said(await sync([entry(voucher as Voucher)], 'east', later(13 * hour))), ['taken'])
  })
}
