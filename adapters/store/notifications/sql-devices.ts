import type { Device, DeviceStore } from '../../../core/notifications/index.ts'
import { instant } from '../columns.ts'
import type { Unit } from '../sql.ts'

interface DeviceRow {
  readonly id: string
  readonly owner_id: string
  readonly token_key: string
  readonly token: string
  readonly platform: Device['platform']
  readonly registered_at_ms: number
}

export function sqlDevices ({ sql, dialect }: Unit): DeviceStore {
  return {
    save: async ({ id, ownerId, tokenKey, token, platform, registeredAt }) => {
      await sql.run(`insert into devices (id, owner_id, token_key, token, platform, registered_at_ms) values (?, ?, ?, ?, ?, ?)
        on conflict (token_key) do update set owner_id = excluded.owner_id, token = excluded.token, platform = excluded.platform, registered_at_ms = excluded.registered_at_ms`,
      [id, ownerId, tokenKey, token, platform, registeredAt.getTime()])
    },
    ofOwners: async (ownerIds) => (await sql.all<DeviceRow>(`select * from devices where ${dialect.isIn('owner_id')} order by registered_at_ms desc, id desc`, [dialect.list(ownerIds)])).map(deviceOf),
    drop: async (id, ownerId) => await sql.run('delete from devices where id = ? and owner_id = ?', [id, ownerId]) === 1
  }
}

function deviceOf (row: DeviceRow): Device {
  return { id: row.id, ownerId: row.owner_id, tokenKey: row.token_key, token: row.token, platform: row.platform, registeredAt: instant(row.registered_at_ms) }
}
