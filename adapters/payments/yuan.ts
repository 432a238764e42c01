import { fen, type Fen } from '../../core/money.ts'

/** Up to 13 digits of yuan: with two of fen still a safe integer within what a posting may carry. */
const yuan = /^(-?)(\d{1,13})(?:\.(\d{1,2}))?$/

/** Decimal yuan as channels write them (`12.3`, `0.01`, `-5`), exactly; null where it is no whole number of fen. No float on the way. */
export function fenOf (text: string): Fen | null {
  const found = yuan.exec(text)
  if (found === null) return null
  const [, sign, whole = '', part = ''] = found
  const amount = Number(whole + part.padEnd(2, '0'))
  return fen(sign === '-' && amount !== 0 ? -amount : amount)
}

/** Two places always: `1200` is `12.00`. */
export function yuanOf (amount: Fen): string {
  const digits = String(Math.abs(amount)).padStart(3, '0')
  return `${amount < 0 ? '-' : ''}${digits.slice(0, -2)}.${digits.slice(-2)}`
}
