import type { FollowerStore, ScenePurpose, SceneStore, TicketStore, TicketUse } from '../../../core/access/index.ts'
import { instant } from '../columns.ts'
import type { Unit } from '../sql.ts'

interface TicketRow {
  readonly key: string
  readonly purpose: TicketUse
  readonly openid_key: string | null
  readonly expires_at_ms: number
}

export function sqlTickets ({ sql }: Unit): TicketStore {
  return {
    add: async ({ key, use, openidKey, expiresAt }) => await sql.run(
      'insert into tickets (key, purpose, openid_key, expires_at_ms) values (?, ?, ?, ?) on conflict (key) do nothing', [key, use, openidKey, expiresAt.getTime()]) === 1,
    find: async (key, use, now) => {
      const row = await sql.first<TicketRow>('select * from tickets where key = ? and purpose = ? and expires_at_ms > ?', [key, use, now.getTime()])
      return row && { key: row.key, use: row.purpose, openidKey: row.openid_key, expiresAt: instant(row.expires_at_ms) }
    },
    take: async (key, use, now) => await sql.run('delete from tickets where key = ? and purpose = ? and expires_at_ms > ?', [key, use, now.getTime()]) === 1,
    dropExpired: async (use, now) => {
      await sql.run('delete from tickets where purpose = ? and expires_at_ms <= ?', [use, now.getTime()])
    }
  }
}

interface SceneRow {
  readonly id: string
  readonly purpose: ScenePurpose
  readonly terminal_id: string | null
  readonly created_at_ms: number
  readonly expires_at_ms: number
  readonly openid_key: string | null
}

export function sqlScenes ({ sql }: Unit): SceneStore {
  return {
    add: async ({ id, purpose, terminalId, createdAt, expiresAt, openidKey }) => {
      await sql.run('insert into wechat_scenes (id, purpose, terminal_id, created_at_ms, expires_at_ms, openid_key) values (?, ?, ?, ?, ?, ?)',
        [id, purpose, terminalId, createdAt.getTime(), expiresAt.getTime(), openidKey])
    },
    find: async (id) => {
      const row = await sql.first<SceneRow>('select * from wechat_scenes where id = ?', [id])
      return row && { id: row.id, purpose: row.purpose, terminalId: row.terminal_id, createdAt: instant(row.created_at_ms), expiresAt: instant(row.expires_at_ms), openidKey: row.openid_key }
    },
    link: async (id, openidKey) => await sql.run('update wechat_scenes set openid_key = ? where id = ? and openid_key is null', [openidKey, id]) === 1,
    dropExpired: async (before) => {
      await sql.run('delete from wechat_scenes where expires_at_ms <= ?', [before.getTime()])
    }
  }
}

export function sqlFollowers ({ sql }: Unit): FollowerStore {
  return {
    save: async ({ openidKey, openid, isFollowing, at }) => {
      await sql.run(`insert into wechat_followers (openid_key, openid, is_following, at_ms) values (?, ?, ?, ?)
        on conflict (openid_key) do update set openid = excluded.openid, is_following = excluded.is_following, at_ms = excluded.at_ms`, [openidKey, openid, Number(isFollowing), at.getTime()])
    },
    openidOf: async (openidKey) => (await sql.first<{ readonly openid: string | null }>('select openid from wechat_followers where openid_key = ? and is_following = 1', [openidKey]))?.openid ?? null,
    isFollowing: async (openidKey) => (await sql.first<{ readonly is_following: number }>('select is_following from wechat_followers where openid_key = ?', [openidKey]))?.is_following === 1
  }
}
