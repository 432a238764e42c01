import { randomUUID } from 'node:crypto'
import t, { type Test } from 'tap'
import { aDatabase, aService, eventually, type Answer, type Service } from './a-service.ts'

t.setTimeout(300_000)

interface Market {
  readonly service: Service
  readonly post: (url: string, who: string, body?: unknown) => Promise<Answer>
  readonly get: (url: string, who: string) => Promise<Answer>
  readonly doctorId: string
  /** Open times of the demo's doctor, the first ones first. */
  readonly times: readonly { readonly id: string, readonly start: string }[]
  readonly invite: (who: string, wanted: object) => Promise<Answer['body']>
  /** By WeChat, to the end. */
  readonly pay: (url: string, who: string) => Promise<void>
  readonly stateOf: (id: string, who: string) => Promise<string>
  readonly step: (id: string, name: string, who: string, body?: object) => Promise<Answer>
  readonly setClock: (instant: string) => Promise<void>
  readonly wait: (advance: string) => Promise<void>
  /** What of a payment went back to the payer. */
  readonly refunded: (who: string, purpose: string) => Promise<readonly number[]>
  readonly available: (wallet: string) => Promise<number>
  readonly level: () => Promise<number | null>
}

/** The demo: its doctor of the east is an approved anaesthesiologist with open evenings, its patient is to be admitted there; hospital2 is the west. */
async function aMarket (t: Test): Promise<Market> {
  const service = await aService(t, { isDemo: true, environment: await aDatabase(t) })
  const tokens = service.credentials()
  const token = (who: string): string => tokens[who] ?? who
  const post: Market['post'] = (url, who, body) => service.call('POST', url, token(who), body, { 'idempotency-key': randomUUID() })
  const get: Market['get'] = (url, who) => service.get(url, token(who))
  const clock = async (body: object): Promise<void> => {
    const moved = await post('/demo/clock', 'operator', body)
    t.equal(moved.status, 200, JSON.stringify(moved.body))
    t.strictSame((moved.body.ran as ReadonlyArray<{ readonly status: string }>).filter(({ status }) => status !== 'done'), [])
    await service.settled()
  }
  await clock({ set: '2027-03-01T10:00:00+08:00' })
  // Asking for the card, the hospital's own system tells who that is.
  t.ok((await post('/v1/identity-readings', 'desk', { kind: 'patient_card', value: 'E900001' })).status < 300)
  await service.settled()
  const doctorId = (await get('/v1/me', 'doctor')).body.personId as string
  const calendar = await get(`/v1/doctors/${doctorId}/calendar`, 'doctor')
  t.equal(calendar.status, 200)
  return {
    service, post, get, doctorId,
    times: calendar.body.items,
    invite: async (who, wanted) => {
      const made = await post('/v1/invitations', who, { doctorId, kind: 'invite', note: '腹腔镜手术，请评估', ...wanted })
      t.equal(made.status, 201, JSON.stringify(made.body))
      return made.body
    },
    pay: async (url, who) => {
      const paying = await post(`${url}/pay`, who, { channel: 'wechat', mode: 'qr' })
      t.equal(paying.status, 201, JSON.stringify(paying.body))
      await service.settled()
      t.equal((await post('/demo/simulators/wechat', 'operator', { act: 'pay', key: paying.body.orderNumber })).status, 200)
      await service.settled()
    },
    stateOf: async (id, who) => (await get(`/v1/invitations/${id}`, who)).body.state,
    step: async (id, name, who, body) => {
      const done = await post(`/v1/invitations/${id}/${name}`, who, body)
      await service.settled()
      return done
    },
    setClock: (set) => clock({ set }),
    wait: (advance) => clock({ advance }),
    refunded: async (who, purpose) => (await get('/v1/payments?limit=100', who)).body.items.filter((order: { purpose: string }) => order.purpose === purpose).map((order: { refundedFen: number }) => order.refundedFen),
    available: async (wallet) => (await get(`/v1/wallets/${encodeURIComponent(wallet)}`, 'finance')).body.availableFen,
    level: async () => (await get(`/v1/doctors/${doctorId}/stars`, 'patient')).body.level
  }
}

t.test('a patient\'s invitation', async (t) => {
  const market = await aMarket(t)
  const { post, get, doctorId, times, invite, pay, stateOf, step, level } = market
  const [first, second] = times
  const { id } = await invite('patient', { slotId: first?.id })

  await t.test('is made at the doctor\'s own price, paid into escrow, and then the doctor sees it and hears of it [M7 M12 M15]', async (t) => {
    t.match((await get(`/v1/invitations/${id}`, 'patient')).body, { state: 'draft', priceFen: 60_000, payee: 'doctor', needsApproval: false, payer: { kind: 'patient' }, start: first?.start, note: '腹腔镜手术，请评估' })
    t.equal((await post('/v1/invitations', 'patient2', { doctorId, kind: 'invite', slotId: first?.id })).status, 404, 'whoever lies in elsewhere does not see the doctor')
    t.equal((await post('/v1/invitations', 'patient', { doctorId, kind: 'invite' })).status, 422)
    t.equal((await get(`/v1/invitations/${id}`, 'doctor')).status, 404, 'before it is paid the doctor is not asked')
    t.strictSame((await get('/v1/invitations', 'doctor')).body.items, [])
    await pay(`/v1/invitations/${id}`, 'patient')
    t.equal(await stateOf(id, 'doctor'), 'offered')
    t.strictSame((await get('/v1/invitations', 'doctor')).body.items.map((one: { id: string }) => one.id), [id])
    t.match((await get('/v1/escrows?limit=5', 'patient')).body.items, [{ id, state: 'held' }])
    t.match((await get('/v1/me/notices', 'doctor')).body.items, [{ template: 'invitation_received' }])
    t.equal((await get(`/v1/invitations/${id}`, 'doctor2')).status, 404)
    t.equal((await get(`/v1/invitations/${id}`, 'patient2')).status, 404)
    t.equal((await post('/v1/appointments', 'patient', { slotId: second?.id })).status, 409, 'no other way leads to the doctor\'s time')
    t.equal((await post('/v1/invitations', 'patient', { doctorId, kind: 'invite', slotId: first?.id })).body.code, 'SLOT_FULL')
  })

  await t.test('is talked about: the doctor\'s first word begins the negotiation [M8]', async (t) => {
    t.equal((await post(`/v1/invitations/${id}/messages`, 'patient', { clientId: 'p1', kind: 'text', text: '请问需要准备什么？' })).status, 201)
    t.equal(await stateOf(id, 'patient'), 'offered')
    t.equal((await post(`/v1/invitations/${id}/messages`, 'doctor', { clientId: 'd1', kind: 'text', text: '请禁食八小时。' })).status, 201)
    t.equal(await stateOf(id, 'patient'), 'negotiating')
    const said = (await get(`/v1/invitations/${id}/messages`, 'patient')).body.items.map((one: { kind: string, text: string }) => one.kind === 'event' ? one.text : one.kind)
    t.strictSame(said, ['text', 'text', 'invitation_negotiating'])
    for (const who of ['patient2', 'doctor2', 'hospital', 'support']) t.equal((await get(`/v1/invitations/${id}/messages`, who)).status, 404, who)
  })

  await t.test('is accepted, performed and confirmed by itself after seven days; the doctor has the fee less the platform\'s part [M8]', async (t) => {
    t.equal((await step(id, 'accept', 'doctor2')).status, 404)
    t.equal((await step(id, 'accept', 'doctor')).body.state, 'accepted')
    t.match((await get(`/v1/appointments?purposeKind=invitation&subjectId=${id}`, 'patient')).body.items, [{ state: 'booked', slotId: first?.id }])
    t.equal((await step(id, 'perform', 'doctor')).body.code, 'INVITATION_NOT_NOW')
    await market.setClock('2027-03-02T22:00:00+08:00')
    t.equal((await step(id, 'perform', 'doctor')).body.state, 'performed')
    const before = await market.available(`doctor:${doctorId}`)
    await market.wait('P7DT1M')
    t.equal(await stateOf(id, 'patient'), 'settled')
    t.equal(await market.available(`doctor:${doctorId}`) - before, 57_000)
    t.match((await get(`/v1/invitations/${id}/events`, 'doctor')).body.items.map((one: { to: string }) => one.to), ['draft', 'paid', 'offered', 'negotiating', 'accepted', 'performed', 'confirmed', 'settled'])
  })

  await t.test('is evaluated once, and tipped within the limit; the doctor sees both [M11 M12 M13]', async (t) => {
    t.equal((await post('/v1/evaluations', 'patient2', { invitationId: id, stars: 1 })).status, 404)
    t.match((await post('/v1/evaluations', 'patient', { invitationId: id, stars: 5, words: '耐心细致' })), { status: 201, body: { stars: 5, words: '耐心细致' } })
    t.equal((await post('/v1/evaluations', 'patient', { invitationId: id, stars: 1 })).body.code, 'INVITATION_STATE_REFUSED')
    t.equal((await post('/v1/tips', 'patient', { invitationId: id, amountFen: 20_001 })).body.code, 'TIP_TOO_LARGE')
    const tip = await post('/v1/tips', 'patient', { invitationId: id, amountFen: 8_800 })
    const before = await market.available(`doctor:${doctorId}`)
    await pay(`/v1/tips/${tip.body.id}`, 'patient')
    t.equal(await market.available(`doctor:${doctorId}`) - before, 8_800)
    t.match((await get('/v1/tips', 'doctor')).body.items, [{ id: tip.body.id, state: 'paid' }])
    t.match((await get('/v1/evaluations', 'doctor')).body.items, [{ invitationId: id, stars: 5 }])
    t.match((await get(`/v1/doctors/${doctorId}`, 'patient')).body, { evaluations: { count: 1, mean: 5 } })
    const isAudited = async (): Promise<boolean> => (await get('/v1/ops/audit?limit=200', 'auditor')).body.items.some((event: { target: string, targetId: string }) => event.target === 'tip' && event.targetId === tip.body.id)
    t.ok(await eventually(isAudited, (seen) => seen), 'every tip stands in the audit trail (D3)')
    const [evaluation] = (await get('/v1/evaluations', 'doctor')).body.items
    t.equal((await post(`/v1/evaluations/${evaluation.id}/moderation`, 'support', { hides: true, reason: '含个人信息' })).status, 200)
    t.match((await get(`/v1/evaluations?doctor=${doctorId}`, 'patient')).body.items, [{ stars: 5, words: null, isHidden: true }], 'the stars stay')
  })

  await t.test('that is declined or not answered → the money goes back by the way it came, and the next one can be made [M9 M10]', async (t) => {
    const declined = await invite('patient', { slotId: times.at(-1)?.id })
    await pay(`/v1/invitations/${declined.id}`, 'patient')
    t.equal((await step(declined.id, 'decline', 'doctor', { reason: '当日有手术' })).body.state, 'declined')
    const silent = await invite('patient', { slotId: times.at(-1)?.id })
    await pay(`/v1/invitations/${silent.id}`, 'patient')
    await market.wait('P1DT1M')
    t.match((await get(`/v1/invitations/${silent.id}`, 'patient')).body, { state: 'expired', reason: 'no_answer' })
    t.strictSame([...await market.refunded('patient', 'invitation')].sort(), [0, 60_000, 60_000])
    t.match((await get('/v1/me/notices', 'patient')).body.items.filter((one: { template: string }) => one.template === 'invitation_ended').length, 2)
    const unpaid = await invite('patient', { slotId: times.at(-1)?.id })
    await market.wait('PT31M')
    t.match((await get(`/v1/invitations/${unpaid.id}`, 'patient')).body, { state: 'expired', reason: 'not_paid' })
  })

  await t.test('a consult needs no time; what the doctor calls done and the payer does not is decided by the platform [M7 M10]', async (t) => {
    const consult = await invite('patient', { kind: 'consult' })
    await pay(`/v1/invitations/${consult.id}`, 'patient')
    await step(consult.id, 'accept', 'doctor')
    await step(consult.id, 'perform', 'doctor')
    t.equal((await step(consult.id, 'not-provided', 'patient', { reason: '没有回复' })).body.state, 'contested')
    t.equal((await step(consult.id, 'ruling', 'patient', { wasProvided: false, reason: 'x' })).status, 403)
    t.equal((await step(consult.id, 'ruling', 'reviewer', { wasProvided: false, reason: '无会话记录' })).body.state, 'not_provided')
    t.ok((await market.refunded('patient', 'invitation')).includes(11_000))
  })

  await t.test('a complaint that is upheld → lowers the doctor\'s level at once, and an appeal restores it [M14]', async (t) => {
    // Five invitations received make the second level.
    for (const { id: slotId } of times.filter(({ start }) => start > '2027-03-12').slice(0, 2)) {
      const more = await invite('patient', { slotId })
      await pay(`/v1/invitations/${more.id}`, 'patient')
    }
    const before = await level()
    t.equal(before, 2)
    const complaint = await post('/v1/complaints', 'patient', { invitationId: id, words: '迟到一小时' })
    t.equal(complaint.status, 201)
    const to = (name: string, who: string, body?: object) => post(`/v1/complaints/${complaint.body.id}/${name}`, who, body)
    t.equal((await get(`/v1/complaints/${complaint.body.id}`, 'doctor2')).status, 404)
    t.equal((await to('take', 'support')).body.state, 'investigating')
    t.equal((await get(`/v1/invitations/${id}/messages`, 'support')).status, 200, 'whoever looks into it reads what was said')
    t.equal((await to('decision', 'reviewer', { isUpheld: true, reason: 'x' })).status, 409, 'nothing was found out yet')
    await to('findings', 'support', { findings: '手术记录显示九点到达' })
    t.equal((await to('decision', 'support', { isUpheld: true, reason: 'x' })).status, 403)
    t.equal((await to('decision', 'reviewer', { isUpheld: true, reason: '属实' })).body.state, 'upheld')
    t.equal(await level(), 1)
    const stars = (await get(`/v1/doctors/${doctorId}/stars`, 'patient')).body
    t.match(stars.history[0], { before: 2, level: 1, cause: 'complaint_upheld', why: { zh: /投诉1件，−1/, en: /1 complaints upheld/ } })
    t.match((await get('/v1/me/notices', 'doctor')).body.items.map((one: { template: string }) => one.template).includes('complaint_upheld'), true)
    t.equal((await to('appeal', 'doctor', { words: '手术室临时占用' })).status, 200)
    t.equal((await to('appeal/decision', 'reviewer', { isOverturned: true, reason: 'x' })).body.code, 'DECISION_NEEDS_ANOTHER_PERSON')
    const another = await market.service.tokenFor('reviewer')
    t.match((await to('appeal/decision', another, { isOverturned: true, reason: '申诉成立' })).body, { state: 'overturned', appeal: { decision: 'overturned' } })
    t.equal(await level(), 2)
    t.match((await get('/v1/complaints', 'patient')).body.items, [{ state: 'overturned', findings: null }], 'the platform\'s findings are not the payer\'s to read')
    const ran = await market.service.call('POST', '/v1/ops/jobs/prove-stars/run', market.service.credentials()['operator'], {})
    t.ok(ran.status < 300, JSON.stringify(ran.body))
  })
})

t.test('another hospital\'s invitation', async (t) => {
  const market = await aMarket(t)
  const { post, get, doctorId, times, invite, pay, stateOf, step } = market
  const [first, second] = times

  await t.test('needs the membership that shows it all doctors, and is paid by the hospital itself [M5 M7]', async (t) => {
    t.equal((await post('/v1/invitations', 'hospital2', { doctorId, kind: 'invite', slotId: first?.id })).status, 404)
    const order = await post('/v1/membership-orders', 'hospital2', { product: 'anaesthesiologist_vip' })
    t.equal(order.status, 201, JSON.stringify(order.body))
    await pay(`/v1/membership-orders/${order.body.id}`, 'hospital2')
    t.equal((await post('/v1/invitations', 'hospital2', { doctorId, kind: 'invite', slotId: first?.id, patientId: 'somebody' })).status, 422)
  })

  await t.test('waits for the doctor\'s own hospital, which has the fee at the end (D2) [M7 M8 M12]', async (t) => {
    const { id } = await invite('hospital2', { slotId: first?.id })
    await pay(`/v1/invitations/${id}`, 'hospital2')
    t.match((await get(`/v1/invitations/${id}`, 'hospital2')).body, { state: 'home_hospital_approval', needsApproval: true, payee: 'home_hospital', payer: { kind: 'hospital', id: 'west' } })
    t.equal((await step(id, 'accept', 'doctor')).body.code, 'INVITATION_STATE_REFUSED')
    t.equal((await step(id, 'approval', 'hospital2', { isApproved: true })).status, 404, 'not the one that invites')
    t.equal((await step(id, 'approval', 'hospital', { isApproved: true })).body.state, 'negotiating')
    t.equal((await post(`/v1/invitations/${id}/messages`, 'hospital2', { clientId: 'h1', kind: 'text', text: '周二晚上一台手术' })).status, 201)
    t.equal((await step(id, 'accept', 'doctor')).body.state, 'accepted')
    t.equal((await get(`/v1/doctors/${doctorId}/calendar`, 'doctor')).body.items.find((one: { id: string }) => one.id === first?.id).isFree, false)
    await market.setClock('2027-03-02T22:00:00+08:00')
    await step(id, 'perform', 'doctor')
    const before = await market.available('hospital:east')
    t.equal((await step(id, 'confirm', 'hospital2')).body.state, 'settled')
    t.equal(await market.available('hospital:east') - before, 57_000)
    t.match((await post('/v1/evaluations', 'hospital2', { invitationId: id, stars: 4 })).status, 201)
    for (const who of ['hospital', 'hospital2', 'doctor']) t.match((await get('/v1/invitations', who)).body.items, [{ id, state: 'evaluated' }], who)
    t.match((await get('/v1/evaluations', 'hospital2')).body.items, [{ invitationId: id, stars: 4 }])
  })

  await t.test('that its hospital refuses, or that the hospital gives up → goes back to the hospital that paid [M10]', async (t) => {
    const refused = await invite('hospital2', { slotId: second?.id })
    await pay(`/v1/invitations/${refused.id}`, 'hospital2')
    t.equal((await step(refused.id, 'approval', 'hospital', { isApproved: false })).body.code, 'REQUEST_INVALID', 'a refusal says why')
    t.equal((await step(refused.id, 'approval', 'hospital', { isApproved: false, reason: '科室排班冲突' })).body.state, 'declined')
    const given = await invite('hospital2', { slotId: second?.id })
    await pay(`/v1/invitations/${given.id}`, 'hospital2')
    t.equal((await step(given.id, 'cancel', 'hospital2', { reason: '手术改期' })).body.state, 'cancelled')
    t.equal(await stateOf(given.id, 'hospital'), 'cancelled')
    await market.service.settled()
    t.strictSame([...await market.refunded('hospital2', 'invitation')].sort(), [0, 60_000, 60_000])
    t.equal((await get(`/v1/doctors/${doctorId}/calendar`, 'doctor')).body.items.find((one: { id: string }) => one.id === second?.id).isFree, true)
  })
})
