import { randomUUID } from 'node:crypto'
import t from 'tap'
import { aMarket } from './a-market.ts'

t.setTimeout(240_000)

t.test('a membership → is put on sale, bought, used, renewed and given back; another one ends by itself [C14]', async (t) => {
  const market = await aMarket(t)
  const { service, who, call, get, items, advance, pays } = market
  const { patient = '', patient2 = '', hospital2 = '', finance = '', finance2 = '', administrator = '', operator = '', auditor = '' } = who
  await advance({ advance: 'PT1S' })

  await t.test('the administrator → manages what is on sale, in versions', async (t) => {
    const trial = { name: '康复体验卡', english: 'Rehabilitation for two days', forKind: 'patient', priceFen: 3_000, days: 2, usages: { sessions: 2 }, hospitalId: 'east', isOnSale: true }
    t.match(await call('/v1/memberships/rehab_trial', administrator, trial, 'PUT'), { status: 200, body: { code: 'rehab_trial', version: 1 } })
    t.match(await call('/v1/memberships/rehab_trial', administrator, { ...trial, hospitalId: 'nowhere' }, 'PUT'), { status: 422 })
    t.match(await call('/v1/memberships/rehab_trial', administrator, { ...trial, forKind: 'hospital' }, 'PUT'), { status: 422 })
    for (const token of [patient, hospital2, finance, operator]) t.equal((await call('/v1/memberships/rehab_trial', token, trial, 'PUT')).status, 403)
    t.strictSame((await items('/v1/memberships', patient)).map(({ code }) => code), ['care_year', 'rehab_trial'])
    t.strictSame((await items('/v1/memberships', hospital2)).map(({ code }) => code), ['anaesthesiologist_vip'], 'a hospital sees what is for hospitals')
    t.match(await call('/v1/memberships/rehab_trial', administrator, { ...trial, isOnSale: false }, 'PUT'), { body: { version: 2 } })
    t.strictSame((await items('/v1/memberships', patient)).map(({ code }) => code), ['care_year'])
    t.match(await call('/v1/membership-orders', patient, { product: 'rehab_trial' }), { status: 404, body: { code: 'MEMBERSHIP_PRODUCT_NOT_FOUND' } })
    t.strictSame((await items('/v1/memberships?onSale=false', administrator)).map(({ code }) => code), ['anaesthesiologist_vip', 'care_year', 'rehab_trial'])
    t.equal((await call('/v1/memberships/rehab_trial', administrator, { ...trial, priceFen: 3_000 }, 'PUT')).body.version, 3)
  })

  await t.test('an order → is the buyer\'s, is paid once, and lapses when nobody pays', async (t) => {
    t.equal((await service.post('/v1/membership-orders', patient, { product: 'care_year' })).status, 400, 'an order needs a key')
    const lapsing = (await call('/v1/membership-orders', patient2, { product: 'care_year' })).body
    t.match(lapsing, { state: 'pending', isInForce: false, payUntil: /T/ })
    t.match(await call('/v1/membership-usages', patient2, { membershipId: lapsing.id, kind: 'consultations', reference: 'c1' }), { status: 409, body: { code: 'MEMBERSHIP_STATE_REFUSED' } }, 'not paid')
    await advance({ advance: 'PT31M' })
    t.match((await get(`/v1/membership-orders/${lapsing.id}`, patient2)).body, { state: 'cancelled' })
    t.match(await call(`/v1/membership-orders/${lapsing.id}/pay`, patient2, { channel: 'wechat', mode: 'qr' }), { status: 409, body: { code: 'PAYMENT_NOT_PAYABLE' } })
    t.equal((await get(`/v1/membership-orders/${lapsing.id}`, patient)).status, 404)
    t.match(await call(`/v1/membership-orders/${lapsing.id}/pay`, patient, { channel: 'wechat', mode: 'qr' }), { status: 404 })
  })

  const { body: ordered } = await call('/v1/membership-orders', patient, { product: 'care_year' })
  await pays(`/v1/membership-orders/${ordered.id}`, patient)
  const active = (await get(`/v1/membership-orders/${ordered.id}`, patient)).body
  await t.test('paid → it is in force at once, and the member hears of it', async (t) => {
    t.match(active, { state: 'active', isInForce: true, counts: [{ kind: 'consultations', total: 3, used: 0, left: 3 }] })
    t.equal(Date.parse(active.endsAt) - Date.parse(active.startsAt), 365 * 86_400_000)
    const told = (await items('/v1/me/notices', patient)).map(({ template }) => template)
    t.ok(told.includes('membership_active'))
  })

  await t.test('uses → count down to nothing, once for each thing, and never below', async (t) => {
    const use = (reference: string, kind = 'consultations') => call('/v1/membership-usages', patient, { membershipId: ordered.id, kind, reference })
    const first = await use('c1')
    t.match(first, { status: 201, body: { kind: 'consultations', reference: 'c1' } })
    t.equal((await use('c1')).body.id, first.body.id, 'the same thing again uses nothing more')
    t.match(await use('c1', 'massages'), { status: 409, body: { code: 'MEMBERSHIP_USES_SPENT' } })
    t.equal((await call('/v1/membership-usages', patient2, { membershipId: ordered.id, kind: 'consultations', reference: 'c9' })).status, 404)
    t.match((await get(`/v1/membership-orders/${ordered.id}`, patient)).body.counts, [{ used: 1, left: 2 }])
    t.strictSame((await items(`/v1/membership-usages?membershipId=${ordered.id}`, patient)).map(({ reference }) => reference), ['c1'])
    t.strictSame((await items('/v1/membership-usages', patient2)), [])
    t.equal((await items('/v1/membership-usages', administrator)).length, 1, 'administration sees all')
  })

  await t.test('a renewal → begins where the first term ends, and goes back whole before that', async (t) => {
    const { body: renewal } = await call('/v1/membership-orders', patient, { product: 'care_year' })
    await pays(`/v1/membership-orders/${renewal.id}`, patient)
    t.match((await get(`/v1/membership-orders/${renewal.id}`, patient)).body, { state: 'active', isInForce: false, startsAt: active.endsAt })
    t.match(await call(`/v1/membership-orders/${ordered.id}/refund`, patient, { reason: '搬家' }), { status: 409, body: { code: 'MEMBERSHIP_STATE_REFUSED' } }, 'the later one first')
    t.match(await call(`/v1/membership-orders/${renewal.id}/refund`, patient, { reason: '搬家' }), { status: 200, body: { refund: { state: 'asked', amountFen: 19_900 } } })
    t.equal((await call(`/v1/membership-orders/${renewal.id}/refund/decision`, patient, { decision: 'approve' })).status, 403)
    t.match(await call(`/v1/membership-orders/${renewal.id}/refund/decision`, finance, { decision: 'refuse' }), { status: 200, body: { state: 'active', refund: { state: 'refused' } } })
    t.match(await call(`/v1/membership-orders/${renewal.id}/refund`, finance, { reason: '电话申请' }), { status: 200 })
    t.strictSame((await items('/v1/membership-orders?refundAsked=true', finance)).map(({ id }) => id), [renewal.id])
    t.match(await call(`/v1/membership-orders/${renewal.id}/refund/decision`, finance, { decision: 'approve' }), { status: 403, body: { code: 'DECISION_NEEDS_ANOTHER_PERSON' } })
    t.match(await call(`/v1/membership-orders/${renewal.id}/refund/decision`, finance2, { decision: 'approve' }), { status: 200, body: { state: 'refunded', refund: { state: 'approved' } } })
    await advance({ advance: 'PT1S' })
  })

  await t.test('what is unused → goes back the way it was paid, and the books agree', async (t) => {
    await advance({ advance: 'P1D' })
    const asked = await call(`/v1/membership-orders/${ordered.id}/refund`, patient, { reason: '不再需要' })
    t.match(asked, { status: 200, body: { refund: { amountFen: Math.floor(19_900 * 2 / 3) } } }, 'two of three uses are left, and more of the days')
    t.match(await call('/v1/membership-usages', patient, { membershipId: ordered.id, kind: 'consultations', reference: 'c2' }), { status: 409 }, 'while it is asked for nothing is used')
    t.match(await call(`/v1/membership-orders/${ordered.id}/refund/decision`, finance2, { decision: 'approve' }), { status: 200, body: { state: 'refunded', isInForce: false } })
    await advance({ advance: 'PT10M' })
    const refunds = await items('/v1/refunds?state=success', finance)
    t.strictSame(refunds.map(({ amountFen }) => amountFen).sort(), [13_266, 19_900])
    const { body: { accounts } } = await get('/v1/ledger/trial-balance', auditor)
    const balanceOf = (wanted: string): number => accounts.find(({ hospitalId, account }: { readonly hospitalId: string, readonly account: string }) => hospitalId === 'east' && account === wanted)?.amountFen ?? 0
    t.equal(balanceOf('INCOME:membership'), -(2 * 19_900 - 19_900 - 13_266))
    t.equal(balanceOf('REFUND_PAYABLE'), 0)
  })

  await t.test('a term → ends to the second, with a word before', async (t) => {
    const { body: short } = await call('/v1/membership-orders', patient2, { product: 'rehab_trial' })
    await pays(`/v1/membership-orders/${short.id}`, patient2)
    const { endsAt } = (await get(`/v1/membership-orders/${short.id}`, patient2)).body
    await advance({ set: new Date(Date.parse(endsAt) - 1).toISOString() })
    t.match((await get(`/v1/membership-orders/${short.id}`, patient2)).body, { state: 'active', isInForce: true })
    t.match((await call('/v1/membership-usages', patient2, { membershipId: short.id, kind: 'sessions', reference: randomUUID() })).status, 201)
    await advance({ set: endsAt })
    t.match((await get(`/v1/membership-orders/${short.id}`, patient2)).body, { state: 'expired', isInForce: false, counts: [{ used: 1, left: 1 }] })
    t.equal((await call('/v1/membership-usages', patient2, { membershipId: short.id, kind: 'sessions', reference: randomUUID() })).status, 409)
    const told = (await items('/v1/me/notices', patient2)).map(({ template }) => template)
    t.ok(['membership_expiring', 'membership_expired'].every((template) => told.includes(template)))
  })
})
