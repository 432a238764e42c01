import type { Test } from 'tap'
import type { AuditEvent, Token } from '../../core/access/index.ts'
import type { OpenStore } from './store-under-test.ts'

const at = (time: string): Date => new Date(`2026-03-02T${time}Z`)

export function tokenStoreContract (t: Test, open: OpenStore): void {
  t.test('a token → is found by its hash, and keeps the instant it was first revoked', async (t) => {
    const { inTransaction } = await open(t)
    const token: Token = { tokenId: 't1', tokenHash: 'hash-1', role: 'doctor', personId: 'd1', organizationId: 'east', createdAt: at('01:00:00'), expiresAt: at('09:00:00'), revokedAt: null }
    const bare: Token = { tokenId: 't2', tokenHash: 'hash-2', role: 'operator', personId: null, organizationId: null, createdAt: at('01:00:00'), expiresAt: null, revokedAt: null }
    await inTransaction(async ({ tokens }) => {
      await tokens.save(token)
      await tokens.save(bare)
      t.strictSame([await tokens.byHash('hash-1'), await tokens.byHash('hash-2'), await tokens.byHash('hash-3')], [token, bare, null])
      await tokens.revoke('t1', at('02:00:00'))
      await tokens.revoke('t1', at('03:00:00'))
      t.strictSame(await tokens.byHash('hash-1'), { ...token, revokedAt: at('02:00:00') })
    })
  })
}

export function guardianStoreContract (t: Test, open: OpenStore): void {
  t.test('a guardian → speaks for the wards saved, each once', async (t) => {
    const { inTransaction } = await open(t)
    await inTransaction(async ({ guardians }) => {
      for (const wardPersonId of ['w2', 'w1', 'w2']) await guardians.save({ guardianPersonId: 'g1', wardPersonId, createdAt: at('01:00:00') })
      t.strictSame([await guardians.wardsOf('g1'), await guardians.wardsOf('w1')], [['w1', 'w2'], []])
    })
  })
}

export function auditStoreContract (t: Test, open: OpenStore): void {
  t.test('audit events → are listed newest first, narrowed by patient and token', async (t) => {
    const { inTransaction } = await open(t)
    const anEvent = (id: string, time: string, given: Partial<AuditEvent> = {}): AuditEvent => ({
      id, at: at(time), tokenId: 't1', role: 'doctor', personId: 'd1', action: 'read', target: 'Patient', targetId: 'p1', patientId: 'p1', outcome: 'allowed', requestId: `r-${id}`, ...given
    })
    const refused = anEvent('a2', '02:00:00', { tokenId: null, role: null, personId: null, action: 'search', targetId: null, patientId: null, outcome: 'refused' })
    const events = [anEvent('a1', '01:00:00'), refused, anEvent('a3', '03:00:00', { tokenId: 't2' })]
    await inTransaction(({ audit }) => audit.append(events))
    await inTransaction(async ({ audit }) => {
      await audit.append([])
      t.strictSame(await audit.list({}, { limit: 9, before: null }), [...events].reverse())
      t.strictSame((await audit.list({ patientId: 'p1' }, { limit: 9, before: null })).map(({ id }) => id), ['a3', 'a1'])
      t.strictSame((await audit.list({ tokenId: 't2' }, { limit: 9, before: null })).map(({ id }) => id), ['a3'])
      t.strictSame((await audit.list({}, { limit: 1, before: at('03:00:00') })).map(({ id }) => id), ['a2'])
    })
  })
}
