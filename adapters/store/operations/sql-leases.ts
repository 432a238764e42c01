import type { LeaseStore } from '../../../core/operations/index.ts'
import type { Unit } from '../sql.ts'

export function sqlLeases ({ sql }: Unit): LeaseStore {
  return {
    acquire: async ({ name, holder, now, until }) => await sql.run(
      `insert into leases (name, holder, until_ms) values (?, ?, ?)
       on conflict (name) do update set holder = excluded.holder, until_ms = excluded.until_ms
       where leases.holder = excluded.holder or leases.until_ms <= ?`, [name, holder, until.getTime(), now.getTime()]) === 1,
    release: async ({ name, holder }) => {
      await sql.run('delete from leases where name = ? and holder = ?', [name, holder])
    },
    releaseAll: async () => { await sql.run('delete from leases', []) }
  }
}
