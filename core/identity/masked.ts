import type { Patient } from './patient.ts'
import { residentIdSystem } from './resident-id.ts'

/** What is told of somebody who is not yet proven: 张*三 尾号 1234. */
export interface MaskedPerson {
  readonly maskedName: string | null
  /** The last four characters of a long number of theirs: a resident id, else one of the hospital. */
  readonly numberTail: string | null
}

/** A number that is shorter would be told by half or more of it. */
const shortestNumber = 8

export function maskedPerson (patient: Pick<Patient, 'name' | 'identifiers'>): MaskedPerson {
  return { maskedName: maskedName(patient.name), numberTail: tailOf(patient) }
}

function maskedName (name: string | null): string | null {
  if (name === null) return null
  const characters = [...name.trim()]
  const [first = '', ...others] = characters
  if (others.length < 2) return first + '*'.repeat(others.length)
  return first + '*'.repeat(Math.min(others.length - 1, 3)) + (characters.at(-1) ?? '')
}

function tailOf ({ identifiers }: Pick<Patient, 'identifiers'>): string | null {
  const rank = (system: string, type: string | null): number => system === residentIdSystem ? 0 : type === 'MR' ? 1 : 2
  const [best] = identifiers.filter(({ value }) => value.length >= shortestNumber).sort((one, other) => rank(one.system, one.type) - rank(other.system, other.type))
  return best?.value.slice(-4) ?? null
}
