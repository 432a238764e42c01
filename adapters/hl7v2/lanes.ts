import type { Hl7Message } from './message.ts'
import type { Hl7Segment } from './segment.ts'

/**
 * The lanes a message must be applied in order in: one for every patient it names (PID-3, and MRG-1 for the one that
 * is merged away), else one for the visit (PV1-19), else one for its type, so that a master file keeps its order.
 * Assigners are left out: the same number written with and without one must not overtake itself.
 */
export function lanesOf (message: Hl7Message, hospitalId: string, type: string): readonly string[] {
  const patients = new Set<string>()
  for (const segment of message.segmentsNamed('PID')) addPatient(patients, patientNumber(segment, 3))
  for (const segment of message.segmentsNamed('MRG')) addPatient(patients, patientNumber(segment, 1))
  if (patients.size > 0) return [...patients].map((number) => `${hospitalId}:patient:${number}`)
  const visit = message.get('PV1-19')
  return [typeof visit === 'string' ? `${hospitalId}:visit:${visit}` : `${hospitalId}:type:${type}`]
}

function addPatient (patients: Set<string>, number: string | null): void {
  if (number !== null) patients.add(number)
}

/** By type of number (table 0203): MR, else PI or PT, else the first that is there. */
function patientNumber (segment: Hl7Segment, field: number): string | null {
  const count = segment.count(field)
  if (count === 1) return segment.value(field, 1, 1, 1) ?? null
  let best: string | null = null
  let bestRank = 3
  for (let repetition = 1; repetition <= count && bestRank > 0; repetition++) {
    const number = segment.value(field, repetition, 1, 1)
    if (number === null || number === undefined) continue
    const rank = rankOf(segment.value(field, repetition, 5, 1))
    if (rank < bestRank || best === null) {
      best = number
      bestRank = rank
    }
  }
  return best
}

function rankOf (type: string | null | undefined): number {
  if (type === 'MR') return 0
  return type === 'PI' || type === 'PT' ? 1 : 2
}
