import { codePictures } from '../../adapters/codes/index.ts'
import { frontDeskRoutes, personalCodeRoutes, progressRoutes, visitCourseRoutes } from '../../adapters/http/index.ts'
import type { Stores } from '../../adapters/store/index.ts'
import { readIdentity, registerPatient } from '../../core/identity/index.ts'
import { mayPayAfterCare } from '../../core/pay-after-care/index.ts'
import type { RecordChange } from '../../core/records/index.ts'
import { checkIn, findVisit, registerVisit } from '../../core/visits/index.ts'
import { plainArea, type Area, type AreaDeps } from './area.ts'
import { payAfterCareSettings } from './pay-after-care-settings.ts'

/** The visit without paying at the front desk: who it is, a file, a registration, the course of the visit. */
export function composeFrontDesk (deps: AreaDeps): Area {
  const { store: { inReading, inTransaction }, clock, wallClock, keys, ids, stableId, writeInstant, config } = deps
  const { minimumOverdueFen } = payAfterCareSettings(config)
  const asking = (patientId: string) => ({ patientId, today: deps.calendar(clock.now()), minimumOverdueFen })
  const codeMac = (text: string): string => keys.fingerprint('personal-code', text)

  /** One transaction of records that we make, which then go out. */
  const making = async <Result>(work: (stores: Stores, tools: { readonly takeIn: (changes: readonly RecordChange[]) => Promise<unknown>, readonly at: Date }) => Promise<Result>): Promise<Result> => {
    const at = clock.now()
    const made = await inTransaction((stores) => work(stores, { takeIn: (changes) => deps.takeIn(stores, changes, at), at }))
    deps.notifyOutbox()
    return made
  }
  return {
    ...plainArea,
    routes: [
      personalCodeRoutes({ realNow: wallClock.now, writeInstant, codeMac, pictures: codePictures }),
      progressRoutes({ inReading, writeInstant }),
      frontDeskRoutes({
        inReading, now: clock.now, writeInstant,
        read: (command) => readIdentity({ inReading, inTransaction, his: deps.his, tokens: deps.outside.insuranceTokens ?? null, codeMac, sealed: keys.sealed, stableId, ids }, command, { now: clock.now(), realNow: wallClock.now() }),
        mayPay: (patientId) => inReading((stores) => mayPayAfterCare(stores, asking(patientId))),
        registerPatient: (command) => making(async ({ patients }, { takeIn, at }) => {
          const { patientId } = await registerPatient({ patients, takeIn, stableId, opened: keys.opened }, command, at)
          const patient = await patients.find(patientId)
          if (patient === null) throw new Error('a file that was made stands')
          return patient
        })
      }),
      visitCourseRoutes({
        inReading, now: clock.now, writeInstant,
        hospitalIds: config.site.hospitals.map(({ id }) => id),
        register: (command) => making(async (stores, { takeIn, at }) => {
          const answer = await mayPayAfterCare(stores, asking(command.patientId))
          const { visitId } = await registerVisit({ takeIn, stableId, nextId: ids.next }, command, { answer, at })
          return findVisit(stores, visitId)
        }),
        checkIn: (visit, by) => making(async (stores, { takeIn, at }) => {
          await checkIn({ ...stores, takeIn }, { visit, by }, at)
          return findVisit(stores, visit.id)
        })
      })
    ]
  }
}
