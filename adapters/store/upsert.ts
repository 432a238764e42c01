/**
 * Inserts a row or replaces the one with its key; a row that would stay the same is not written, which spares the
 * disk the many messages that repeat what is known.
 */
export function upsert (table: string, key: readonly string[], columns: readonly string[]): string {
  const changing = columns.filter((column) => !key.includes(column))
  return `insert into ${table} (${columns.join(', ')}) values (${columns.map(() => '?').join(', ')})
    on conflict (${key.join(', ')}) do update set ${changing.map((column) => `${column} = excluded.${column}`).join(', ')}
    where (${changing.map((column) => `${table}.${column}`).join(', ')}) is distinct from (${changing.map((column) => `excluded.${column}`).join(', ')})`
}
