import { part, partOfPart, type Cell } from '../path.ts'
import { refuse } from '../run.ts'
import type { Converter, Use } from './converter.ts'

/**
 * Amounts of FT1 as FHIR Money, exact to the fen. The extended amount (FT1-11) counts where it is sent; else unit
 * price (FT1-12) times quantity (FT1-10, 1 when empty), rounded half up to the fen as a till does. An amount is never
 * left out in silence: what cannot be read is refused.
 */
export const chargeAmount: Converter = (cell, _run, use) => moneyOf(cell, use, false)

/** The same without its sign: systems differ in whether a credit is sent with a minus. */
export const creditAmount: Converter = (cell, _run, use) => moneyOf(cell, use, true)

/** The same of composed columns: amount, unit price, quantity. */
export const composedAmount: Converter = (cell, _run, use) => composedMoney(cell, use, false)
export const composedCredit: Converter = (cell, _run, use) => composedMoney(cell, use, true)

function composedMoney (cell: Cell, use: Use, isUnsigned: boolean): { value: number, currency: string } | undefined {
  const [amount, unitPrice, quantity = '1'] = [part(cell, 1), part(cell, 2), part(cell, 3)]
  if (amount !== undefined) return money(wholeFen(amountOf(amount, use.place), use), 'CNY', isUnsigned)
  if (unitPrice === undefined) return undefined
  return money(roundedFen(productOf(amountOf(unitPrice, use.place), amountOf(quantity, use.place))), 'CNY', isUnsigned)
}

interface Amount {
  readonly units: bigint
  readonly scale: number
}

/** 10^11 yuan: far above any bill, and far below where a double would lose a fen. */
const largestFen = 10_000_000_000_000n

function moneyOf (cell: Cell, use: Use, isUnsigned: boolean): { value: number, currency: string } | undefined {
  const extended = at(cell, 11)
  const text = partOfPart(extended, 1, 1)
  if (text !== undefined) return money(wholeFen(amountOf(text, 'FT1-11'), use), currencyOf(extended), isUnsigned)
  const unit = at(cell, 12)
  const unitText = partOfPart(unit, 1, 1)
  if (unitText === undefined) return undefined
  const quantity = amountOf(part(at(cell, 10), 1) ?? '1', 'FT1-10')
  const price = amountOf(unitText, 'FT1-12')
  return money(roundedFen(productOf(price, quantity)), currencyOf(unit), isUnsigned)
}

function at (cell: Cell, field: number): Cell {
  return { segment: cell.segment, field, repetition: 1, component: 0, subcomponent: 0 }
}

function currencyOf (cell: Cell): string {
  const currency = partOfPart(cell, 1, 2)?.toUpperCase() ?? 'CNY'
  if (currency === 'RMB') return 'CNY'
  return /^[A-Z]{3}$/.test(currency) ? currency : refuse(`FT1-${cell.field}`, 'names no currency of ISO 4217')
}

function amountOf (text: string, place: string): Amount {
  const found = /^([+-]?)(\d{1,15})(?:\.(\d{0,8}))?$/.exec(text)
  if (found === null) return refuse(place, 'is no amount')
  const fraction = (found[3] ?? '').replace(/0+$/, '')
  const units = BigInt(`${found[2] ?? '0'}${fraction}`)
  return { units: found[1] === '-' ? -units : units, scale: fraction.length }
}

function productOf (one: Amount, other: Amount): Amount {
  return { units: one.units * other.units, scale: one.scale + other.scale }
}

function wholeFen (amount: Amount, use: Use): bigint {
  return amount.scale > 2 ? refuse(use.place, 'has a part of a fen') : amount.units * 10n ** BigInt(2 - amount.scale)
}

function roundedFen ({ units, scale }: Amount): bigint {
  if (scale <= 2) return units * 10n ** BigInt(2 - scale)
  const divisor = 10n ** BigInt(scale - 2)
  const size = units < 0n ? -units : units
  const rounded = (size + divisor / 2n) / divisor
  return units < 0n ? -rounded : rounded
}

function money (fen: bigint, currency: string, isUnsigned: boolean): { value: number, currency: string } {
  const size = fen < 0n ? -fen : fen
  if (size > largestFen) return refuse('FT1-11', 'is beyond any bill')
  return { value: Number(isUnsigned ? size : fen) / 100, currency }
}
