import { setImmediate as breathe } from 'node:timers/promises'
import { disputeRoutes } from '../../adapters/http/index.ts'
import type { Stores } from '../../adapters/store/index.ts'
import { DomainError } from '../../core/errors.ts'
import { answerDispute, carryCardLock, carryCardUnlock, lockKind, openDispute, unlockKind } from '../../core/pay-after-care/index.ts'
import { dunning } from '../../jobs/dunning.ts'
import { oldDisputes } from '../../jobs/old-disputes.ts'
import { overdue } from '../../jobs/overdue.ts'
import { unlockSweep } from '../../jobs/unlock-sweep.ts'
import { plainArea, type Area, type AreaDeps } from './area.ts'
import { payAfterCareSettings } from './pay-after-care-settings.ts'

/** 违约管理: reminders, loss of the privilege, card locks, disputes. */
export function composeDefaultManagement (deps: AreaDeps): Area {
  const { store: { inTransaction, inReading }, ids, clock, calendar, notifyOutbox } = deps
  const settings = payAfterCareSettings(deps.config)
  const tools = { inTransaction, inReading, breathe, ids, calendar }
  const locking = { inTransaction, insurance: deps.outside.insurance, ids, clock, calendar }
  const telling = async <Result>(work: Promise<Result>): Promise<Result> => {
    const result = await work
    notifyOutbox()
    return result
  }
  return {
    ...plainArea,
    carryOut: { [lockKind]: carryCardLock(locking), [unlockKind]: carryCardUnlock(locking) },
    // A lock knows its own state, and the platform its key.
    forgettable: [lockKind, unlockKind],
    jobs: [
      dunning({ ...tools, isDeceased, dunningFrom: settings.dunningFrom }),
      overdue({ ...tools, settings }),
      unlockSweep({ ...tools, alerts: { inTransaction, ids, onCall: deps.onCall } }),
      oldDisputes({ inTransaction, inReading, ids, onCall: deps.onCall })
    ],
    routes: [disputeRoutes({
      inReading,
      now: clock.now,
      writeInstant: deps.writeInstant,
      openDispute: ({ contractId, billId, ...wanted }) => telling(inTransaction(async (stores) => {
        const contract = await stores.contracts.find(contractId)
        if (contract === null) throw new DomainError('CONTRACT_NOT_FOUND', 'The contract is not there any more. List the contracts of the person.')
        return openDispute(stores, { ids, calendar }, { contract, billId, ...wanted }, clock.now())
      })),
      answerDispute: (answer) => telling(inTransaction((stores) => answerDispute(stores, { ids, calendar }, answer, clock.now())))
    })]
  }
}

/** As FHIR's Patient.deceased[x] says, by any of the person's hospitals. */
export async function isDeceased ({ patients, records }: Pick<Stores, 'patients' | 'records'>, patientId: string): Promise<boolean> {
  const patient = await patients.find(patientId)
  const tied = patient === null ? [] : await patients.byPerson(patient.personId)
  const current = await records.current(tied.map(({ id }) => ({ type: 'Patient', id })))
  return current.some(({ resource }) => resource['deceasedBoolean'] === true || typeof resource['deceasedDateTime'] === 'string')
}
