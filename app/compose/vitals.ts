import { doctorRoutes, vitalsRoutes } from '../../adapters/http/index.ts'
import type { Patient } from '../../core/identity/index.ts'
import { visitHistoryOf } from '../../core/visits/index.ts'
import { chooseFromVisits, personFacts, recordVitals, suggestDoctors, type AdviceSettings, type DoctorQuestion } from '../../core/vitals/index.ts'
import type { Stores } from '../../adapters/store/index.ts'
import { plainArea, type Area, type AreaDeps } from './area.ts'

/** Visits of one person that decisions look at, newest first. */
const mostVisits = 200

/** 测量、健康建议、推荐医生: vital signs, what rules make of them, and which doctor to ask. */
export function composeVitals (deps: AreaDeps): Area {
  const { store: { inReading, inTransaction }, clock, calendar, ids, writeInstant, config } = deps
  const { bloodPressureRules, bodyMassRules, oxygenSaturationOffset, weights } = config.site.advice
  const settings: AdviceSettings = { bloodPressure: bloodPressureRules, bodyMass: bodyMassRules, oxygenSaturationOffset }
  const personOf = async (stores: Stores, { patientIds, about, isPregnant = null }: { readonly patientIds: readonly string[], readonly about: Patient, readonly isPregnant?: boolean | null }): Promise<Pick<DoctorQuestion, 'person' | 'visits'>> => {
    const visits = await visitHistoryOf(stores, patientIds, mostVisits)
    const now = clock.now()
    return { visits, person: personFacts({ ...about, isPregnant }, visits, { now, today: calendar(now) }) }
  }
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
        recommend: (asked) => inReading(async (stores) => suggestDoctors(stores, { ...asked, ...await personOf(stores, asked) }, { weights, now: clock.now() })),
        choose: (asked) => inReading(async (stores) => chooseFromVisits(stores, { ...asked, ...await personOf(stores, asked) }, clock.now()))
      })
    ]
  }
}
