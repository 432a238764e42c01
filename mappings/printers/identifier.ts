import { invalid, leftOut, textAt, type Printer } from './printer.ts'
import { timestampText } from './time.ts'

/**
 * Who gives a number. `own`: this hospital, as numbers of `kind`; `foreign`: another hospital, whose number would
 * name another person here; `universal`: what an HD says of it.
 */
type Assigner =
  | { readonly is: 'own', readonly kind: string }
  | { readonly is: 'foreign' }
  | { readonly is: 'universal', readonly id: string, readonly type: string }

export function assignerOf (system: string | undefined, hospitalId: string): Assigner {
  if (system === undefined) return { is: 'own', kind: '' }
  const own = `urn:yiqiao:hospital:${hospitalId}:`
  if (system.startsWith(own)) return { is: 'own', kind: decoded(system.slice(own.length)) }
  if (system.startsWith('urn:yiqiao:hospital:')) return { is: 'foreign' }
  for (const [prefix, type] of universalKinds) if (system.startsWith(prefix)) return { is: 'universal', id: system.slice(prefix.length), type }
  return { is: 'universal', id: system, type: 'URI' }
}

/** HL7 table 0301. */
const universalKinds = [['urn:oid:', 'ISO'], ['urn:uuid:', 'UUID'], ['urn:dns:', 'DNS']] as const

export function decoded (text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** Identifier → CX. */
export const cx: Printer = (value, printing) => {
  const number = textAt(value, 'value')
  if (number === undefined) return undefined
  const { envelope } = printing.run
  const assigner = assignerOf(textAt(value, 'system'), envelope.hospitalId)
  if (assigner.is === 'foreign') return leftOut(printing, 'is a number of another hospital')
  const kind = assigner.is === 'own' && assigner.kind !== 'PI' ? assigner.kind : undefined
  const [start, end] = ['start', 'end'].map((name) => timestampText(textAt(value, 'period', name) ?? '', printing.run))
  return [number, '', '', [textAt(value, 'assigner', 'display'), ...universalParts(assigner)], textAt(value, 'type', 'coding', 'code') ?? kind, '', start, end]
}

export function universalParts (assigner: Assigner): readonly string[] {
  return assigner.is === 'universal' ? [assigner.id, assigner.type] : []
}

/** Identifier → EI. */
export const ei: Printer = (value, printing) => {
  const number = textAt(value, 'value')
  if (number === undefined) return undefined
  const assigner = assignerOf(textAt(value, 'system'), printing.run.envelope.hospitalId)
  if (assigner.is === 'foreign') return invalid(printing, 'is a number of another hospital')
  const namespace = assigner.is === 'own' && assigner.kind.startsWith('EI:') ? assigner.kind.slice(3) : undefined
  return [number, textAt(value, 'assigner', 'display') ?? namespace, ...universalParts(assigner)]
}

/** Identifier → PLN: number and its type. */
export const pln: Printer = (value, printing) => {
  const number = textAt(value, 'value')
  const assigner = assignerOf(textAt(value, 'system'), printing.run.envelope.hospitalId)
  if (number === undefined || assigner.is === 'foreign') return undefined
  return [number, textAt(value, 'type', 'coding', 'code') ?? (assigner.is === 'own' ? assigner.kind : undefined)]
}
