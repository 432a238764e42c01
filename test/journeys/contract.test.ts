import { createHash, randomUUID } from 'node:crypto'
import t, { type Test } from 'tap'
import { parseMessage } from '../../adapters/hl7v2/index.ts'
import { demoPatients } from '../../adapters/simulators/hospital/demo-persons.ts'
import { aSender, aService, type Answer, type Service } from './a-service.ts'

const consents = ['pay_after_care', 'sms', 'score_query', 'bureau_report']

interface Town {
  readonly service: Service
  readonly tokens: Readonly<Record<string, string>>
  readonly patientId: string
  readonly post: (url: string, token: string, body: unknown) => Promise<Answer>
  readonly codeTo: (phone: string) => Promise<string>
  readonly tell: (...segments: readonly string[]) => Promise<void>
  readonly setScore: (provider: 'bank' | 'zhima', score: number) => Promise<Answer>
  readonly wait: (duration: string) => Promise<Answer>
}

const { person } = demoPatients.patient
const pid = `PID|1||${person.mrn}^^^EAST-HIS^MR~${person.residentId ?? ''}^^^&2.16.156.10011.1.3&ISO^NI||${person.familyName}^${person.givenName}^^^^^L||${person.birthDate.replaceAll('-', '')}|${person.gender === 'male' ? 'M' : 'F'}`
const pv1 = 'PV1|1|O|CLINIC^101||||D1001^Example^Doctor|||MED|||||||||V900^^^EAST-HIS^VN|||||||||||||||||||||||||20270301080000+0800'

/** The demo, with its one patient registered by the HIS. */
async function aTown (t: Test): Promise<Town> {
  const service = await aService(t, { isDemo: true })
  const tokens = service.credentials()
  const hospital = await aSender(t, service.served.parts.listeners.get('east')?.port ?? 0)
  let count = 0
  const tell = async (...segments: readonly string[]): Promise<void> => {
    const ack = await hospital.send(`${segments.join('\r').replace('CONTROL', `J${++count}`)}\r`)
    t.equal(parseMessage(ack.toString('utf8')).get('MSA-1'), 'AA')
    await service.settled()
  }
  await tell('MSH|^~\\&|EAST-HIS|EAST|YIQIAO|EAST|20270301073000+0800||ADT^A28^ADT_A05|CONTROL|P|2.5.1|||||CHN|UNICODE UTF-8', 'EVN|A28|20270301073000+0800', pid)
  const { personId: patientId } = (await service.get('/v1/me', tokens['patient'])).body
  const post = (url: string, token: string, body: unknown): Promise<Answer> => service.call('POST', url, token, body, { 'idempotency-key': randomUUID() })
  return {
    service, tokens, patientId, tell, post,
    codeTo: async (phone) => {
      await service.settled()
      const { items } = (await service.get('/demo/simulators/sms', tokens['operator'])).body as { readonly items: ReadonlyArray<{ readonly body: { readonly to: string, readonly templateId: string, readonly params: { readonly code?: string } } }> }
      return items.filter(({ body }) => body.to === phone && body.params.code !== undefined).at(-1)?.body.params.code ?? ''
    },
    setScore: (provider, score) => post('/demo/simulators/credit-score', tokens['operator'] ?? '', { act: 'set', key: `${patientId}:${provider}:${score}` }),
    wait: (duration) => post('/demo/clock', tokens['operator'] ?? '', { advance: duration })
  }
}

/** As the app does it: check, agreement, code, contract. */
async function signed ({ service, tokens, post, codeTo }: Town, who = 'patient', named: { readonly patientId?: string, readonly readingId?: string } = {}): Promise<Answer> {
  const token = tokens[who] ?? ''
  const check = await post('/v1/eligibility', token, { ...named, consents: ['score_query'] })
  const agreement = await service.get('/v1/agreements', token)
  await post('/v1/contract-codes', token, { ...named, purpose: 'sign', phone: person.phone })
  return post('/v1/contracts', token, {
    ...named, eligibilityCheckId: check.body.id, agreement: { version: agreement.body.version, sha256: agreement.body.sha256 }, consents, phone: person.phone, code: await codeTo(person.phone)
  })
}

t.test('a patient signs in the app: eligible by the bank\'s score, reads the agreement, gets a code by SMS and enters it → contracted, once; a second signing leaves the flow at every step [A-04 A-05 A-21 A-22 A-23 A-25]', async (t) => {
  const town = await aTown(t)
  const { service, tokens, patientId, post, codeTo } = town
  const patient = tokens['patient'] ?? ''
  t.strictSame((await service.get('/v1/contracts', patient)).body, { items: [], next: null })

  const check = await post('/v1/eligibility', patient, { consents: ['score_query'] })
  t.match(check, { status: 201, body: { patientId, isEligible: true, rule: 'bank_score', creditLimitFen: 300_000, reasons: [] } })
  const agreement = (await service.get('/v1/agreements', patient)).body
  t.match(agreement.text, /先诊疗后付费服务协议[\s\S]*7 days/)
  t.equal(agreement.sha256, createHash('sha256').update(agreement.text).digest('hex'), 'version and hash are of the text that was shown')
  t.strictSame((await service.get(`/v1/agreements?version=${agreement.version}`, patient)).body, agreement)

  t.match(await post('/v1/contract-codes', patient, { purpose: 'sign', phone: person.phone }), { status: 202 })
  const code = await codeTo(person.phone)
  t.match(code, /^\d{6}$/)
  const signing = { eligibilityCheckId: check.body.id, agreement: { version: agreement.version, sha256: agreement.sha256 }, consents, phone: person.phone, code }
  t.match(await service.post('/v1/contracts', patient, signing), { status: 400, body: { code: 'IDEMPOTENCY_KEY_REQUIRED' } })
  t.match(await post('/v1/contracts', patient, { ...signing, agreement: { ...signing.agreement, sha256: 'f'.repeat(64) } }), { status: 409, body: { code: 'AGREEMENT_CHANGED' } })
  t.match(await post('/v1/contracts', patient, { ...signing, consents: ['pay_after_care', 'sms'] }), { status: 422, body: { code: 'REQUEST_INVALID', place: 'consents', reasons: ['bureau_report'] } })
  t.match(await post('/v1/contracts', patient, { ...signing, code: code === '000000' ? '000001' : '000000' }), { status: 422, body: { code: 'CODE_INVALID' } })
  const contract = await post('/v1/contracts', patient, signing)
  t.match(contract, { status: 201, body: { patientId, state: 'active', rule: 'bank_score', channel: 'app', creditLimitFen: 300_000, consents, phoneTail: person.phone.slice(-4), agreement: signing.agreement } })
  t.notMatch(JSON.stringify(contract.body), new RegExp(person.phone))

  await town.wait('PT2M')
  for (const again of [await post('/v1/eligibility', patient, {}), await post('/v1/contract-codes', patient, { purpose: 'sign', phone: person.phone }), await post('/v1/contracts', patient, signing)]) {
    t.match(again, { status: 409, body: { code: 'CONTRACT_STANDS' } })
  }
  t.match((await service.get('/v1/contracts', patient)).body.items, [{ id: contract.body.id, state: 'active' }])
  t.match((await service.get(`/v1/contracts?patient=${patientId}`, tokens['desk'])).body.items, [{ id: contract.body.id }], 'the desk of the hospital sees it')
})

t.test('a patient who meets no rule → leaves with a reason for each; a provider that is down is one of them; met again, may read and sign [A-23 A-24]', async (t) => {
  const town = await aTown(t)
  const { tokens, post, setScore } = town
  const patient = tokens['patient'] ?? ''
  await post('/demo/simulators/insurance', tokens['operator'] ?? '', { act: 'down' })
  t.match(await setScore('bank', 109), { status: 200 })
  await setScore('zhima', 699)
  const refused = await post('/v1/eligibility', patient, { consents: ['score_query'] })
  t.match(refused, { status: 201, body: { isEligible: false, rule: null, creditLimitFen: null } })
  t.match(refused.body.reasons, ['bank_score_not_met', 'zhima_score_not_met', /^locally_insured_(unavailable|not_offered)$/])
  const agreement = (await town.service.get('/v1/agreements', patient)).body
  await post('/v1/contract-codes', patient, { purpose: 'sign', phone: person.phone })
  t.match(await post('/v1/contracts', patient, { eligibilityCheckId: refused.body.id, agreement: { version: agreement.version, sha256: agreement.sha256 }, consents, phone: person.phone, code: await town.codeTo(person.phone) }),
    { status: 422, body: { code: 'NOT_ELIGIBLE', reasons: refused.body.reasons } })

  await post('/demo/simulators/credit-score', tokens['operator'] ?? '', { faults: [{ kind: 'unavailable', rate: 1, count: 1, seed: 1 }] })
  t.match((await post('/v1/eligibility', patient, { consents: ['score_query'] })).body.reasons, ['bank_score_unavailable', 'zhima_score_not_met'])
  await setScore('zhima', 700)
  await town.wait('PT2M')
  t.match(await signed(town), { status: 201, body: { rule: 'zhima_score', creditLimitFen: 200_000 } })
})

t.test('a patient who wants it no longer → is refused with every reason while a visit is open and something is owed; paid and left, the contract ends by a code to its phone, and a new one may be signed [A-20 A-21 A-26]', async (t) => {
  const town = await aTown(t)
  const { service, tokens, post, codeTo, tell } = town
  const patient = tokens['patient'] ?? ''
  const { id } = (await signed(town)).body
  const msh = (type: string): string => `MSH|^~\\&|EAST-HIS|EAST|YIQIAO|EAST|20270301091000+0800||${type}|CONTROL|P|2.5.1|||||CHN|UNICODE UTF-8`
  const line = (kind: string, number: string): string => `FT1|1|${number}||20270301091000+0800|20270301091000+0800|${kind}|REG^Registration fee^L|||1|15.00&CNY|15.00&CNY`
  await tell(msh('ADT^A04^ADT_A01'), 'EVN|A04|20270301090000+0800', pid, pv1)
  await tell(msh('DFT^P03^DFT_P03'), 'EVN|P03|20270301091000+0800', pid, pv1, line('CG', 'F1'))
  await town.wait('PT2M')

  const code = async (): Promise<string> => {
    await post('/v1/contract-codes', patient, { purpose: 'terminate' })
    return codeTo(person.phone)
  }
  const refused = await post(`/v1/contracts/${id}/terminate`, patient, { code: await code() })
  t.match(refused, { status: 409, body: { code: 'CONTRACT_NOT_TERMINABLE' } })
  t.ok(refused.body.reasons.includes('open_visit'))
  t.ok(refused.body.reasons.some((reason: string) => reason === 'outstanding_balance' || reason === 'unbilled_charges'))

  await tell(msh('DFT^P03^DFT_P03'), 'EVN|P03|20270301092000+0800', pid, pv1, line('CD', 'F1'))
  await tell(msh('ADT^A03^ADT_A03'), 'EVN|A03|20270301093000+0800', pid, `${pv1}|20270301093000+0800`)
  await town.wait('PT2M')
  t.match(await post(`/v1/contracts/${id}/terminate`, patient, { code: '000000' }), { status: 422, body: { code: 'CODE_INVALID' } })
  t.match(await post(`/v1/contracts/${id}/terminate`, patient, { code: await code() }), { status: 200, body: { id, state: 'terminated', endedBecause: 'terminated' } })
  t.match(await post(`/v1/contracts/${id}/terminate`, patient, { code: '000000' }), { status: 409, body: { code: 'CONTRACT_NOT_IN_FORCE' } })
  t.match((await service.get(`/v1/contracts/${id}`, patient)).body.history, [{ what: 'signed' }, { what: 'terminated' }])
  await town.wait('PT2M')
  t.match(await signed(town), { status: 201, body: { state: 'active' } })
})

t.test('at the kiosk → whose card was read signs and ends, and a kiosk that read nothing does neither; at the window the desk does it with the patient there [A-03 A-20 A-21 A-22]', async (t) => {
  const town = await aTown(t)
  const { tokens, patientId, post, codeTo } = town
  const [terminal = '', desk = ''] = [tokens['terminal'], tokens['desk']]
  for (const [url, body] of [['/v1/eligibility', {}], ['/v1/contract-codes', { purpose: 'sign', phone: person.phone }]] as const) {
    t.match(await post(url, terminal, { patientId, ...body }), { status: 404, body: { code: 'READING_NOT_FOUND' } })
  }
  const read = (token: string): Promise<Answer> => post('/v1/identity-readings', token, { kind: 'resident_id', value: person.residentId })
  const reading = await read(terminal)
  t.match(reading, { status: 201, body: { patient: { id: patientId }, contract: { state: 'none' } } })
  const { readingId } = reading.body
  const contract = await signed(town, 'terminal', { readingId })
  t.match(contract, { status: 201, body: { channel: 'kiosk', state: 'active' } })
  t.match((await read(terminal)).body.contract, { state: 'active', mayPayAfterCare: true })

  await town.wait('PT2M')
  await post('/v1/contract-codes', terminal, { readingId, purpose: 'terminate' })
  const code = await codeTo(person.phone)
  t.match(await post(`/v1/contracts/${contract.body.id}/terminate`, terminal, { code }), { status: 404, body: { code: 'READING_NOT_FOUND' } })
  t.match(await post(`/v1/contracts/${contract.body.id}/terminate`, terminal, { readingId, code }), { status: 200, body: { state: 'terminated' } })

  await town.wait('PT2M')
  const atWindow = await signed(town, 'desk', { patientId })
  t.match(atWindow, { status: 201, body: { channel: 'window', state: 'active' } })
  await town.wait('PT2M')
  await post('/v1/contract-codes', desk, { patientId, purpose: 'terminate' })
  t.match(await post(`/v1/contracts/${atWindow.body.id}/terminate`, desk, { code: await codeTo(person.phone) }), { status: 200, body: { state: 'terminated' } })
})

t.test('the own credit score → passed through to the person alone, upon consent, and kept nowhere [A-35]', async (t) => {
  const { service, tokens, patientId, setScore } = await aTown(t)
  await setScore('zhima', 731)
  const url = `/v1/credit-scores/${patientId}`
  t.match(await service.get(url, tokens['patient']), { status: 422, body: { code: 'REQUEST_INVALID', place: 'consent' } })
  const own = await service.get(`${url}?consent=score_query`, tokens['patient'])
  t.match(own, { status: 200, body: { items: [{ provider: 'bank', state: 'known', score: 120, asOf: '2027-03-01' }, { provider: 'zhima', state: 'known', score: 731 }] } })
  t.equal(own.headers.get('cache-control'), 'no-store')
  for (const [who, status] of [['patient2', 404], ['guardian', 404], ['desk', 403], ['finance', 403], ['operator', 403]] as const) {
    t.equal((await service.get(`${url}?consent=score_query`, tokens[who])).status, status, who)
  }
  const journal = await service.get('/demo/simulators/credit-score', tokens['operator'])
  t.notMatch(JSON.stringify(journal.body), /731/, 'the providers keep no score in their journal')
})
