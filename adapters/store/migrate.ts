import type { Knex } from 'knex'
import type { Dialect } from './dialect.ts'
import { migrations, type Migration } from './migrations/index.ts'

function configOf (dialect: Dialect): Knex.MigratorConfig {
  const source: Knex.MigrationSource<Migration> = {
    getMigrations: async () => [...migrations],
    getMigrationName: (migration) => migration.name,
    getMigration: async (migration) => ({
      up: async (knex) => { for (const statement of migration.up(dialect.words)) await knex.raw(statement) },
      down: async (knex) => { for (const statement of migration.down(dialect.words)) await knex.raw(statement) }
    })
  }
  return { migrationSource: source, tableName: 'schema_migrations' }
}

export async function migrateUp (knex: Knex, dialect: Dialect): Promise<readonly string[]> {
  const config = configOf(dialect)
  // Whoever held knex's own lock is dead: the caller is alone, and a crash would otherwise leave it for ever.
  await knex.migrate.forceFreeMigrationsLock(config)
  const [, applied] = await knex.migrate.latest(config) as [number, string[]]
  return applied
}

export async function migrateDown (knex: Knex, dialect: Dialect): Promise<void> {
  await knex.migrate.rollback(configOf(dialect), true)
}
