import { hearAnaesthesia } from '../marketplace/index.ts'
import type { TakeInDeps, Told } from './told.ts'

/** 麻醉数量. A procedure counts as its record stands now, so one that was entered in error counts no more. */
export async function anaesthesiasTold (deps: TakeInDeps, told: readonly Told[]): Promise<void> {
  for (const { fact, from: { outcome } } of told) {
    if (fact.kind === 'anaesthesia' && outcome === 'changed') await hearAnaesthesia(deps, fact.anaesthesia)
  }
}
