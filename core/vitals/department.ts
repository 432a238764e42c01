import type { ConditionGroup } from './condition-group.ts'
import type { Finding } from './finding.ts'

export type DepartmentGroup = 'cardiology' | 'endocrinology' | 'respiratory' | 'fever_clinic' | 'obstetrics' | 'general_medicine'

/** How hospitals call their departments. */
const names: Readonly<Record<DepartmentGroup, RegExp>> = {
  cardiology: /心内|心血管|心脏内|cardiol|cardiac|heart/i,
  endocrinology: /内分泌|糖尿病|代谢|endocr|diabet/i,
  respiratory: /呼吸|肺病|respirat|pulmon|chest/i,
  fever_clinic: /发热|感染|传染|fever|infect/i,
  obstetrics: /产科|妇产|obstet|matern/i,
  general_medicine: /全科|普通内科|普内|综合内科|^大?内科|general|family|internal medicine/i
}

export const departmentNames: Readonly<Record<DepartmentGroup, Readonly<Record<'zh' | 'en', string>>>> = {
  cardiology: { zh: '心血管内科', en: 'cardiology' },
  endocrinology: { zh: '内分泌科', en: 'endocrinology' },
  respiratory: { zh: '呼吸内科', en: 'respiratory medicine' },
  fever_clinic: { zh: '发热门诊', en: 'the fever clinic' },
  obstetrics: { zh: '产科', en: 'obstetrics' },
  general_medicine: { zh: '全科或普通内科', en: 'general medicine' }
}

interface FindingRow {
  readonly ruleId: string
  /** Null: any band that asks for something. */
  readonly bands: readonly string[] | null
  readonly departments: Readonly<Partial<Record<DepartmentGroup, number>>>
}

/** 分诊. Which departments take a finding, and how well (0 to 1). */
const byFinding: readonly FindingRow[] = [
  { ruleId: 'blood-pressure', bands: ['grade_2', 'grade_3', 'red_flag'], departments: { cardiology: 1 } },
  { ruleId: 'blood-pressure', bands: ['grade_1', 'elevated', 'high_normal'], departments: { cardiology: 0.7, general_medicine: 0.8 } },
  { ruleId: 'blood-pressure.low', bands: null, departments: { cardiology: 0.8, general_medicine: 0.8 } },
  { ruleId: 'blood-pressure.pregnancy', bands: null, departments: { obstetrics: 1 } },
  { ruleId: 'glucose', bands: null, departments: { endocrinology: 1 } },
  { ruleId: 'body-mass', bands: null, departments: { endocrinology: 0.7, general_medicine: 0.7 } },
  { ruleId: 'waist', bands: null, departments: { endocrinology: 0.7, general_medicine: 0.7 } },
  { ruleId: 'temperature', bands: null, departments: { fever_clinic: 1, respiratory: 0.6 } },
  { ruleId: 'oxygen-saturation', bands: null, departments: { respiratory: 1 } },
  { ruleId: 'respiration', bands: null, departments: { respiratory: 1 } },
  { ruleId: 'pulse', bands: null, departments: { cardiology: 0.9 } },
  { ruleId: 'qtc', bands: null, departments: { cardiology: 1 } },
  { ruleId: 'ecg-device', bands: null, departments: { cardiology: 0.7 } },
  { ruleId: 'news2', bands: null, departments: { general_medicine: 0.8 } }
]
const byCondition: Readonly<Record<ConditionGroup, Readonly<Partial<Record<DepartmentGroup, number>>>>> = {
  hypertension: { cardiology: 0.6 },
  heart: { cardiology: 0.6 },
  diabetes: { endocrinology: 0.6 },
  endocrine: { endocrinology: 0.6 },
  respiratory: { respiratory: 0.6 },
  infection: { fever_clinic: 0.3, respiratory: 0.3 },
  pregnancy: { obstetrics: 0.6 }
}

/** Why a department is wanted: for a finding of today, a condition on record, or for want of either. */
export type WantedBecause =
  | { readonly kind: 'finding', readonly ruleId: string }
  | { readonly kind: 'condition', readonly group: ConditionGroup }
  | { readonly kind: 'general' }

export interface WantedDepartment {
  readonly group: DepartmentGroup
  /** From 0 to 1. */
  readonly fit: number
  readonly because: WantedBecause
}

const generalFit = 0.5

/** What today's findings and the conditions on record ask for, best first. General medicine takes everybody. */
export function wantedDepartments (findings: readonly Finding[], conditions: readonly ConditionGroup[]): readonly WantedDepartment[] {
  const asked: WantedDepartment[] = []
  const ask = (departments: Readonly<Partial<Record<DepartmentGroup, number>>>, because: WantedBecause): void => {
    for (const [group, fit] of Object.entries(departments)) asked.push({ group: group as DepartmentGroup, fit, because })
  }
  for (const { ruleId, band, severity } of findings) {
    if (severity === 'normal') continue
    for (const row of byFinding) if (row.ruleId === ruleId && (row.bands === null || row.bands.includes(band))) ask(row.departments, { kind: 'finding', ruleId })
  }
  for (const group of conditions) ask(byCondition[group], { kind: 'condition', group })
  ask({ general_medicine: generalFit }, { kind: 'general' })
  const best = new Map<DepartmentGroup, WantedDepartment>()
  for (const each of asked) if (each.fit > (best.get(each.group)?.fit ?? 0)) best.set(each.group, each)
  return [...best.values()].sort((one, other) => other.fit - one.fit || (one.group < other.group ? -1 : 1))
}

/** The best of the wanted ones that a department is; null: it is none of them. */
export function departmentFit (department: string | null, wanted: readonly WantedDepartment[]): WantedDepartment | null {
  return department === null ? null : wanted.find(({ group }) => names[group].test(department)) ?? null
}
