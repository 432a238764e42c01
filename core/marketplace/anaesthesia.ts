import type { AnaesthesiaStore } from './ports.ts'

/** What a Procedure record says, as far as it may be an anaesthesia. */
export interface AnaesthesiaFacts {
  /** The Procedure's. */
  readonly id: string
  readonly status: string | null
  /** `system|code` and `code` of what was done. */
  readonly codes: readonly string[]
  /** The performer whose function is anaesthetist. */
  readonly anaesthetistId: string | null
  /** The first performer, whatever the function. */
  readonly performerId: string | null
  readonly performedAt: Date | null
}

/** SNOMED CT: administration of anaesthesia, general, regional, local, and sedation. ICD-9-CM has no code of its own. */
const anaesthesiaCodes: readonly string[] = ['399097000', '50697003', '27372005', '386761002', '72641008', '241687005'].map((code) => `http://snomed.info/sct|${code}`)

/** 麻醉数量 (M6). Done, and by whom: the anaesthetist of any procedure, or the performer of an anaesthesia. */
export function anaesthetistOf ({ status, codes, anaesthetistId, performerId }: AnaesthesiaFacts): string | null {
  if (status !== 'completed') return null
  return anaesthetistId ?? (codes.some((code) => anaesthesiaCodes.includes(code)) ? performerId : null)
}

/** Safe to repeat: the record counts as it stands now. */
export async function hearAnaesthesia ({ anaesthesias }: { readonly anaesthesias: Pick<AnaesthesiaStore, 'save'> }, facts: AnaesthesiaFacts): Promise<void> {
  await anaesthesias.save({ procedureId: facts.id, practitionerId: anaesthetistOf(facts), performedAt: facts.performedAt })
}
