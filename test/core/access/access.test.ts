import fc from 'fast-check'
import t from 'tap'
import {
  authenticate, comparablePhone, decide, findCaller, isOfAge, issueToken, limitsOf, nextCodeAt, ownerOf, permissions, reachOf, roles, scopesSupported,
  type Client, type Guardianship, type Holder, type Principal, type Role, type Token
} from '../../../core/access/index.ts'
import { isClientSecret, rotated } from '../../../core/access/client.ts'
import { grantScopes } from '../../../core/access/scopes.ts'
import type { CalendarDate } from '../../../core/clock.ts'

const aPrincipal = (role: Role, change: Partial<Principal> = {}): Principal => ({ tokenId: 'token-1', role, personId: null, organizationId: null, scopes: null, ...change })
const aGuardianship = (change: Partial<Guardianship>): Guardianship => ({
  id: 'g1', guardianPersonId: 'mother', wardPersonId: 'child', relation: 'mother', basis: 'minor', state: 'confirmed', wardPhoneKey: null,
  askedAt: new Date(0), confirmedAt: new Date(0), endedAt: null, confirmedBy: 'desk', ...change
})
const east = { patientId: 'anna', hospitalId: 'east' }

t.test('a patient → reads own records, and strangers do not exist', async (t) => {
  const caller = { principal: aPrincipal('patient', { personId: 'anna' }), patientIds: ['anna', 'ward'] }
  t.equal(decide(caller, 'record.read', east), 'allowed')
  t.equal(decide(caller, 'record.read', { patientId: 'ward', hospitalId: 'west' }), 'allowed')
  t.equal(decide(caller, 'record.read', { patientId: 'berta', hospitalId: 'east' }), 'hidden')
  t.equal(decide(caller, 'record.read', { patientId: null, hospitalId: 'east' }), 'hidden')
  t.equal(decide(caller, 'message.read', east), 'denied')
})

t.test('a doctor → reads the records of the own hospital; without a hospital, of none', async (t) => {
  const caller = { principal: aPrincipal('doctor', { organizationId: 'east' }), patientIds: [] }
  t.equal(decide(caller, 'record.read', east), 'allowed')
  t.equal(decide(caller, 'record.read', { ...east, hospitalId: 'west' }), 'hidden')
  t.equal(decide(caller, 'record.read', { ...east, hospitalId: null }), 'hidden')
  t.equal(decide({ principal: aPrincipal('doctor'), patientIds: [] }, 'record.read', east), 'denied')
})

t.test('finance → keeps the books of one hospital, or of all at head office, and reads no clinical record', async (t) => {
  t.strictSame(reachOf(aPrincipal('finance', { organizationId: 'east' }), 'ledger.read'), { kind: 'organization', hospitalId: 'east' })
  t.strictSame(reachOf(aPrincipal('finance'), 'ledger.read'), { kind: 'all' })
  t.strictSame(reachOf(aPrincipal('finance'), 'record.read'), { kind: 'none' })
})

t.test('whoever may do something at all → may ask who they are; books, clinical writing, profiles, clients and all of pay after care are closed to operators', async (t) => {
  for (const role of roles) t.strictSame(reachOf(aPrincipal(role), 'me.read'), { kind: 'all' })
  const closed = permissions.filter((permission) => reachOf(aPrincipal('operator'), permission).kind === 'none')
  t.strictSame(closed, ['account.use', 'identity.confirm', 'profile.read', 'profile.write', 'record.write', 'ledger.read', 'client.manage', 'scene.create', 'audit.read',
    'identity.read', 'patient.register', 'visit.register', 'visit.check_in', 'release.check', 'appointment.book', 'vitals.write', 'advice.read', 'doctor.recommend', 'contract.read', 'contract.sign', 'contract.manage', 'score.read', 'bill.read', 'bill.decide', 'dispute.open', 'dispute.answer',
    'default.read', 'payment.create', 'payment.read', 'refund.request', 'refund.approve', 'escrow.read', 'wallet.read', 'wallet.withdraw', 'wallet.decide', 'reconciliation.read', 'reconciliation.operate', 'books.export', 'feed.read', 'feed.acknowledge', 'feed.release', 'voucher.issue', 'voucher.present', 'voucher.use', 'voucher_use.sync', 'notice.receive', 'consultation.read', 'consultation.create', 'consultation.assign', 'consultation.answer', 'after_sales.read', 'after_sales.review', 'after_sales.support', 'doctor_fee.read', 'doctor_fee.write', 'dialogue.use', 'invitation.read', 'invitation.make', 'invitation.answer', 'invitation.approve', 'invitation.rule', 'evaluation.read', 'evaluation.write', 'evaluation.moderate', 'tip.read', 'tip.give', 'complaint.read', 'complaint.make', 'complaint.investigate', 'complaint.decide', 'complaint.appeal', 'star.read',
    'membership.buy', 'membership.use', 'membership.manage', 'membership.refund', 'doctor.register', 'doctor_calendar.write', 'hospital.register', 'qualification.read', 'qualification.decide', 'admission.declare', 'document.read', 'document.write', 'document.delete', 'prescription.read', 'prescription.review', 'drug_order.read', 'drug_order.make', 'drug_order.fulfil', 'drug_order.hand_over', 'face.consent', 'face.identify', 'face.enrol'])
})

t.test('a list and its single things → follow the same decision', async () => {
  const question = fc.record({
    role: fc.constantFrom(...roles),
    permission: fc.constantFrom(...permissions),
    organizationId: fc.option(fc.constantFrom('east', 'west')),
    patientIds: fc.array(fc.constantFrom('anna', 'berta', 'ward')),
    target: fc.record({ patientId: fc.constantFrom('anna', 'berta', 'ward'), hospitalId: fc.constantFrom('east', 'west') })
  })
  fc.assert(fc.property(question, ({ role, permission, organizationId, patientIds, target }) => {
    const caller = { principal: aPrincipal(role, { organizationId }), patientIds }
    const limits = limitsOf(caller, permission)
    const isListed = limits !== null && (limits.patientIds === null || limits.patientIds.includes(target.patientId)) && (limits.hospitalId === null || limits.hospitalId === target.hospitalId)
    return isListed === (decide(caller, permission, target) === 'allowed')
  }))
})

t.test('a token', async (t) => {
  const kept = new Map<string, Token>()
  const tokens = {
    byHash: async (tokenHash: string) => kept.get(tokenHash) ?? null,
    save: async (token: Token) => { kept.set(token.tokenHash, token) }
  }
  const hash = (secret: string): string => `hash of ${secret}`
  const at = new Date('2027-03-01T00:00:00Z')
  const issue = { role: 'doctor', personId: null, organizationId: 'east', at, expiresAt: new Date('2027-04-01T00:00:00Z') } as const
  const random = 'r'.repeat(43)
  const { secret } = await issueToken({ tokens, ids: { next: () => 'token-1' }, randomSecret: () => random, hash }, issue)

  t.test('is shown once and kept as its hash only', async (t) => {
    t.equal(secret, `yq_${random}`)
    t.strictSame([...kept.values()], [{ tokenId: 'token-1', role: 'doctor', personId: null, organizationId: 'east', scopes: null, tokenHash: `hash of ${secret}`, createdAt: at, expiresAt: issue.expiresAt, revokedAt: null }])
  })

  t.test('stands for its caller until the instant it expires', async (t) => {
    t.strictSame(await authenticate({ tokens, hash }, secret, new Date('2027-03-31T23:59:59.999Z')), { tokenId: 'token-1', role: 'doctor', personId: null, organizationId: 'east', scopes: null })
    t.equal(await authenticate({ tokens, hash }, secret, new Date('2027-04-01T00:00:00Z')), null)
  })

  t.test('that was revoked or never issued → stands for nobody', async (t) => {
    t.equal(await authenticate({ tokens, hash }, `${secret}x`, at), null)
    for (const token of kept.values()) kept.set(token.tokenHash, { ...token, revokedAt: at })
    t.equal(await authenticate({ tokens, hash }, secret, at), null)
  })

  t.test('of too little randomness → is never issued', async (t) => {
    await t.rejects(issueToken({ tokens, ids: { next: () => 'token-2' }, randomSecret: () => 'short', hash }, issue))
  })
})

t.test('a guardian → has the records of the wards, tied ones included, until a child is of age, and not the wards of the wards', async (t) => {
  const ties: Readonly<Record<string, readonly string[]>> = { mother: ['mother', 'mother-west'], child: ['child', 'child-west'], parent: ['parent'] }
  const born: Readonly<Record<string, string>> = { 'child-west': '2010-05-20', parent: '1950-01-01' }
  const wards: readonly Guardianship[] = [
    aGuardianship({ guardianPersonId: 'mother-west', wardPersonId: 'child' }),
    aGuardianship({ guardianPersonId: 'mother', wardPersonId: 'parent', basis: 'appointed' }),
    aGuardianship({ guardianPersonId: 'mother', wardPersonId: 'asked-only', state: 'asked' }),
    aGuardianship({ guardianPersonId: 'child', wardPersonId: 'grandchild' })
  ]
  const depsOn = (today: string) => ({
    guardians: { ofGuardian: async (ids: readonly string[]) => wards.filter(({ guardianPersonId }) => ids.includes(guardianPersonId)) },
    recordsOf: async (id: string) => (ties[id] ?? [id]).map((record) => ({ id: record, birthDate: born[record] ?? null })),
    today: today as CalendarDate
  })
  const mother = aPrincipal('guardian', { personId: 'mother' })
  const before = await findCaller(depsOn('2028-05-19'), mother)
  t.strictSame([before.patientIds, before.wards], [['mother', 'mother-west', 'child', 'child-west', 'parent'], ['child', 'parent']])
  t.strictSame((await findCaller(depsOn('2028-05-20'), mother)).wards, ['parent'], 'from the 18th birthday on a child speaks alone')
  t.strictSame((await findCaller(depsOn('2028-05-19'), aPrincipal('doctor', { personId: 'mother' }))).patientIds, [], 'staff have none by their token')
})

t.test('of age → from the 18th birthday on; born on 29 February, from 1 March', async (t) => {
  const cases = [['2009-03-01', '2027-02-28', false], ['2009-03-01', '2027-03-01', true], ['2008-02-29', '2026-02-28', false], ['2008-02-29', '2026-03-01', true]] as const
  for (const [birthDate, today, expected] of cases) t.equal(isOfAge(birthDate, today as CalendarDate), expected, `${birthDate} on ${today}`)
})

t.test('scopes', async (t) => {
  const system = (scopes: readonly string[]) => aPrincipal('integrator', { scopes })
  t.test('narrow what a role may, and never widen it', async () => {
    const scope = fc.oneof(fc.constantFrom(...permissions), fc.constantFrom(...scopesSupported, 'system/Patient.read', 'system/Observation.*', 'patient/Patient.read'))
    fc.assert(fc.property(fc.constantFrom(...roles), fc.constantFrom(...permissions), fc.array(scope), fc.option(fc.constantFrom('Patient', 'Observation'), { nil: undefined }), (role, permission, scopes, type) => {
      const whole = reachOf(aPrincipal(role), permission, type)
      const narrowed = reachOf(aPrincipal(role, { scopes }), permission, type)
      return narrowed.kind === 'none' || JSON.stringify(narrowed) === JSON.stringify(whole)
    }))
  })

  t.test('of SMART name types and verbs, for a system or for a patient', async (t) => {
    t.equal(reachOf(system(['system/*.read']), 'record.read', 'Patient').kind, 'all')
    t.equal(reachOf(system(['system/*.read']), 'record.write', 'Patient').kind, 'none')
    t.equal(reachOf(system(['system/Patient.write']), 'record.write', 'Patient').kind, 'all')
    t.equal(reachOf(system(['system/Patient.write']), 'record.write', 'Observation').kind, 'none')
    t.equal(reachOf(system(['system/Patient.read']), 'record.read').kind, 'none', 'what is no FHIR resource asks for the whole')
    t.equal(reachOf(system(['patient/*.read']), 'record.read', 'Patient').kind, 'none')
    t.equal(reachOf(aPrincipal('patient', { scopes: ['patient/*.read'] }), 'record.read', 'Patient').kind, 'own')
    t.equal(reachOf(aPrincipal('patient', { scopes: ['patient/*.read'] }), 'profile.write').kind, 'none')
    t.equal(reachOf(system(['record.read']), 'record.read', 'Patient').kind, 'all', 'a permission is a scope too')
  })

  t.test('that are asked for → are granted as far as they are registered, else none', async (t) => {
    t.strictSame(grantScopes(undefined, ['system/*.read']), ['system/*.read'])
    t.strictSame(grantScopes('system/Patient.read system/Patient.read', ['system/*.*']), ['system/Patient.read'])
    t.equal(grantScopes('system/Patient.write', ['system/*.read']), null)
    t.equal(grantScopes('system/*.read', ['system/Patient.read']), null)
    t.equal(grantScopes('patient/Patient.read', ['system/*.read']), null)
  })
})

t.test('a client secret → is taken until a day after its rotation, and never after revocation', async (t) => {
  const at = new Date('2027-03-01T00:00:00Z')
  const client: Client = { id: 'c1', name: 'App', role: 'integrator', organizationId: null, scopes: [], speaksFor: 'app', secretHash: 'first', previousSecret: null, createdAt: at, revokedAt: null }
  const renewed = rotated(client, 'second', at)
  t.strictSame(['first', 'second'].map((secret) => isClientSecret(renewed, secret, new Date('2027-03-01T23:59:59Z'))), [true, true])
  t.strictSame(['first', 'second'].map((secret) => isClientSecret(renewed, secret, new Date('2027-03-02T00:00:00Z'))), [false, true])
  t.equal(isClientSecret({ ...renewed, revokedAt: at }, 'second', at), false)
})

t.test('codes → one a minute, five in any hour and ten in any 24 hours to one phone', async (t) => {
  const minutes = (...times: readonly number[]): readonly Date[] => times.map((time) => new Date(time * 60_000))
  const [now] = minutes(100_000)
  t.equal(nextCodeAt([], now as Date), null)
  t.strictSame(nextCodeAt(minutes(99_999.5), now as Date), new Date(100_000.5 * 60_000))
  t.equal(nextCodeAt(minutes(99_999), now as Date), null)
  const ten = Array.from({ length: 10 }, (_, index) => 99_000 + index)
  t.strictSame(nextCodeAt(minutes(...ten), now as Date), new Date((99_000 + 1440) * 60_000))
  t.equal(nextCodeAt(minutes(...ten), new Date((99_000 + 1440) * 60_000)), null)
  t.strictSame(nextCodeAt(minutes(99_941, 99_950, 99_960, 99_970, 99_980), now as Date), new Date(100_001 * 60_000))
  t.equal(nextCodeAt(minutes(99_940, 99_950, 99_960, 99_970, 99_980), now as Date), null)
})

t.test('an account → belongs to whom document and name name, if its own phone stands there too', async (t) => {
  const holder = (patientId: string, personId: string, ...keys: readonly string[]): Holder => ({ patientId, personId, birthDate: null, phones: keys.map((key) => ({ number: key, key })) })
  const account = { phoneKey: 'mine' }
  t.equal(ownerOf(account, []), null)
  t.equal(ownerOf(account, [holder('anna', 'anna', 'other')]), null, 'another phone')
  t.equal(ownerOf(account, [holder('anna', 'anna', 'other', 'mine'), holder('anna-west', 'anna')]), 'anna')
  t.equal(ownerOf(account, [holder('anna', 'anna', 'mine'), holder('berta', 'berta', 'mine')]), null, 'two persons')
})

t.test('phone numbers → are compared by their digits', async (t) => {
  for (const written of ['10000000000', '100-0000-0000', '+86 100 0000 0000', '0086 (100) 0000.0000', '１００００００００００']) t.equal(comparablePhone(written), '10000000000', written)
  for (const written of ['', 'abc', '1234', '+86']) t.equal(comparablePhone(written), null, written)
})
