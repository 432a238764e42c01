import type { FastifyRequest } from 'fastify'
import { DomainError } from '../../core/errors.ts'
import type { SearchClause } from '../../core/records/index.ts'
import type { FhirServerDeps } from './deps.ts'

const ofDrugs: readonly string[] = ['MedicationRequest', 'MedicationDispense', 'MedicationStatement', 'MedicationAdministration']

interface Search {
  readonly type: string
  /** As they were asked, before they are widened to all records of a person. */
  readonly clauses: readonly SearchClause[]
  readonly hasChains: boolean
  /** Types that come along because they refer to what is found. */
  readonly revIncluded: readonly string[]
  /** Only the total is asked for. */
  readonly onlyCount: boolean
  /** Null: the caller is not limited to own records. */
  readonly patientIds: readonly string[] | null
}

/**
 * 防统方 (九项准则 2021, telemedicine §7): what was prescribed or given is looked at person by person. Nobody gets lists over many
 * persons, from which who prescribes how much of what could be counted.
 */
export function refuseDrugStatistics ({ note }: Pick<FhirServerDeps, 'note'>, request: FastifyRequest, { type, clauses, hasChains, revIncluded, onlyCount, patientIds }: Search): void {
  if (patientIds !== null) return
  // How many there are in all tells nothing of any doctor or drug; how many of these would.
  const isTotal = onlyCount && !hasChains && clauses.every(({ kind }) => kind === 'missing')
  const isListed = ofDrugs.includes(type) && !isTotal && (hasChains || !clauses.some(isOfOne))
  const isBrought = type !== 'Patient' && type !== 'Encounter' && !onlyCount && revIncluded.some((one) => ofDrugs.includes(one))
  if (!isListed && !isBrought) return
  note(request, { action: 'search', target: type, targetId: null, patientId: null, outcome: 'refused' })
  throw new DomainError('ACCESS_DENIED', 'Medication is searched for one patient, one visit, or by id or identifier. Lists over many persons are not given out.')
}

function isOfOne (clause: SearchClause): boolean {
  if (clause.kind === 'id') return true
  if (clause.kind === 'token') return clause.param === 'identifier' && clause.not !== true
  return clause.kind === 'reference' && clause.values.length === 1 && /^(Patient|Encounter|MedicationRequest)\//.test(clause.values[0] ?? '')
}
