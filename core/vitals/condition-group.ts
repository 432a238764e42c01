/** A condition as a visit's record names it. */
export interface CodedCondition {
  readonly code: string | null
  readonly system: string | null
  readonly text: string | null
}

const conditionGroups = ['hypertension', 'heart', 'diabetes', 'endocrine', 'respiratory', 'infection', 'pregnancy'] as const
export type ConditionGroup = typeof conditionGroups[number]

interface GroupRow {
  /** ICD-10 blocks, first and last category. */
  readonly icd10: ReadonlyArray<readonly [from: string, to: string]>
  /** SNOMED CT concepts that hospitals' records carry most. */
  readonly snomed: readonly string[]
  /** Where only a text is given. */
  readonly words: RegExp
}

/** Of which group a condition is; it may be of several. ICD-10 (WHO) chapters, and their Chinese edition alike. */
const groups: Readonly<Record<ConditionGroup, GroupRow>> = {
  hypertension: { icd10: [['I10', 'I15'], ['O10', 'O16']], snomed: ['38341003', '59621000', '48146000'], words: /高血压|hypertension/i },
  heart: { icd10: [['I00', 'I09'], ['I20', 'I52'], ['R00', 'R01'], ['Z95', 'Z95']], snomed: ['53741008', '49436004', '84114007', '22298006', '698247007', '9651007'], words: /冠心病|心绞痛|心肌|心律|房颤|早搏|心衰|心力衰竭|心脏|coronary|arrhythmia|atrial fibrillation|heart/i },
  diabetes: { icd10: [['E10', 'E14'], ['O24', 'O24'], ['R73', 'R73']], snomed: ['73211009', '44054006', '46635009', '11687002', '9414007'], words: /糖尿病|血糖|diabet|glucose/i },
  endocrine: { icd10: [['E00', 'E07'], ['E15', 'E35'], ['E65', 'E79']], snomed: ['14304000', '414916001', '55822004'], words: /甲状腺|内分泌|肥胖|血脂|痛风|thyroid|obes|lipid/i },
  respiratory: { icd10: [['J00', 'J99'], ['R05', 'R06'], ['R09', 'R09']], snomed: ['13645005', '195967001', '233604007', '49727002', '267036007'], words: /慢阻肺|肺|哮喘|支气管|咳嗽|呼吸|asthma|copd|pneumonia|bronch|cough/i },
  infection: { icd10: [['A00', 'B99'], ['J00', 'J22'], ['R50', 'R50']], snomed: ['386661006', '6142004', '54150009', '840539006'], words: /发热|发烧|感染|流感|感冒|fever|infection|influenza/i },
  pregnancy: { icd10: [['O00', 'O99'], ['Z33', 'Z36']], snomed: ['77386006', '72892002'], words: /妊娠|怀孕|孕\d|pregnan/i }
}

const snomedSystem = 'http://snomed.info/sct'

/** By its code; by its text only where the code says nothing to this table, since a text also tells what was excluded. */
export function groupsOf ({ code, system, text }: CodedCondition): readonly ConditionGroup[] {
  const category = system === snomedSystem ? null : /^[A-TV-Z][0-9]{2}/.exec(code?.trim().toUpperCase() ?? '')?.[0] ?? null
  const has = ({ icd10, snomed, words }: GroupRow): boolean => {
    if (category !== null) return icd10.some(([from, to]) => category >= from && category <= to)
    if (system === snomedSystem && code !== null && snomed.includes(code)) return true
    return text !== null && words.test(text)
  }
  return conditionGroups.filter((group) => has(groups[group]))
}
