import { fen } from '../money.ts'
import { splitFen } from './split-refund.ts'

/** Divides a signed sum by weights without losing a fen (I-13). With weights of nothing the first one gets all. */
export function shares (sum: number, weights: readonly number[]): readonly number[] {
  if (weights.every((weight) => weight === 0)) return weights.map((_, place) => place === 0 ? sum : 0)
  const parts = splitFen(fen(Math.abs(sum)), weights)
  return sum < 0 ? parts.map((part) => 0 - part) : parts
}
