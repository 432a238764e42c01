import { groupedBy } from '../grouped-by.ts'
import type { RecordStore, RecordVersion } from '../records/index.ts'
import type { VisitStore } from './ports.ts'
import type { Visit } from './visit.ts'

/** 就诊记录 (T10). One visit with what the hospital told of it: whom the person saw, for what, and what they were given. */
export interface PastVisit {
  readonly visitId: string
  readonly hospitalId: string
  readonly visitNumber: string | null
  readonly class: Visit['class']
  readonly state: Visit['state']
  readonly practitionerId: string | null
  readonly department: string | null
  readonly conditions: readonly CodedText[]
  readonly medications: readonly CodedText[]
  /** When it began. */
  readonly at: Date | null
}

/** A code in its system, with the words beside it. */
export interface CodedText {
  readonly code: string | null
  readonly system: string | null
  readonly text: string | null
}

interface HistoryDeps {
  readonly visits: Pick<VisitStore, 'list'>
  readonly records: Pick<RecordStore, 'compartment' | 'current'>
}

interface Concept { readonly text?: string, readonly coding?: ReadonlyArray<{ readonly system?: string, readonly code?: string, readonly display?: string }> }
interface Reference { readonly reference?: string, readonly display?: string }

/** What these R4 resources have in common, as far as it is read here. */
interface Clinical {
  readonly status?: string
  readonly verificationStatus?: Concept
  readonly code?: Concept
  readonly encounter?: Reference
  readonly context?: Reference
  readonly diagnosis?: ReadonlyArray<{ readonly condition?: Reference }>
  readonly reasonCode?: readonly Concept[]
  readonly medicationCodeableConcept?: Concept
  readonly medicationReference?: Reference
  readonly contained?: ReadonlyArray<{ readonly id?: string, readonly code?: Concept }>
}

const medicationTypes = ['MedicationRequest', 'MedicationStatement', 'MedicationDispense', 'MedicationAdministration']
const pageSize = 500
/** Of one person: more were not read by anybody who has to decide now. */
const mostRecords = 5_000
const notSo = new Set(['entered-in-error', 'cancelled', 'not-done', 'not-taken', 'draft', 'refuted', 'declined'])

/**
 * The visits of a person, given by all records that are theirs (`patients.byPerson`), newest first, at most `limit`. Cancelled
 * visits are left out. The records come from HL7 v2, FHIR or a view alike; what names no visit belongs to none.
 */
export async function visitHistoryOf (deps: HistoryDeps, patientIds: readonly string[], limit: number): Promise<readonly PastVisit[]> {
  if (patientIds.length === 0) return []
  const visits = (await deps.visits.list({ patientIds, hospitalId: null, state: null }, { limit, offset: 0 })).filter(({ state }) => state !== 'cancelled')
  const records = await clinicalOf(deps, patientIds)
  const conditions = byVisit(records.filter(({ type }) => type === 'Condition').flatMap(conditionOf))
  const named = conditionsNamed(records)
  const medications = byVisit(await medicationsOf(deps, records))
  return visits.map((visit) => ({
    visitId: visit.id, hospitalId: visit.hospitalId, visitNumber: visit.visitNumber, class: visit.class, state: visit.state, practitionerId: visit.practitionerId, department: visit.department,
    conditions: distinct([...conditions.get(visit.id) ?? [], ...named.get(visit.id) ?? []]), medications: distinct(medications.get(visit.id) ?? []), at: visit.startedAt
  }))
}

async function clinicalOf ({ records }: HistoryDeps, patientIds: readonly string[]): Promise<readonly RecordVersion[]> {
  const found: RecordVersion[] = []
  while (found.length < mostRecords) {
    const page = await records.compartment({ types: ['Condition', 'Encounter', ...medicationTypes], patientIds, hospitalId: null, since: null, limit: pageSize, offset: found.length })
    found.push(...page.records)
    if (page.records.length < pageSize) break
  }
  return found
}

interface OfVisit { readonly visitId: string, readonly what: CodedText }

const clinical = ({ resource }: RecordVersion): Clinical => resource as Clinical
const idIn = (reference: Reference | undefined): string | null => reference?.reference?.split('/')[1] ?? null
const isSo = ({ status, verificationStatus }: Clinical): boolean => !notSo.has(status ?? '') && !(verificationStatus?.coding ?? []).some(({ code }) => notSo.has(code ?? ''))

function conditionOf (record: RecordVersion): readonly OfVisit[] {
  const condition = clinical(record)
  const visitId = idIn(condition.encounter)
  const what = coded(condition.code)
  return visitId === null || what === null || !isSo(condition) ? [] : [{ visitId, what }]
}

/** What an Encounter itself says: reasons in words, and conditions that do not name it back. */
function conditionsNamed (records: readonly RecordVersion[]): ReadonlyMap<string, readonly CodedText[]> {
  const conditions = new Map(records.filter(({ type }) => type === 'Condition').map((record) => [record.id, clinical(record)]))
  return byVisit(records.filter(({ type }) => type === 'Encounter').flatMap((record) => {
    const { diagnosis = [], reasonCode = [] } = clinical(record)
    const pointed = diagnosis.flatMap(({ condition }) => conditions.get(idIn(condition) ?? '') ?? []).filter(isSo)
    return [...pointed.map(({ code }) => code), ...reasonCode].flatMap((concept) => coded(concept) ?? []).map((what) => ({ visitId: record.id, what }))
  }))
}

async function medicationsOf ({ records }: HistoryDeps, all: readonly RecordVersion[]): Promise<readonly OfVisit[]> {
  const given = all.filter(({ type }) => medicationTypes.includes(type)).map(clinical).filter(isSo)
  const ids = [...new Set(given.flatMap(({ medicationReference }) => medicationReference?.reference?.startsWith('Medication/') === true ? idIn(medicationReference) ?? [] : []))]
  const drugs = new Map((ids.length === 0 ? [] : await records.current(ids.map((id) => ({ type: 'Medication', id })))).map((record) => [record.id, clinical(record).code]))
  return given.flatMap((one) => {
    const visitId = idIn(one.encounter ?? one.context)
    const what = coded(one.medicationCodeableConcept ?? drugOf(one, drugs)) ?? wordsOf(one.medicationReference?.display)
    return visitId === null || what === null ? [] : [{ visitId, what }]
  })
}

function drugOf ({ medicationReference, contained = [] }: Clinical, drugs: ReadonlyMap<string, Concept | undefined>): Concept | undefined {
  const reference = medicationReference?.reference ?? ''
  return reference.startsWith('#') ? contained.find(({ id }) => `#${id ?? ''}` === reference)?.code : drugs.get(idIn(medicationReference) ?? '')
}

const wordsOf = (text: string | undefined): CodedText | null => text === undefined ? null : { code: null, system: null, text }

function coded (concept: Concept | undefined): CodedText | null {
  const { coding = [] } = concept ?? {}
  const first = coding.find(({ code }) => code !== undefined)
  const text = concept?.text ?? [first, ...coding].find((one) => one?.display !== undefined)?.display ?? null
  return first === undefined ? wordsOf(text ?? undefined) : { code: first.code ?? null, system: first.system ?? null, text }
}

function byVisit (found: readonly OfVisit[]): ReadonlyMap<string, readonly CodedText[]> {
  return new Map([...groupedBy(found, ({ visitId }) => visitId)].map(([visitId, those]) => [visitId, those.map(({ what }) => what)]))
}

/** A prescription, its dispensing and its administration name one drug three times. */
function distinct (found: readonly CodedText[]): readonly CodedText[] {
  return [...new Map(found.map((one) => [one.code === null ? `text ${one.text ?? ''}` : `${one.system ?? ''}|${one.code}`, one])).values()]
}
