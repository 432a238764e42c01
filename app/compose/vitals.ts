import { doctorRoutes, vitalsRoutes } from '../../adapters/http/index.ts'
import type { Patient } from '../../core/identity/index.ts'
import { isOnlineNow } from '../../core/consultations/index.ts'
import { visitHistoryOf } from '../../core/visits/index.ts'
import { chooseFromVisits, personFacts, recordVitals, suggestDoctors, type AdviceSettings, type Choice, type DoctorQuestion, type DoctorStanding } from '../../core/vitals/index.ts'
import type { Stores } from '../../adapters/store/index.ts'
import { plainArea, type Area, type AreaDeps } from './area.ts'
import { consultationSettings } from './consultation-tools.ts'

/** Visits of one person that decisions look at, newest first. */
const mostVisits = 200

type Asked = { readonly patientIds: readonly string[], readonly about: Patient, readonly isPregnant?: boolean | null }

/** The person as the rules see them, and their visits. */
function personReader ({ clock, calendar }: Pick<AreaDeps, 'clock' | 'calendar'>): (stores: Stores, asked: Asked) => Promise<Pick<DoctorQuestion, 'person' | 'visits'>> {
  return async (stores, { patientIds, about, isPregnant = null }) => {
    const visits = await visitHistoryOf(stores, patientIds, mostVisits)
    const now = clock.now()
    return { visits, person: personFacts({ ...about, isPregnant }, visits, { now, today: calendar(now) }) }
  }
}

/** 医生在线、价格、评价. What consultations and evaluations know of doctors, for their recommendation (T7). */
function standingsIn (stores: Stores, { config, clock }: Pick<AreaDeps, 'config' | 'clock'>): (ids: readonly string[]) => Promise<ReadonlyMap<string, DoctorStanding>> {
  const settings = consultationSettings(config.site)
  return async (ids) => {
    const [fees, presences] = [await stores.doctorFees.ofDoctors(ids), await stores.presences.ofDoctors(ids)]
    const shown = await stores.stars.shown(ids)
    const online = new Set(presences.filter((presence) => isOnlineNow(presence, settings, clock.now())).map(({ doctorId }) => doctorId))
    return new Map(ids.map((id) => {
      const prices = fees.filter(({ doctorId, product }) => doctorId === id && !product.startsWith('invitation')).map(({ priceFen }) => priceFen)
      const judged = shown.get(id)
      return [id, { isOnline: online.has(id), priceFen: prices.length === 0 ? null : Math.min(...prices), rating: judged === undefined ? null : { sum: judged.ratingSum, count: judged.ratings } }]
    }))
  }
}

/** 自动选择 (T8), for whoever asks it of one person at one hospital. */
export function doctorChooser (deps: AreaDeps): (asked: Asked & { readonly hospitalId: string }) => Promise<Choice> {
  const personOf = personReader(deps)
  return (asked) => deps.store.inReading(async (stores) => chooseFromVisits({ ...stores, standingsOf: standingsIn(stores, deps) }, { ...asked, ...await personOf(stores, asked) }, deps.clock.now()))
}

/** 测量、健康建议、推荐医生: vital signs, what rules make of them, and which doctor to ask. */
export function composeVitals (deps: AreaDeps): Area {
  const { store: { inReading, inTransaction }, clock, ids, writeInstant, config } = deps
  const { bloodPressureRules, bodyMassRules, oxygenSaturationOffset, weights } = config.site.advice
  const settings: AdviceSettings = { bloodPressure: bloodPressureRules, bodyMass: bodyMassRules, oxygenSaturationOffset }
  const personOf = personReader(deps)
  return {
    ...plainArea,
    routes: [
      vitalsRoutes({
        inReading, now: clock.now, writeInstant,
        record: async ({ about, isPregnant, ...command }) => {
          const made = await inTransaction(async (stores) => {
            const at = clock.now()
            const { person } = await personOf(stores, { patientIds: command.patientIds, about, isPregnant })
            return recordVitals({ records: stores.records, takeIn: (changes) => deps.takeIn(stores, changes, at), ids, settings }, { ...command, person }, at)
          })
          deps.notifyOutbox()
          return made
        }
      }),
      doctorRoutes({
        inReading, now: clock.now,
        recommend: (asked) => inReading(async (stores) => suggestDoctors({ ...stores, standingsOf: standingsIn(stores, deps) }, { ...asked, ...await personOf(stores, asked) }, { weights, now: clock.now() })),
        choose: doctorChooser(deps)
      })
    ]
  }
}
