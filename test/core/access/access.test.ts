import fc from 'fast-check'
import t from 'tap'
import { authenticate, decide, findCaller, issueToken, limitsOf, permissions, reachOf, roles, type Principal, type Role, type Token } from '../../../core/access/index.ts'

const aPrincipal = (role: Role, change: Partial<Principal> = {}): Principal => ({ tokenId: 'token-1', role, personId: null, organizationId: null, ...change })
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

t.test('whoever may do something at all → may ask who they are; books, clinical writing, profiles and clients are closed to operators', async (t) => {
  for (const role of roles) t.strictSame(reachOf(aPrincipal(role), 'me.read'), { kind: 'all' })
  const closed = permissions.filter((permission) => reachOf(aPrincipal('operator'), permission).kind === 'none')
  t.strictSame(closed, ['record.write', 'profile.write', 'client.manage', 'ledger.read', 'audit.read'])
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
    save: async (token: Token) => { kept.set(token.tokenHash, token) },
    revoke: async () => {}
  }
  const hash = (secret: string): string => `hash of ${secret}`
  const at = new Date('2027-03-01T00:00:00Z')
  const issue = { role: 'doctor', personId: null, organizationId: 'east', at, expiresAt: new Date('2027-04-01T00:00:00Z') } as const
  const random = 'r'.repeat(43)
  const { secret } = await issueToken({ tokens, ids: { next: () => 'token-1' }, randomSecret: () => random, hash }, issue)

  t.test('is shown once and kept as its hash only', async (t) => {
    t.equal(secret, `yq_${random}`)
    t.strictSame([...kept.values()], [{ tokenId: 'token-1', role: 'doctor', personId: null, organizationId: 'east', tokenHash: `hash of ${secret}`, createdAt: at, expiresAt: issue.expiresAt, revokedAt: null }])
  })

  t.test('stands for its caller until the instant it expires', async (t) => {
    t.strictSame(await authenticate({ tokens, hash }, secret, new Date('2027-03-31T23:59:59.999Z')), { tokenId: 'token-1', role: 'doctor', personId: null, organizationId: 'east' })
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

t.test('a guardian → has the records of the wards, tied ones included, and not the wards of the wards', async (t) => {
  const ties: Readonly<Record<string, readonly string[]>> = { mother: ['mother', 'mother-west'], child: ['child', 'child-west'] }
  const wards: Readonly<Record<string, readonly string[]>> = { 'mother-west': ['child'], child: ['grandchild'] }
  const deps = {
    guardians: { wardsOf: async (id: string) => wards[id] ?? [], save: async () => {} },
    tiedPatientIds: async (id: string) => ties[id] ?? []
  }
  const caller = await findCaller(deps, aPrincipal('guardian', { personId: 'mother' }))
  t.strictSame([caller.patientIds, caller.wards], [['mother', 'mother-west', 'child', 'child-west'], ['child']])
  t.strictSame((await findCaller(deps, aPrincipal('doctor', { personId: 'mother' }))).patientIds, [], 'staff have none by their token')
})
