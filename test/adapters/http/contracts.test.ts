import { randomUUID } from 'node:crypto'
import t from 'tap'
import { roles, type Role } from '../../../core/access/index.ts'
import { aContract, aPatientRecord } from '../../contracts/contract-store.ts'
import { aService } from '../../journeys/a-service.ts'

/** What each role gets that may do something of the kind at all; every other role is refused with 403. */
const mayAlready: Readonly<Record<string, readonly Role[]>> = {
  'contract.sign': ['patient', 'guardian', 'desk', 'terminal'],
  'contract.read': ['patient', 'guardian', 'desk', 'terminal', 'hospital', 'finance', 'auditor', 'administrator'],
  'contract.manage': ['finance'],
  'score.read': ['patient', 'guardian']
}
const seesAll: readonly Role[] = ['auditor', 'administrator']

t.test('every role before another person\'s contract → 403 or 404, and never a word of it [acc:C-25]', async (t) => {
  const service = await aService(t, { isDemo: true })
  const { store } = service.served.parts
  await store.inTransaction(async ({ patients, contracts }) => {
    for (const id of ['east-anna', 'west-berta']) await aPatientRecord({ patients }, id)
    await contracts.save(aContract('contract-of-berta', { patientId: 'west-berta', phone: '000-0000-0001' }))
  })
  const agreement = { version: '1', sha256: 'a'.repeat(64) }
  const requests = [
    ['contract.read', 'GET', '/v1/contracts?patient=west-berta', undefined],
    ['contract.read', 'GET', '/v1/contracts/contract-of-berta', undefined],
    ['contract.sign', 'POST', '/v1/eligibility', { patientId: 'west-berta' }],
    ['contract.sign', 'POST', '/v1/contract-codes', { patientId: 'west-berta', purpose: 'terminate' }],
    ['contract.sign', 'POST', '/v1/contracts', { patientId: 'west-berta', eligibilityCheckId: 'x', agreement, consents: [], phone: '000-0000-0001', code: '123456' }],
    ['contract.sign', 'POST', '/v1/contracts/contract-of-berta/terminate', { code: '123456' }],
    ['contract.manage', 'POST', '/v1/contracts/contract-of-berta/suspend', { reason: 'x' }],
    ['contract.manage', 'POST', '/v1/contracts/contract-of-berta/reinstate', { reason: 'x' }],
    ['score.read', 'GET', '/v1/credit-scores/west-berta?consent=score_query', undefined]
  ] as const
  for (const role of roles) {
    const isPersonal = role === 'patient' || role === 'guardian'
    const token = await service.tokenFor(role, isPersonal ? { personId: 'east-anna' } : { organizationId: 'east' })
    for (const [permission, method, url, body] of requests) {
      const answer = await service.call(method, url, token, body, method === 'POST' ? { 'idempotency-key': randomUUID() } : {})
      const expected = mayAlready[permission]?.includes(role) !== true ? 403 : method === 'GET' && seesAll.includes(role) ? 200 : 404
      t.equal(answer.status, expected, `${role}: ${method} ${url}`)
      if (expected !== 200) t.notMatch(JSON.stringify(answer.body), /berta|key-1|sealed/i)
    }
  }
  t.match(await store.inReading(({ contracts }) => contracts.find('contract-of-berta')), { state: 'active' })
})

t.test('finance → suspends and lifts by hand, with a reason that the patient is not shown', async (t) => {
  const service = await aService(t, { isDemo: true })
  await service.served.parts.store.inTransaction(async ({ patients, contracts }) => {
    await aPatientRecord({ patients }, 'east-anna')
    await contracts.save(aContract('c1', { phone: '000-0000-0001' }))
  })
  const finance = await service.tokenFor('finance', { organizationId: 'east' })
  const decide = (what: string) => service.call('POST', `/v1/contracts/c1/${what}`, finance, { reason: 'papers in doubt' }, { 'idempotency-key': randomUUID() })
  t.match(await decide('reinstate'), { status: 409, body: { code: 'CONTRACT_NOT_IN_FORCE' } })
  t.match(await decide('suspend'), { status: 200, body: { state: 'suspended', suspendedBecause: 'manual' } })
  const patient = await service.tokenFor('patient', { personId: 'east-anna' })
  t.match((await service.get('/v1/contracts/c1', patient)).body, { state: 'suspended', history: [{ what: 'suspended', reason: null }] })
  t.match((await service.get('/v1/contracts/c1', finance)).body, { history: [{ what: 'suspended', reason: 'papers in doubt' }] })
  t.match(await decide('reinstate'), { status: 200, body: { state: 'active', suspendedBecause: null } })
  t.match(await service.get('/v1/contracts', finance), { status: 422, body: { code: 'REQUEST_INVALID', place: 'patient' } })
})
