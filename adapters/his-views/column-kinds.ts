import type { IColumnMetadata } from 'mssql'
import type { ColumnType } from '../../mappings/index.ts'

/** A column as the server describes it with every result. */
export interface ServerColumn {
  readonly name: string
  /** SQL Server's name of the type: `nvarchar`, `datetime2`, … */
  readonly type: string
  readonly length: number
  readonly precision: number
  readonly scale: number
}

/** Types of SQL Server that may stand behind each type of ours. A float is no amount: it has no exact digits. */
const wholeNumbers = ['tinyint', 'smallint', 'int', 'bigint']
const exactNumbers = [...wholeNumbers, 'decimal', 'numeric', 'money', 'smallmoney']
const texts = ['char', 'nchar', 'varchar', 'nvarchar', 'text', 'ntext']
const times = ['datetime', 'datetime2', 'smalldatetime', 'datetimeoffset']

const fitting: Readonly<Record<ColumnType, readonly string[]>> = {
  text: [...texts, ...wholeNumbers, 'bit', 'uniqueidentifier'],
  integer: wholeNumbers,
  decimal: exactNumbers,
  date: ['date', ...times],
  time: [...times, 'date'],
  bytes: ['binary', 'varbinary', 'image'],
  // rowversion travels as binary(8).
  version: ['binary', 'varbinary']
}

export function fits (type: ColumnType, { type: sqlType, length }: ServerColumn): boolean {
  return fitting[type].includes(sqlType) && (type !== 'version' || length === 8)
}

export function namesOfTypes (type: ColumnType): string {
  return fitting[type].join(', ')
}

/** Types that a point in time may be compared with. */
export function isTime ({ type }: ServerColumn): boolean {
  return type === 'date' || times.includes(type)
}

export function serverColumns (metadata: IColumnMetadata): readonly ServerColumn[] {
  return Object.values(metadata).map(({ name, type, length, precision = 0, scale = 0 }) => ({ name, type: declarationOf(type), length, precision, scale }))
}

/** mssql marks each of its types with its word in T-SQL; the types of the package do not say so. */
function declarationOf (type: unknown): string {
  const declaration: unknown = typeof type === 'function' && 'declaration' in type ? type.declaration : null
  return typeof declaration === 'string' ? declaration.toLowerCase() : 'unknown'
}
