import type { RecordedAdvice } from './advice-record.ts'
import { chooseDoctor, type ChosenDoctor } from './choose-doctor.ts'
import { departmentFit, wantedDepartments, type WantedDepartment } from './department.ts'
import { candidatesNamed, findCandidates, type CandidateStores } from './find-candidates.ts'
import type { PersonFacts } from './finding.ts'
import { recentAdvice } from './record-vitals.ts'
import { recommendDoctors, type RecommendedDoctor, type Weights } from './recommend-doctors.ts'
import { todaysFindings, type Today } from './todays-findings.ts'
import type { VisitRecord } from './visit-record.ts'

/** For whom, by the records that the caller may see. */
export interface DoctorQuestion {
  readonly patientIds: readonly string[]
  readonly hospitalId: string
  readonly person: PersonFacts
  readonly visits: readonly VisitRecord[]
}

/** emergency, recheck: what today's readings ask for first stands in the place of a list. */
export type Recommendation =
  | { readonly kind: 'emergency' | 'recheck', readonly basis: RecordedAdvice }
  | { readonly kind: 'doctors', readonly basis: RecordedAdvice | null, readonly wanted: readonly WantedDepartment[], readonly doctors: readonly RecommendedDoctor[] }

export type Choice =
  | { readonly kind: 'emergency' | 'recheck', readonly basis: RecordedAdvice }
  | ChosenDoctor & { readonly basis: RecordedAdvice | null }

/** 推荐医生, with reasons. */
export async function suggestDoctors (deps: CandidateStores, question: DoctorQuestion, { weights, now }: { readonly weights: Weights, readonly now: Date }): Promise<Recommendation> {
  const { findings, newest, alarm } = await todayOf(deps, question, now)
  if (alarm !== null) return alarm
  const wanted = wantedDepartments(findings, question.person.conditions)
  const candidates = await findCandidates(deps, question.hospitalId, { fits: ({ department }) => departmentFit(department, wanted) !== null, now })
  return { kind: 'doctors', basis: newest, wanted, doctors: recommendDoctors(candidates, { wanted, visits: question.visits, weights, now }) }
}

/** 自动选择, among the doctors of the visit records at this hospital. */
export async function chooseFromVisits (deps: CandidateStores, question: DoctorQuestion, now: Date): Promise<Choice> {
  const { findings, newest, alarm } = await todayOf(deps, question, now)
  if (alarm !== null) return alarm
  const known = await candidatesNamed(deps, question.visits.flatMap(({ practitionerId }) => practitionerId ?? []), now)
  const candidates = known.filter(({ hospitalId }) => hospitalId === question.hospitalId)
  return { ...chooseDoctor({ findings, visits: question.visits, candidates, now }), basis: newest }
}

const mostLooked = 50

async function todayOf (deps: CandidateStores, { patientIds }: DoctorQuestion, now: Date): Promise<Today> {
  return todaysFindings(await recentAdvice(deps, patientIds, mostLooked), now)
}
