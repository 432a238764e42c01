import assert from 'node:assert'

declare const fenBrand: unique symbol
/** An amount in fen (0.01 yuan), always a safe integer. 2^53 fen is about 90 trillion yuan. */
export type Fen = number & { readonly [fenBrand]: true }

/** Largest amount a posting may carry (invariant I-01). */
const largestFen = 9e15

export function fen (value: number): Fen {
  assert(Number.isSafeInteger(value) && Math.abs(value) <= largestFen, 'an amount is an integer of fen within ±9e15')
  return value as Fen
}

export function sumFen (amounts: readonly Fen[]): Fen {
  return fen(amounts.reduce<number>((sum, amount) => sum + amount, 0))
}

export function negateFen (amount: Fen): Fen {
  return fen(0 - amount)
}

/** An amount as people read it, in yuan with two decimals. Never for reckoning. */
export function yuanText (amountFen: Fen): string {
  const digits = String(Math.abs(amountFen)).padStart(3, '0')
  return `${amountFen < 0 ? '-' : ''}${digits.slice(0, -2)}.${digits.slice(-2)}`
}
