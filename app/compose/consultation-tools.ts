import type { Stores } from '../../adapters/store/index.ts'
import { rulesOf, type AcceptedBy, type ConsultationChannel, type ConsultationSettings, type ConsultationTools } from '../../core/consultations/index.ts'
import type { Config } from '../config.ts'
import type { AreaDeps } from './area.ts'

export type ConsultationDeps = Pick<AreaDeps, 'config' | 'ids' | 'stableId' | 'calendar' | 'onCall' | 'takeIn'>

/** What whoever touches an order of a consultation needs: the routes, its timers, payments, dialogue, and what hospitals answer. */
export function consultationTools ({ config: { site }, ids, stableId, calendar, onCall, takeIn }: ConsultationDeps): ConsultationTools<Stores> {
  const settings = consultationSettings(site)
  return { settings, ids, stableId, calendar, onCall, takeIn, escrow: { ids, calendar }, acceptedBy: whoAccepts(site, settings) }
}

export function consultationSettings ({ consultations: { hospitals, switch: { allowEqual }, ...settings } }: Pick<Config['site'], 'consultations'>): ConsultationSettings {
  return { ...settings, switchAllowsEqual: allowEqual, hospitals: new Map(hospitals.map(({ hospital, ...rules }) => [hospital, rules])) }
}

/** As the hospital has it; else its own system decides on what its terminals ask (T6), where it can be asked. */
function whoAccepts (site: Pick<Config['site'], 'destinations'>, settings: ConsultationSettings): (hospitalId: string, channel: ConsultationChannel) => AcceptedBy {
  const asked = new Set(site.destinations.filter(({ kind, sends }) => sends.some(({ resource, message }) => resource === 'ServiceRequest' && (kind === 'fhir' || message === 'REF^I12'))).map(({ hospital }) => hospital))
  return (hospitalId, channel) => rulesOf(settings, hospitalId).acceptedBy[channel] ?? (channel === 'terminal' && asked.has(hospitalId) ? 'his' : 'doctor')
}
