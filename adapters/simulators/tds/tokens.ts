import { longText, shortText, u16, u32, u64, u8 } from './bytes.ts'
import { collation, columnInfo, valueBytes, type SqlColumn, type SqlValue } from './values.ts'

/** Tokens of a server's answer (MS-TDS §2.2.7). */
export function loginAccepted (database: string): Buffer {
  const ack = Buffer.concat([u8(1), Buffer.from([0x74, 0x00, 0x00, 0x04]), shortText('Simulated SQL Server'), Buffer.from([15, 0, 0x07, 0xd0])])
  return Buffer.concat([
    changed(1, shortText(database), shortText('master')),
    changed(7, Buffer.concat([u8(collation.length), collation]), u8(0)),
    u8(0xad), u16(ack.length), ack,
    changed(4, shortText('4096'), shortText('4096')),
    done(0xfd, { status: 0, rows: 0 })
  ])
}

function changed (type: number, now: Buffer, before: Buffer): Buffer {
  return Buffer.concat([u8(0xe3), u16(1 + now.length + before.length), u8(type), now, before])
}

const hasError = 0x02
const hasCount = 0x10
const attention = 0x20
const serverErrorClass = 14

export interface SqlError {
  readonly number: number
  /** As the server words it; it may quote names. */
  readonly text: string
  readonly class?: number
}

/** An error and the end of the answer. */
export function refused (error: SqlError): Buffer {
  const body = Buffer.concat([u32(error.number), u8(1), u8(error.class ?? serverErrorClass), longText(error.text), shortText('SIMULATED'), shortText(''), u32(1)])
  return Buffer.concat([u8(0xaa), u16(body.length), body, done(0xfd, { status: hasError, rows: 0 })])
}

/** A result set; with a call, the end of the call too. */
export function resultSet (columns: readonly SqlColumn[], rows: ReadonlyArray<readonly SqlValue[]>, isCall: boolean): Buffer {
  const parts = [u8(0x81), u16(columns.length), ...columns.map(columnInfo)]
  for (const row of rows) parts.push(u8(0xd1), ...columns.map(({ type }, place) => valueBytes(type, row[place] ?? null)))
  if (!isCall) return Buffer.concat([...parts, done(0xfd, { status: hasCount, rows: rows.length })])
  return Buffer.concat([...parts, done(0xff, { status: 0x01 | hasCount, rows: rows.length }), u8(0x79), u32(0), done(0xfe, { status: 0, rows: 0 })])
}

export function nothingToSay (): Buffer {
  return done(0xfd, { status: 0, rows: 0 })
}

/** The client cancelled, and the server has stopped. */
export function cancelled (): Buffer {
  return done(0xfd, { status: attention, rows: 0 })
}

function done (token: number, { status, rows }: { readonly status: number, readonly rows: number }): Buffer {
  return Buffer.concat([u8(token), u16(status), u16(0xc1), u64(BigInt(rows))])
}
