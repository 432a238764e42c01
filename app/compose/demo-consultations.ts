import { demoSites } from '../../adapters/simulators/hospital/site.ts'
import { setFees, type FeeProduct } from '../../core/consultations/index.ts'
import type { Config } from '../config.ts'
import type { Composed } from './compose.ts'

type HospitalRules = Config['site']['consultations']['hospitals'][number]

const onDutyPrices: HospitalRules['onDutyPrices'] = [
  { kind: 'inquiry', mode: 'text', priceFen: 0 },
  { kind: 'inquiry', mode: 'voice', priceFen: 1_500 },
  { kind: 'inquiry', mode: 'video', priceFen: 2_000 },
  { kind: 'consultation', mode: 'text', priceFen: 2_500 },
  { kind: 'consultation', mode: 'voice', priceFen: 3_000 },
  { kind: 'consultation', mode: 'video', priceFen: 4_000 }
]
const plain: Omit<HospitalRules, 'hospital'> = { onDutyPrices, onDutyDepartments: [], onDutyServiceTypes: [], acceptedBy: {}, payee: 'doctor' }

/** What the demo's hospitals offer: an inquiry in writing of whoever is on duty costs nothing. */
export const demoConsultationRules: readonly HospitalRules[] = [{ hospital: 'east', ...plain }, { hospital: 'west', ...plain }]

/** A doctor's fees, the dearer the higher the step. */
const feesAt = (step: number): ReadonlyArray<{ readonly product: FeeProduct, readonly priceFen: number }> => [
  { product: 'consultation.text', priceFen: 3_000 + step * 1_000 },
  { product: 'consultation.voice', priceFen: 4_000 + step * 1_000 },
  { product: 'consultation.video', priceFen: 5_000 + step * 1_000 },
  { product: 'inquiry.text', priceFen: 2_000 + step * 1_000 },
  { product: 'invitation.invite', priceFen: 50_000 + step * 10_000 },
  { product: 'invitation.consult', priceFen: 10_000 + step * 1_000 }
]
/** Of the east: the credential's doctor in the middle, one cheaper, one dearer. */
const steps: Readonly<Record<string, number>> = { D1001: 1, D1002: 0, D1003: 2, '3001': 1, '3002': 0 }

export async function openDemoConsultations ({ store, clock, stableId }: Pick<Composed, 'store' | 'clock' | 'stableId'>): Promise<void> {
  await store.inTransaction(async (stores) => {
    for (const { hospital, doctors } of Object.values(demoSites)) {
      for (const { code } of doctors) await setFees(stores, { doctor: { id: stableId(hospital, 'Practitioner', code), hospitalId: hospital }, fees: feesAt(steps[code] ?? 0), by: 'demo' }, clock.now())
    }
  })
}
