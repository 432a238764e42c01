import { fen, type Fen } from '../../core/money.ts'

/** 数值型(16,2) of the interface. Below it every decimal of two places has a double that prints as itself again. */
const mostFen = 99_999_999_999_999
const decimal = /^(-?)(\d{1,12})(?:\.(\d{1,2})0{0,4})?$/

/** Decimal yuan, as a number or as text → fen, digit by digit. Null for what is no amount, or has parts of a fen. */
export function fenOfYuan (value: unknown): Fen | null {
  if (typeof value !== 'number' && typeof value !== 'string') return null
  const found = decimal.exec(String(value))
  if (found === null) return null
  const [, sign, yuan = '', places = ''] = found
  const amount = Number(yuan + places.padEnd(2, '0'))
  return fen(sign === '-' && amount !== 0 ? -amount : amount)
}

/** Fen → decimal yuan; prints with at most two places. */
export function yuanOfFen (amount: Fen): number {
  if (Math.abs(amount) > mostFen) throw new RangeError('an amount of the insurance interface is below 10^12 yuan')
  const digits = String(Math.abs(amount)).padStart(3, '0')
  return Number(`${amount < 0 ? '-' : ''}${digits.slice(0, -2)}.${digits.slice(-2)}`)
}
