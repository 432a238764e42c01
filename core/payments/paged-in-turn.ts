import type { CalendarDate } from '../clock.ts'
import type { OurItem } from './reconcile-item.ts'
import type { OurSide } from './reconcile-ports.ts'

/** Rows of one kind, in the order of their cursor; an item of null is nothing that a statement would list. */
export type Reader<Stores> = (stores: Stores, day: CalendarDate, page: { readonly limit: number, readonly after: string | null }) => Promise<ReadonlyArray<{ readonly item: OurItem | null, readonly cursor: string }>>

/** Reads several kinds one after the other as one list: the place of the reader stands before its cursor. */
export function pagedInTurn<Stores> (readers: ReadonlyArray<Reader<Stores>>): OurSide<Stores>['onDay'] {
  return async (stores, day, { limit, after }) => {
    const colon = after?.indexOf(':') ?? 0
    const place = after === null ? 0 : Number(after.slice(0, colon))
    const cursor = after === null || after.length === colon + 1 ? null : after.slice(colon + 1)
    const rows = await readers[place]?.(stores, day, { limit, after: cursor }) ?? []
    const last = rows.length < limit ? undefined : rows.at(-1)
    return {
      items: rows.flatMap(({ item }) => item === null || item.amountFen === 0 ? [] : [item]),
      next: last !== undefined ? `${place}:${last.cursor}` : place + 1 < readers.length ? `${place + 1}:` : null
    }
  }
}
