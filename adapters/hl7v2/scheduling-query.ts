import { parseMessage } from './message.ts'
import { printSegments, type FieldContent } from './print-segments.ts'
import type { PersonQuery } from './query.ts'

/** Who asks whom, and for which appointment: the number that the request had (ARQ-1), and the hospital's where it is known. */
export interface SchedulingQuery extends Omit<PersonQuery, 'name' | 'identifier'> {
  /** The message with the request, as it was sent. */
  readonly request: string
}

/** SQM^S25, a query for the schedule (HL7 v2.5.1 §10.6.1), with the ARQ of the request that it asks for. */
export function printSchedulingQuery ({ sendingFacility, receivingApplication, receivingFacility, version, charset, controlId, at, request }: SchedulingQuery): string {
  const message = parseMessage(request)
  const field = (place: string): FieldContent => ({ raw: message.segmentsNamed('ARQ')[0]?.raw(Number(place)) ?? '' })
  return printSegments([
    { name: 'MSH', fields: { 3: 'YIQIAO', 4: sendingFacility, 5: receivingApplication, 6: receivingFacility, 7: at, 9: ['SQM', 'S25', 'SQM_S25'], 10: controlId, 11: 'P', 12: version, 18: charset } },
    { name: 'QRD', fields: { 1: at, 2: 'R', 3: 'I', 4: controlId, 7: ['1', 'RD'], 9: 'SBK' } },
    { name: 'ARQ', fields: { 1: field('1'), 2: field('2') } }
  ])
}

/**
 * What an answer to it says (MSA-1, QAK-2; HL7 tables 0008 and 0208). found: the appointment follows. failed: the other
 * side could not look.
 */
export function schedulingOutcomeOf (text: string): 'found' | 'nothing' | 'failed' {
  const message = parseMessage(text)
  if ((message.get('QAK-2') ?? '').toUpperCase() === 'NF') return 'nothing'
  if (!['AA', 'CA'].includes((message.get('MSA-1') ?? '').toUpperCase())) return 'failed'
  return message.segmentsNamed('SCH').length > 0 ? 'found' : 'nothing'
}
