import type { CalendarDate } from '../clock.ts'
import { DomainError } from '../errors.ts'
import { controlledClassOf, type ControlledDrugList } from './controlled-drugs.ts'
import { itemFen, type PrescriptionItem } from './prescription.ts'

export interface PrescribingRules {
  /** 处方管理办法 art. 19: 7 days as a rule, more for chronic illness. */
  readonly mostDays: number
  readonly controlled: readonly ControlledDrugList[]
}

/** 处方管理办法 art. 6. */
export const mostItems = 5
/** So dear a line is a slip of the pen. */
const dearestLineFen = 10_000_000

/** Refuses what may not be prescribed over the internet at all, whoever asks (D6). */
export function refuseForbiddenItems (items: readonly PrescriptionItem[], { mostDays, controlled }: PrescribingRules): void {
  for (const [place, item] of items.entries()) {
    const controlledClass = controlledClassOf(item, controlled)
    if (controlledClass !== null) {
      throw new DomainError('PRESCRIPTION_DRUG_FORBIDDEN', `Drugs of the class ${controlledClass} are not prescribed over the internet (互联网诊疗管理办法 art. 20). Ask the person to come to the hospital.`, `items[${place}]`, [controlledClass])
    }
    if (item.days > mostDays) throw new DomainError('PRESCRIPTION_ITEM_INVALID', `At most ${mostDays} days are prescribed at once.`, `items[${place}].days`)
    if (itemFen(item) > dearestLineFen) throw new DomainError('PRESCRIPTION_ITEM_INVALID', 'Check quantity and price of this line.', `items[${place}].quantity`)
  }
  const codes = items.map(({ code }) => code)
  const doubled = codes.findIndex((code, place) => codes.indexOf(code) !== place)
  if (doubled !== -1) throw new DomainError('PRESCRIPTION_ITEM_INVALID', 'A drug stands on a prescription once.', `items[${doubled}].code`)
}

const guardedYears = 6
const paediatric = /儿科|儿内|儿外|小儿|儿童|新生儿|p(a)?ediatric/i

/**
 * 6 岁以下儿童 (互联网诊疗管理办法 art. 20): a guardian must be there, and the doctor be one for children. A person whose date of birth
 * nobody knows is treated as a child.
 */
export function refuseUnguardedChild ({ birthDate, today, isGuardianPresent, department }: { readonly birthDate: CalendarDate | null, readonly today: CalendarDate, readonly isGuardianPresent: boolean, readonly department: string | null }): void {
  if (birthDate !== null && sixthBirthday(birthDate) <= today) return
  const reasons = [...isGuardianPresent ? [] : ['guardian_not_present'], ...department !== null && paediatric.test(department) ? [] : ['department_not_paediatric']]
  if (reasons.length > 0) throw new DomainError('PRESCRIPTION_CHILD_RULES', 'For a child under 6 a guardian must be present and the doctor belong to a paediatric department (互联网诊疗管理办法 art. 20).', 'isGuardianPresent', reasons)
}

function sixthBirthday (birthDate: CalendarDate): string {
  return `${Number(birthDate.slice(0, 4)) + guardedYears}${birthDate.slice(4)}`
}
