import type { SettingStore } from '../../../core/operations/index.ts'
import type { Unit } from '../sql.ts'
import { upsert } from '../upsert.ts'

const put = upsert('settings', ['name'], ['name', 'value'])

export function sqlSettings ({ sql }: Unit): SettingStore {
  const get = async (name: string): Promise<string | null> =>
    (await sql.first<{ readonly value: string }>('select value from settings where name = ?', [name]))?.value ?? null
  return {
    get,
    set: async (name, value) => {
      await sql.run(put, [name, value])
    },
    setOnce: async (name, value) => {
      // Nearly always it is there, and a write costs more than a look.
      const standing = await get(name)
      if (standing !== null) return standing
      await sql.run('insert into settings (name, value) values (?, ?) on conflict (name) do nothing', [name, value])
      return await get(name) ?? value
    }
  }
}
