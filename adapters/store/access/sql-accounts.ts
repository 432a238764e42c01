import type { Account, AccountStore, Session, SessionStore } from '../../../core/access/index.ts'
import { instant, instantOrNull } from '../columns.ts'
import type { Unit } from '../sql.ts'

interface AccountRow {
  readonly id: string
  readonly phone_key: string
  readonly phone_tail: string
  readonly openid_key: string | null
  readonly person_id: string | null
  readonly created_at_ms: number
}

export function sqlAccounts ({ sql, dialect }: Unit): AccountStore {
  const firstBy = async (column: string, value: string): Promise<Account | null> => {
    const row = await sql.first<AccountRow>(`select * from accounts where ${column} = ?`, [value])
    return row && accountOf(row)
  }
  return {
    find: (id) => firstBy('id', id),
    byPhone: (phoneKey) => firstBy('phone_key', phoneKey),
    byOpenid: (openidKey) => firstBy('openid_key', openidKey),
    byPersons: async (personIds) => (await sql.all<AccountRow>(`select * from accounts where ${dialect.isIn('person_id')} order by created_at_ms, id`, [dialect.list(personIds)])).map(accountOf),
    add: async ({ id, phoneKey, phoneTail, openidKey, personId, createdAt }) => {
      await sql.run(`insert into accounts (id, phone_key, phone_tail, openid_key, person_id, created_at_ms) values (?, ?, ?, ?, ?, ?)
        on conflict (phone_key) do nothing`, [id, phoneKey, phoneTail, openidKey, personId, createdAt.getTime()])
    },
    setPerson: async (id, personId) => {
      await sql.run('update accounts set person_id = ? where id = ?', [personId, id])
    },
    setOpenid: async (id, openidKey) => {
      if (openidKey !== null) await sql.run('update accounts set openid_key = null where openid_key = ? and id <> ?', [openidKey, id])
      await sql.run('update accounts set openid_key = ? where id = ?', [openidKey, id])
    }
  }
}

function accountOf (row: AccountRow): Account {
  return { id: row.id, phoneKey: row.phone_key, phoneTail: row.phone_tail, openidKey: row.openid_key, personId: row.person_id, createdAt: instant(row.created_at_ms) }
}

interface SessionRow {
  readonly id: string
  readonly account_id: string
  readonly refresh_hash: string
  readonly previous_hash: string | null
  readonly created_at_ms: number
  readonly expires_at_ms: number
  readonly ended_at_ms: number | null
}

export function sqlSessions ({ sql }: Unit): SessionStore {
  return {
    add: async ({ id, accountId, refreshHash, previousHash, createdAt, expiresAt }) => {
      // Sessions out of time are of no use to anybody, so each new one clears them away.
      await sql.run('delete from sessions where expires_at_ms < ?', [createdAt.getTime()])
      await sql.run('insert into sessions (id, account_id, refresh_hash, previous_hash, created_at_ms, expires_at_ms) values (?, ?, ?, ?, ?, ?)',
        [id, accountId, refreshHash, previousHash, createdAt.getTime(), expiresAt.getTime()])
    },
    byRefreshHash: async (hash) => {
      const row = await sql.first<SessionRow>('select * from sessions where refresh_hash = ? or previous_hash = ?', [hash, hash])
      return row && sessionOf(row)
    },
    rotate: async (id, from, to) => await sql.run(
      'update sessions set refresh_hash = ?, previous_hash = ? where id = ? and refresh_hash = ? and ended_at_ms is null', [to, from, id, from]) === 1,
    end: async (id, at) => {
      await sql.run('update sessions set ended_at_ms = ? where id = ? and ended_at_ms is null', [at.getTime(), id])
    },
    endOf: async (accountId, at) => {
      await sql.run('update sessions set ended_at_ms = ? where account_id = ? and ended_at_ms is null', [at.getTime(), accountId])
    }
  }
}

function sessionOf (row: SessionRow): Session {
  return {
    id: row.id,
    accountId: row.account_id,
    refreshHash: row.refresh_hash,
    previousHash: row.previous_hash,
    createdAt: instant(row.created_at_ms),
    expiresAt: instant(row.expires_at_ms),
    endedAt: instantOrNull(row.ended_at_ms)
  }
}
