import type { Test } from 'tap'
import type { Account, AuditEvent, Client, Guardianship, Scene, Session, SmsCode, Ticket, Token } from '../../core/access/index.ts'
import type { OpenStore } from './store-under-test.ts'

const at = (time: string): Date => new Date(`2026-03-02T${time}Z`)

export function tokenStoreContract (t: Test, open: OpenStore): void {
  const token: Token = {
    tokenId: 't1', tokenHash: 'hash-1', role: 'integrator', personId: null, organizationId: 'east', scopes: ['system/*.read'], clientId: 'c1', speaksFor: 'hospital',
    createdAt: at('01:00:00'), expiresAt: at('09:00:00'), revokedAt: null
  }
  const bare: Token = { tokenId: 't2', tokenHash: 'hash-2', role: 'operator', personId: null, organizationId: null, scopes: null, createdAt: at('02:00:00'), expiresAt: null, revokedAt: null }
  const ofSession: Token = { ...bare, tokenId: 't3', tokenHash: 'hash-3', role: 'patient', accountId: 'a1', sessionId: 's1', createdAt: at('03:00:00'), expiresAt: at('04:00:00') }

  t.test('a token → is found by its hash, and keeps the instant it was first revoked', async (t) => {
    const { inTransaction } = await open(t)
    await inTransaction(async ({ tokens }) => {
      await tokens.save(token)
      await tokens.save(bare)
      t.strictSame([await tokens.byHash('hash-1'), await tokens.byHash('hash-2'), await tokens.byHash('hash-3')], [token, bare, null])
      await tokens.revoke('t1', at('02:00:00'))
      await tokens.revoke('t1', at('03:00:00'))
      t.strictSame(await tokens.find('t1'), { ...token, revokedAt: at('02:00:00') })
    })
  })

  t.test('tokens of one client, session or account → end together and alone', async (t) => {
    for (const [holder, ended] of [[{ clientId: 'c1' }, 't1'], [{ sessionId: 's1' }, 't3'], [{ accountId: 'a1' }, 't3']] as const) {
      const { inTransaction } = await open(t)
      await inTransaction(async ({ tokens }) => {
        for (const one of [token, bare, ofSession]) await tokens.save(one)
        await tokens.revokeOf(holder, at('05:00:00'))
        const list = await tokens.list({ limit: 9, offset: 0 })
        t.strictSame(list.filter(({ revokedAt }) => revokedAt !== null).map(({ tokenId }) => tokenId), [ended])
        t.strictSame(list.map(({ tokenId }) => tokenId), ['t3', 't2', 't1'], 'newest first')
      })
    }
  })

  t.test('tokens of an account → stand for its person from the binding on; expired ones of clients and sessions are forgotten', async (t) => {
    const { inTransaction } = await open(t)
    await inTransaction(async ({ tokens }) => {
      for (const one of [token, bare, ofSession, { ...bare, tokenId: 't4', tokenHash: 'hash-4', expiresAt: at('01:00:00') }]) await tokens.save(one)
      await tokens.setPerson('a1', 'anna')
      t.strictSame((await tokens.find('t3'))?.personId, 'anna')
      t.strictSame((await tokens.find('t2'))?.personId, null)
      await tokens.dropExpired(at('05:00:00'))
      t.strictSame((await tokens.list({ limit: 9, offset: 0 })).map(({ tokenId }) => tokenId).sort(), ['t1', 't2', 't4'])
    })
  })
}

export function guardianStoreContract (t: Test, open: OpenStore): void {
  t.test('a guardianship → is found by either side until it ends; two confirmed of the same persons do not stand', async (t) => {
    const { inTransaction } = await open(t)
    const one: Guardianship = {
      id: 'g1', guardianPersonId: 'mother', wardPersonId: 'child', relation: 'mother', basis: 'minor', state: 'asked', wardPhoneKey: 'key',
      askedAt: at('01:00:00'), confirmedAt: null, endedAt: null, confirmedBy: null
    }
    const unknown: Guardianship = { ...one, id: 'g2', wardPersonId: null, wardPhoneKey: null, askedAt: at('02:00:00') }
    const confirmed: Guardianship = { ...one, state: 'confirmed', confirmedAt: at('03:00:00'), confirmedBy: 'code' }
    await inTransaction(async ({ guardians }) => {
      await guardians.save(one)
      await guardians.save(unknown)
      t.strictSame(await guardians.ofGuardian(['nobody', 'mother']), [one, unknown])
      await guardians.save(confirmed)
      t.strictSame(await guardians.ofWard(['child', 'child-west']), [confirmed])
      t.strictSame([await guardians.find('g2'), await guardians.find('g3')], [unknown, null])
    })
    await t.rejects(inTransaction(({ guardians }) => guardians.save({ ...confirmed, id: 'g4' })), { code: 'STORE_WRITE_CONFLICT' })
    await inTransaction(async ({ guardians }) => {
      await guardians.save({ ...confirmed, state: 'ended', endedAt: at('04:00:00') })
      t.strictSame([await guardians.ofWard(['child']), (await guardians.find('g1'))?.endedAt], [[], at('04:00:00')])
      await guardians.save({ ...confirmed, id: 'g4' })
    })
  })
}

export function clientStoreContract (t: Test, open: OpenStore): void {
  t.test('a client → keeps both secrets of a rotation, newest client first', async (t) => {
    const { inTransaction } = await open(t)
    const client: Client = { id: 'c1', name: 'App', role: 'integrator', organizationId: null, scopes: ['system/*.read'], speaksFor: 'app', secretHash: 'h1', previousSecret: null, createdAt: at('01:00:00'), revokedAt: null }
    const rotated: Client = { ...client, organizationId: 'east', secretHash: 'h2', previousSecret: { hash: 'h1', until: at('03:00:00') }, revokedAt: at('02:00:00') }
    await inTransaction(async ({ clients }) => {
      await clients.save(client)
      t.strictSame(await clients.find('c1'), client)
      await clients.save(rotated)
      await clients.save({ ...client, id: 'c2', createdAt: at('02:00:00') })
      t.strictSame([await clients.find('c1'), await clients.find('c3')], [rotated, null])
      t.strictSame((await clients.list({ limit: 9, offset: 0 })).map(({ id }) => id), ['c2', 'c1'])
    })
  })
}

export function accountStoresContract (t: Test, open: OpenStore): void {
  const account: Account = { id: 'a1', phoneKey: 'p1', phoneTail: '0001', openidKey: null, personId: null, createdAt: at('01:00:00') }

  t.test('an account → is one for a phone, and has an openid that no other has', async (t) => {
    const { inTransaction } = await open(t)
    await inTransaction(async ({ accounts }) => {
      await accounts.add(account)
      await accounts.add({ ...account, id: 'again' })
      await accounts.add({ ...account, id: 'a2', phoneKey: 'p2' })
      t.strictSame([await accounts.byPhone('p1'), await accounts.find('again')], [account, null])
      await accounts.setPerson('a1', 'anna')
      await accounts.setOpenid('a1', 'o1')
      await accounts.setOpenid('a2', 'o1')
      t.strictSame([(await accounts.byOpenid('o1'))?.id, (await accounts.find('a1'))?.openidKey], ['a2', null])
      await accounts.setOpenid('a2', null)
      t.equal(await accounts.byOpenid('o1'), null)
      t.strictSame((await accounts.byPersons(['anna', 'berta'])).map(({ id }) => id), ['a1'])
    })
  })

  t.test('a session → is found by its refresh token and the one before, and rotates once', async (t) => {
    const { inTransaction } = await open(t)
    const session: Session = { id: 's1', accountId: 'a1', refreshHash: 'r1', previousHash: null, createdAt: at('01:00:00'), expiresAt: at('09:00:00'), endedAt: null }
    await inTransaction(async ({ sessions }) => {
      await sessions.add(session)
      t.equal(await sessions.rotate('s1', 'r1', 'r2'), true)
      t.equal(await sessions.rotate('s1', 'r1', 'r3'), false)
      const rotated = { ...session, refreshHash: 'r2', previousHash: 'r1' }
      t.strictSame([await sessions.byRefreshHash('r1'), await sessions.byRefreshHash('r2'), await sessions.byRefreshHash('r3')], [rotated, rotated, null])
      await sessions.end('s1', at('02:00:00'))
      await sessions.endOf('a1', at('03:00:00'))
      t.strictSame((await sessions.byRefreshHash('r2'))?.endedAt, at('02:00:00'))
      t.equal(await sessions.rotate('s1', 'r2', 'r4'), false)
      await sessions.add({ ...session, id: 's2', refreshHash: 'r5', createdAt: at('10:00:00') })
      t.equal(await sessions.byRefreshHash('r2'), null, 'sessions out of time are forgotten')
    })
  })

  t.test('a code → is one a minute for a phone, tried so often and used once', async (t) => {
    const { inTransaction } = await open(t)
    const code: SmsCode = { id: 'x1', phoneKey: 'p1', use: 'session', subject: null, codeKey: 'k', sentAt: at('01:00:00'), expiresAt: at('01:05:00'), tries: 0, usedAt: null }
    await inTransaction(async ({ codes }) => {
      t.equal(await codes.add(code), true)
      t.equal(await codes.add({ ...code, id: 'x2', sentAt: at('01:00:59') }), false)
      t.equal(await codes.add({ ...code, id: 'x3', use: 'sign', subject: 'anna', sentAt: at('01:01:00') }), true)
      t.strictSame((await codes.ofPhone('p1')).map(({ id }) => id), ['x1', 'x3'])
      t.strictSame([await codes.countTry('x1', 2), await codes.countTry('x1', 2), await codes.countTry('x1', 2)], [true, true, false])
      t.strictSame([await codes.markUsed('x3', at('01:02:00')), await codes.markUsed('x3', at('01:03:00')), await codes.countTry('x3', 2)], [true, false, false])
      await codes.dropBefore(at('01:00:30'))
      t.strictSame(await codes.ofPhone('p1'), [{ ...code, id: 'x3', use: 'sign', subject: 'anna', sentAt: at('01:01:00'), usedAt: at('01:02:00') }])
    })
  })

  t.test('attempts → are counted by kind and subject', async (t) => {
    const { inTransaction } = await open(t)
    await inTransaction(async ({ attempts }) => {
      for (const time of ['01:00:00', '02:00:00']) await attempts.add('bind', 'a1', at(time))
      await attempts.add('ward', 'a1', at('02:00:00'))
      t.strictSame(await attempts.since('bind', 'a1', at('00:00:00')), [at('01:00:00'), at('02:00:00')])
      await attempts.dropBefore(at('01:30:00'))
      t.strictSame(await attempts.since('bind', 'a1', at('00:00:00')), [at('02:00:00')])
    })
  })
}

export function wechatStoresContract (t: Test, open: OpenStore): void {
  t.test('a ticket → is taken once, in its time and for its use', async (t) => {
    const { inTransaction } = await open(t)
    const ticket: Ticket = { key: 'k1', use: 'openid', openidKey: 'o1', expiresAt: at('01:10:00') }
    await inTransaction(async ({ tickets }) => {
      t.strictSame([await tickets.add(ticket), await tickets.add({ ...ticket, use: 'nonce' })], [true, false])
      t.strictSame([await tickets.find('k1', 'openid', at('01:00:00')), await tickets.find('k1', 'state', at('01:00:00')), await tickets.find('k1', 'openid', at('01:10:00'))], [ticket, null, null])
      t.strictSame([await tickets.take('k1', 'openid', at('01:10:00')), await tickets.take('k1', 'openid', at('01:00:00')), await tickets.take('k1', 'openid', at('01:00:00'))], [false, true, false])
      await tickets.add(ticket)
      await tickets.dropExpired('nonce', at('02:00:00'))
      t.ok(await tickets.find('k1', 'openid', at('01:00:00')))
      await tickets.dropExpired('openid', at('02:00:00'))
      t.equal(await tickets.find('k1', 'openid', at('01:00:00')), null)
    })
  })

  t.test('a scene → keeps its first follower', async (t) => {
    const { inTransaction } = await open(t)
    const scene: Scene = { id: 'scene-1', purpose: 'register', terminalId: 'kiosk-1', createdAt: at('01:00:00'), expiresAt: at('01:30:00'), openidKey: null }
    await inTransaction(async ({ scenes, followers }) => {
      await scenes.add(scene)
      t.strictSame([await scenes.link('scene-1', 'o1'), await scenes.link('scene-1', 'o2'), await scenes.link('scene-2', 'o1')], [true, false, false])
      t.strictSame(await scenes.find('scene-1'), { ...scene, openidKey: 'o1' })
      await scenes.dropExpired(at('01:30:00'))
      t.equal(await scenes.find('scene-1'), null)
      await followers.save({ openidKey: 'o1', openid: 'sealed-o1', isFollowing: true, at: at('01:00:00') })
      t.strictSame([await followers.isFollowing('o1'), await followers.isFollowing('o2'), await followers.openidOf('o1'), await followers.openidOf('o2')], [true, false, 'sealed-o1', null])
      await followers.save({ openidKey: 'o1', openid: null, isFollowing: false, at: at('02:00:00') })
      t.strictSame([await followers.isFollowing('o1'), await followers.openidOf('o1')], [false, null])
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
