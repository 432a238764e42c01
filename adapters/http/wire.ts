import { Type, type Static, type TSchema } from '@fastify/type-provider-typebox'
import { DomainError } from '../../core/errors.ts'

/** How things stand in JSON: one schema each, from which validation, types and /docs follow. */
export const Id = Type.String({ minLength: 1, maxLength: 200 })
export const Instant = Type.String({ format: 'date-time', description: 'RFC 3339 with the offset of the business zone' })
export const Day = Type.String({ format: 'date', description: 'YYYY-MM-DD in the business zone' })
export const AmountFen = Type.Integer({ description: 'Fen (0.01 yuan)' })

export function nullable<Schema extends TSchema> (schema: Schema): ReturnType<typeof Type.Unsafe<Static<Schema> | null>> {
  const { type, ...rest } = schema as unknown as { readonly type?: string }
  // `type: [x, 'null']` serializes without the trial validation that anyOf would cost for each item.
  return Type.Unsafe<Static<Schema> | null>(typeof type === 'string' ? { ...rest, type: [type, 'null'] } : { anyOf: [schema, { type: 'null' }] })
}

export function oneOf<Values extends readonly string[]> (values: Values): ReturnType<typeof Type.Unsafe<Values[number]>> {
  return Type.Unsafe<Values[number]>({ type: 'string', enum: values })
}

export const ById = Type.Object({ id: Id })

const largestPage = 200
export const PageQuery = { limit: Type.Integer({ minimum: 1, maximum: largestPage, default: 50 }), cursor: Type.Optional(Type.String({ maxLength: 200, description: '`next` of the page before' })) }

export function pageOf<Item extends TSchema> (item: Item) {
  return Type.Object({ items: Type.Array(item), next: nullable(Type.String({ description: 'cursor of the next page; null at the end' })) })
}

/** A cursor is opaque to callers; inside it is the number that the store goes on from. */
export function writeCursor (position: number): string {
  return Buffer.from(String(position)).toString('base64url')
}

export function readCursor (cursor: string | undefined): number | null {
  if (cursor === undefined) return null
  const position = Number(Buffer.from(cursor, 'base64url').toString('latin1'))
  if (!Number.isSafeInteger(position) || position < 0) throw new DomainError('REQUEST_INVALID', 'Send `next` of the page before as cursor, unchanged.', 'cursor')
  return position
}

/** A page of a list that the store counts from its start; one more is asked for, to know whether it goes on. */
export async function pageByOffset<Row> (query: { readonly limit: number, readonly cursor?: string }, load: (page: { readonly limit: number, readonly offset: number }) => Promise<readonly Row[]>): Promise<{ readonly rows: readonly Row[], readonly next: string | null }> {
  const offset = readCursor(query.cursor) ?? 0
  const rows = await load({ limit: query.limit + 1, offset })
  return { rows: rows.slice(0, query.limit), next: rows.length > query.limit ? writeCursor(offset + query.limit) : null }
}

/** How far local time is ahead of UTC at an instant. Make it once for a zone: the formatter behind it is slow to make. */
export type OffsetMs = (instant: Date) => number

export function offsetIn (zone: string): OffsetMs {
  const format = new Intl.DateTimeFormat('en-US', { timeZone: zone, timeZoneName: 'longOffset' })
  return (instant) => {
    const name = format.formatToParts(instant).find((part) => part.type === 'timeZoneName')?.value ?? 'GMT'
    const [, sign, hours, minutes] = /([+-])(\d{2}):(\d{2})/.exec(name) ?? [undefined, '+', '00', '00']
    return (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) * 60_000
  }
}

/** Writes instants with the business zone's offset. */
export type WriteInstant = (instant: Date) => string

export function instantIn (zone: string): WriteInstant {
  const offsetMs = offsetIn(zone)
  return (instant) => {
    const ahead = offsetMs(instant)
    const minutes = Math.abs(ahead) / 60_000
    const offset = [Math.floor(minutes / 60), minutes % 60].map((part) => String(part).padStart(2, '0')).join(':')
    return `${new Date(instant.getTime() + ahead).toISOString().slice(0, -1)}${ahead < 0 ? '-' : '+'}${offset}`
  }
}

export function orNull<From, To> (value: From | null, write: (value: From) => To): To | null {
  return value === null ? null : write(value)
}
