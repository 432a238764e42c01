import { byteReader, lowBytes, shortText, u16, u32, u64, u8, type ByteReader } from './bytes.ts'

/** Texts for all but bytes: decimals with their digits, times as ISO 8601 without offset. */
export type SqlValue = string | Buffer | null

export type SqlType = 'nvarchar' | 'int' | 'decimal' | 'float' | 'date' | 'datetime2' | 'varbinary' | 'rowversion'

export interface SqlColumn {
  readonly name: string
  readonly type: SqlType
}

const decimalScale = 4
const timeScale = 3
/** Chinese_PRC_CI_AS: LCID 0804, code page 936. */
export const collation = Buffer.from([0x04, 0x08, 0xd0, 0x00, 0x00])

/** TYPE_INFO (MS-TDS §2.2.5.6). */
function typeInfo (type: SqlType): Buffer {
  switch (type) {
    case 'nvarchar': return Buffer.concat([u8(0xe7), u16(8000), collation])
    case 'int': return Buffer.from([0x26, 4])
    case 'decimal': return Buffer.from([0x6a, 9, 18, decimalScale])
    case 'float': return Buffer.from([0x6d, 8])
    case 'date': return u8(0x28)
    case 'datetime2': return Buffer.from([0x2a, timeScale])
    case 'varbinary': return Buffer.concat([u8(0xa5), u16(0xffff)])
    case 'rowversion': return Buffer.concat([u8(0xad), u16(8)])
  }
}

export function columnInfo ({ name, type }: SqlColumn): Buffer {
  return Buffer.concat([u32(0), u16(1), typeInfo(type), shortText(name)])
}

export function valueBytes (type: SqlType, value: SqlValue): Buffer {
  if (value === null) return nullBytes(type)
  if (Buffer.isBuffer(value)) return type === 'rowversion' ? Buffer.concat([u16(8), value]) : Buffer.concat([u64(BigInt(value.length)), u32(value.length), value, u32(0)])
  switch (type) {
    case 'int': return Buffer.concat([u8(4), lowBytes(BigInt.asUintN(64, BigInt(value)), 4)])
    case 'float': return Buffer.concat([u8(8), floatBytes(Number(value))])
    case 'decimal': return decimalBytes(value)
    case 'date': return Buffer.concat([u8(3), dayBytes(value)])
    case 'datetime2': return Buffer.concat([u8(7), lowBytes(BigInt(msOfDay(value)), 4), dayBytes(value)])
    case 'nvarchar': case 'varbinary': case 'rowversion': {
      const text = Buffer.from(value, 'utf16le')
      return Buffer.concat([u16(text.length), text])
    }
  }
}

function nullBytes (type: SqlType): Buffer {
  if (type === 'varbinary') return u64(0xffff_ffff_ffff_ffffn)
  return type === 'nvarchar' || type === 'rowversion' ? u16(0xffff) : u8(0)
}

function floatBytes (value: number): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeDoubleLE(value)
  return bytes
}

function decimalBytes (text: string): Buffer {
  const [whole = '0', fraction = ''] = text.replace('-', '').split('.')
  const units = BigInt(whole + fraction.padEnd(decimalScale, '0').slice(0, decimalScale))
  return Buffer.concat([u8(9), u8(text.startsWith('-') ? 0 : 1), u64(units)])
}

const dayMs = 86_400_000
/** Days from 1 January of the year 1 to that of 1970. */
const daysBefore1970 = 719_162

function dayBytes (text: string): Buffer {
  return lowBytes(BigInt(Math.floor(Date.parse(`${text.slice(0, 10)}T00:00:00Z`) / dayMs) + daysBefore1970), 3)
}

function msOfDay (text: string): number {
  const ms = Date.parse(`${text}Z`)
  return ms - Math.floor(ms / dayMs) * dayMs
}

export interface RpcParameter {
  readonly name: string
  readonly value: SqlValue
}

const executeSql = 10

/** A call of sp_executesql: its statement and its parameters; null for another procedure (MS-TDS §2.2.6.6). */
export function readRpc (data: Buffer): { readonly statement: string, readonly parameters: ReadonlyMap<string, SqlValue> } | null {
  const reader = byteReader(data)
  reader.bytes(reader.u32() - 4)
  if (reader.u16() !== 0xffff || reader.u16() !== executeSql) return null
  reader.u16()
  const given: RpcParameter[] = []
  while (reader.left() > 0) given.push(readParameter(reader))
  const [statement, , ...parameters] = given
  return { statement: typeof statement?.value === 'string' ? statement.value : '', parameters: new Map(parameters.map(({ name, value }) => [name.toLowerCase(), value])) }
}

function readParameter (reader: ByteReader): RpcParameter {
  const name = reader.shortText()
  reader.u8()
  return { name, value: readValue(reader, reader.u8()) }
}

function readValue (reader: ByteReader, type: number): SqlValue {
  switch (type) {
    case 0xe7: case 0xa7: return textOf(readLong(reader, true), type === 0xe7)
    case 0xa5: return readLong(reader, false)
    case 0x26: return intOf(readShort(reader, 1))
    case 0x2a: return timeOf(readShort(reader, 1), 0)
    case 0x2b: return timeOf(readShort(reader, 1), 2)
    default: throw new RangeError(`a parameter of TDS type ${type} is not simulated`)
  }
}

/** Types whose info is one byte (a size or a scale) and whose values say their length in one byte. */
function readShort (reader: ByteReader, infoBytes: number): Buffer | null {
  reader.bytes(infoBytes)
  const length = reader.u8()
  return length === 0 ? null : reader.bytes(length)
}

function readLong (reader: ByteReader, hasCollation: boolean): Buffer | null {
  const max = reader.u16()
  if (hasCollation) reader.bytes(collation.length)
  if (max === 0xffff) return readParts(reader)
  const length = reader.u16()
  return length === 0xffff ? null : reader.bytes(length)
}

/** PLP: the whole length, then parts with theirs. */
function readParts (reader: ByteReader): Buffer | null {
  if (reader.bytes(8).readBigUInt64LE() === 0xffff_ffff_ffff_ffffn) return null
  const parts: Buffer[] = []
  for (let length = reader.u32(); length > 0; length = reader.u32()) parts.push(reader.bytes(length))
  return Buffer.concat(parts)
}

function textOf (bytes: Buffer | null, isWide: boolean): string | null {
  return bytes?.toString(isWide ? 'utf16le' : 'latin1') ?? null
}

function intOf (bytes: Buffer | null): string | null {
  return bytes === null ? null : String(bytes.readIntLE(0, Math.min(bytes.length, 6)))
}

/** Scale 7: five bytes of 100 ns, three of days; `tail` bytes of an offset behind. */
function timeOf (bytes: Buffer | null, tail: number): string | null {
  if (bytes === null) return null
  const ticks = bytes.readUIntLE(0, 5)
  const days = bytes.readUIntLE(bytes.length - tail - 3, 3)
  return new Date((days - daysBefore1970) * dayMs + Math.floor(ticks / 10_000)).toISOString().slice(0, -1)
}

