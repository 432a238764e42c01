import { randomUUID } from 'node:crypto'
import type { Test } from 'tap'
import type { Store } from '../../adapters/store/index.ts'
import { calendarIn } from '../../core/clock.ts'
import { hasBenefit, membershipOf, orderMembership, useMembership, type Membership, type MembershipProduct, type MembershipTools } from '../../core/membership/index.ts'
import { beginMembership } from '../../core/membership/order-membership.ts'
import { fen } from '../../core/money.ts'
import { refusals, type OpenStore } from './store-under-test.ts'

const at = new Date('2027-03-01T12:00:00+08:00')
const later = (ms: number): Date => new Date(at.getTime() + ms)
const dayMs = 86_400_000
const page = { limit: 50, offset: 0 }
const tools: MembershipTools = { ids: { next: randomUUID }, calendar: calendarIn('Asia/Shanghai'), settings: { payMinutes: 30, remindDays: 7, refundDays: 366 } }
const product: MembershipProduct = { code: 'year', version: 1, name: '年卡', english: 'Year', forKind: 'hospital', priceFen: fen(100), days: 10, usages: { consultations: 3 }, benefits: ['see_all'], hospitalId: 'east', isOnSale: true, madeAt: at, madeBy: 'admin' }
const west = { kind: 'hospital', id: 'west' } as const

async function bought (store: Pick<Store, 'inTransaction'>, when = at): Promise<Membership> {
  return await store.inTransaction(async (stores) => {
    const membership = await orderMembership(stores, tools, { member: west, product: 'year', by: 'west' }, when)
    return await beginMembership(stores, tools, { membership, paymentOrderId: randomUUID() }, when)
  })
}

export function membershipStoreContract (t: Test, open: OpenStore): void {
  t.test('a product → is sold in its newest version; a version is written once [C14]', async (t) => {
    const store = await open(t)
    await store.inTransaction(async ({ memberships }) => {
      await memberships.addVersion(product)
      await memberships.addVersion({ ...product, version: 2, isOnSale: false, usages: {} })
      await memberships.addVersion({ ...product, code: 'month', forKind: 'patient' })
    })
    await store.inReading(async ({ memberships }) => {
      t.strictSame(await memberships.product('year'), { ...product, version: 2, isOnSale: false, usages: {} })
      t.equal(await memberships.product('none'), null)
      t.strictSame((await memberships.products({ forKind: null, onlyOnSale: true }, page)).map(({ code }) => code), ['month'])
      t.strictSame((await memberships.products({ forKind: 'hospital', onlyOnSale: false }, page)).map(({ code, version }) => [code, version]), [['year', 2]])
    })
    t.strictSame(refusals(await Promise.allSettled([store.inTransaction(({ memberships }) => memberships.addVersion(product))])), ['STORE_WRITE_CONFLICT'])
  })

  t.test('a term → is in force to the very millisecond, and ends when it is due [C14 acc:TM-09]', async (t) => {
    const store = await open(t)
    await store.inTransaction(({ memberships }) => memberships.addVersion(product))
    const pending = await store.inTransaction((stores) => orderMembership(stores, tools, { member: west, product: 'year', by: 'west' }, at))
    t.strictSame(await store.inReading(({ memberships }) => memberships.find(pending.id)), pending)
    const term = await bought(store)
    t.strictSame(await store.inReading(({ memberships }) => memberships.find(term.id)), term)
    await store.inReading(async (stores) => {
      const inForce = async (when: Date): Promise<boolean> => await membershipOf(stores, west, 'year', when) !== null && await hasBenefit(stores, west, 'see_all', when)
      t.strictSame([await inForce(later(-1)), await inForce(at), await inForce(later(10 * dayMs - 1)), await inForce(later(10 * dayMs))], [false, true, true, false])
      t.equal(await membershipOf(stores, { kind: 'hospital', id: 'east' }, 'year', at), null)
      t.equal(await membershipOf(stores, { kind: 'patient', id: 'west' }, 'year', at), null)
      t.strictSame(await stores.memberships.nextDue(), pending.payUntil)
      t.strictSame((await stores.memberships.due(later(1_800_000), 9)).map(({ id }) => id), [pending.id])
      t.strictSame((await stores.memberships.due(later(10 * dayMs), 9)).map(({ id }) => id), [pending.id, term.id])
      t.strictSame((await stores.memberships.toRemind({ from: later(4 * dayMs), to: later(11 * dayMs) }, 9)).map(({ id }) => id), [term.id])
      t.strictSame((await stores.memberships.list({ member: { kind: 'hospital', ids: ['west'] }, hospitalId: 'east', state: 'active', hasRefundAsked: false }, page)).map(({ id }) => id), [term.id])
      t.strictSame(await stores.memberships.list({ member: null, hospitalId: 'west', state: null, hasRefundAsked: false }, page), [])
    })
    const asked = { ...term, refund: { state: 'asked' as const, amountFen: fen(7), reason: 'x', askedBy: 'w', askedAt: at, decidedBy: null, decidedAt: null }, remindedAt: at }
    await store.inTransaction(({ memberships }) => memberships.save(asked))
    await store.inReading(async ({ memberships }) => {
      t.strictSame(await memberships.find(term.id), asked)
      t.strictSame((await memberships.list({ member: null, hospitalId: null, state: null, hasRefundAsked: true }, page)).map(({ id }) => id), [term.id])
      t.strictSame(await memberships.toRemind({ from: at, to: later(11 * dayMs) }, 9), [], 'reminded once')
    })
  })

  t.test('20 renewals at once → follow each other without a gap and without sharing a second [C14]', async (t) => {
    const store = await open(t)
    await store.inTransaction(({ memberships }) => memberships.addVersion(product))
    const terms = await Promise.all(Array.from({ length: 20 }, () => bought(store)))
    t.strictSame(terms.map(({ startsAt }) => startsAt?.getTime()).sort((one, other) => Number(one) - Number(other)), Array.from({ length: 20 }, (_, place) => at.getTime() + place * 10 * dayMs))
    t.strictSame(await store.inReading(({ memberships }) => memberships.lastEnd({ kind: 'hospital', ids: ['west'] }, 'year')), later(200 * dayMs))
  })

  t.test('100 parallel uses of the last one → one; the counter is never below nothing [C14]', async (t) => {
    const store = await open(t)
    await store.inTransaction(({ memberships }) => memberships.addVersion(product))
    const { id: membershipId } = await bought(store)
    const use = (reference: string, when = at) => store.inTransaction((stores) => useMembership(stores, tools, { membershipId, kind: 'consultations', reference, by: 'west' }, when))
    for (const reference of ['a', 'b', 'b']) await use(reference)
    const outcomes = await Promise.allSettled(Array.from({ length: 100 }, (_, place) => use(`c${place}`)))
    t.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 1)
    t.strictSame([...new Set(refusals(outcomes))], ['MEMBERSHIP_USES_SPENT'])
    await store.inReading(async ({ memberships }) => {
      t.strictSame(await memberships.counts([membershipId]), [{ membershipId, kind: 'consultations', total: 3, used: 3 }])
      t.equal((await memberships.usages({ membershipIds: [membershipId], member: { kind: 'hospital', ids: ['west'] } }, page)).length, 3)
      t.strictSame(await memberships.usages({ membershipIds: null, member: { kind: 'hospital', ids: ['east'] } }, page), [])
    })
    t.match(await use('a', later(20 * dayMs)), { reference: 'a' }, 'what was used is answered again')
    t.strictSame(refusals(await Promise.allSettled([use('z', later(20 * dayMs))])), ['MEMBERSHIP_STATE_REFUSED'], 'nothing is used after the end')
  })
}
