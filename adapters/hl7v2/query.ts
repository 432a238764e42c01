import { parseMessage } from './message.ts'
import { printSegments } from './print-segments.ts'

/** Who asks whom, and for which person; times are text in HL7's form. */
export interface PersonQuery {
  readonly sendingFacility: string
  readonly receivingApplication: string
  readonly receivingFacility: string
  readonly version: string
  readonly charset: string
  /** MSH-10 and QPD-2: the answer names both. */
  readonly controlId: string
  readonly at: string
  /** QPD-1: the query as the answering side knows it (HL7 table 0471); IHE PDQ calls it `IHE PDQ Query`. */
  readonly name: string
  readonly identifier: { readonly value: string, readonly type: string }
}

/** Candidates that are asked for at most; one person has one number. */
const mostCandidates = '5'

/** QBP^Q22, find candidates (HL7 v2.5.1 §3.3.57), by an identifier in PID-3. */
export function printPersonQuery ({ sendingFacility, receivingApplication, receivingFacility, version, charset, controlId, at, name, identifier }: PersonQuery): string {
  return printSegments([
    { name: 'MSH', fields: { 3: 'YIQIAO', 4: sendingFacility, 5: receivingApplication, 6: receivingFacility, 7: at, 9: ['QBP', 'Q22', 'QBP_Q21'], 10: controlId, 11: 'P', 12: version, 18: charset } },
    { name: 'QPD', fields: { 1: name.split('^'), 2: controlId, 3: { repetitions: [['@PID.3.1', identifier.value], ['@PID.3.5', identifier.type]] } } },
    { name: 'RCP', fields: { 1: 'I', 2: [mostCandidates, 'RD'] } }
  ])
}

/** What QPD-3 asks for: value by field (`@PID.3.1`). */
export function readPersonQuery (text: string): { readonly name: string, readonly tag: string, readonly parameters: ReadonlyMap<string, string> } | null {
  const message = parseMessage(text)
  const name = message.get('QPD-1.1')
  if (message.get('MSH-9.1') !== 'QBP' || typeof name !== 'string') return null
  const parameters = new Map<string, string>()
  for (let repetition = 1; ; repetition++) {
    const field = message.get(`QPD-3[${repetition}].1`)
    if (typeof field !== 'string') return { name, tag: message.get('QPD-2') ?? '', parameters }
    parameters.set(field, message.get(`QPD-3[${repetition}].2`) ?? '')
  }
}

/**
 * What an answer to a query says (MSA-1, QAK-2; HL7 tables 0008 and 0208). found: PID segments follow. failed: the other
 * side could not look.
 */
export function queryOutcomeOf (text: string): 'found' | 'nobody' | 'failed' {
  const message = parseMessage(text)
  const status = (message.get('QAK-2') ?? '').toUpperCase()
  const isTaken = ['AA', 'CA'].includes((message.get('MSA-1') ?? '').toUpperCase())
  if (status === 'NF') return 'nobody'
  if (!isTaken || (status !== 'OK' && status !== '')) return 'failed'
  return message.segmentsNamed('PID').length > 0 ? 'found' : 'nobody'
}
