import type { AcceptedBy, ConsultationChannel, ConsultationMode, Product } from './consultation.ts'

/** What one hospital decides (SITE_CONFIG consultations.hospitals). */
export interface HospitalRules {
  /** Null: by what its system can be asked. */
  readonly acceptedBy: Readonly<Partial<Record<ConsultationChannel, AcceptedBy>>>
  /** 值班价. A product that is not here is not offered without naming a doctor. */
  readonly onDutyPrices: ReadonlyArray<Product & { readonly priceFen: number }>
  /** Which rosters count as being on duty; both empty: every one. */
  readonly onDutyDepartments: readonly string[]
  readonly onDutyServiceTypes: readonly string[]
  readonly payee: 'doctor' | 'hospital'
}

/** What the deployment decides of consultations (SITE_CONFIG consultations). The defaults are those of telemedicine document §1.4. */
export interface ConsultationSettings {
  readonly payMinutes: number
  /** Without a doctor so long after the payment: the money goes back. */
  readonly noDoctorMinutes: number
  readonly lookAgainMinutes: number
  readonly onDutyAcceptMinutes: number
  readonly namedAcceptMinutes: Readonly<Record<ConsultationMode, number>>
  /** How long the hospital's own system may take to say yes or no (T6). */
  readonly hospitalAnswerMinutes: number
  readonly namedDeclined: 'refund' | 'reassign'
  readonly finishAfterHours: number
  readonly settleAfterHours: number
  readonly reviewHours: number
  readonly urgeMinutes: number
  /** 同价可换 (D1): a doctor of the same fee may be switched to. */
  readonly switchAllowsEqual: boolean
  readonly onlineMinutes: number
  readonly platformFees: ReadonlyArray<Product & { readonly permille: number }>
  /** By hospital. */
  readonly hospitals: ReadonlyMap<string, HospitalRules>
}

const minuteMs = 60_000
const hourMs = 3_600_000

export const minutesAfter = (at: Date, minutes: number): Date => new Date(at.getTime() + minutes * minuteMs)
export const hoursAfter = (at: Date, hours: number): Date => new Date(at.getTime() + hours * hourMs)

/** What a hospital has not decided. */
const plainRules: HospitalRules = { acceptedBy: {}, onDutyPrices: [], onDutyDepartments: [], onDutyServiceTypes: [], payee: 'doctor' }

export const rulesOf = ({ hospitals }: Pick<ConsultationSettings, 'hospitals'>, hospitalId: string): HospitalRules => hospitals.get(hospitalId) ?? plainRules

export const isSameProduct = (one: Product, other: Product): boolean => one.kind === other.kind && one.mode === other.mode

export function platformPermille ({ platformFees }: Pick<ConsultationSettings, 'platformFees'>, product: Product): number {
  return platformFees.find((fee) => isSameProduct(fee, product))?.permille ?? 0
}
