import { setImmediate as breathe } from 'node:timers/promises'
import { billRoutes, decisionRoutes, releaseRoutes, standingRoutes } from '../../adapters/http/index.ts'
import type { Stores } from '../../adapters/store/index.ts'
import type { TakeInDeps } from '../../core/intake/index.ts'
import { checkRelease, decideDecision, expireHolds, insuranceSettleKind, releaseHold, requestDecision, settleInsurance, type BillTools, type ExplainReaders } from '../../core/pay-after-care/index.ts'
import { dayEnd } from '../../jobs/day-end.ts'
import type { Config } from '../config.ts'
import { plainArea, type Area, type AreaDeps, type Outside } from './area.ts'
import { inTurns } from './in-turns.ts'
import { payAfterCareSettings } from './pay-after-care-settings.ts'

/** By which rules what is taken in stands on bills. */
export function billingOf (config: Config, { insurance }: Pick<Outside, 'insurance'>): TakeInDeps['billing'] {
  return { settings: payAfterCareSettings(config), hasInsurance: insurance !== null }
}

/** 账单: what visits and charges come to, the release gate, four-eyes decisions, insurance settlement. */
export function composeBills (deps: AreaDeps): Area {
  const { store: { inTransaction, inReading }, ids, clock, calendar, writeInstant, onCall, notifyOutbox, outside: { insurance } } = deps
  const tools: BillTools = { ids, calendar, ...billingOf(deps.config, deps.outside) }
  const { settings } = tools
  const telling = async <Result>(work: (stores: Stores) => Promise<Result>): Promise<Result> => {
    const result = await inTransaction(work)
    notifyOutbox()
    return result
  }
  const looking = { inReading, writeInstant, today: () => calendar(clock.now()) }
  return {
    ...plainArea,
    carryOut: insurance === null ? {} : { [insuranceSettleKind]: inTurns(({ payload }) => String(payload['billId']), settleInsurance({ ...tools, inTransaction, insurance, clock, onCall })) },
    // It looks what is to be settled.
    forgettable: [insuranceSettleKind],
    jobs: [dayEnd({ ...tools, inTransaction, inReading, breathe })],
    timers: [{
      name: 'credit-holds',
      nextDue: ({ bills }) => bills.nextHoldExpiry(),
      run: async (dueAt) => ({ expired: await inTransaction((stores) => expireHolds(stores, dueAt)) })
    }],
    routes: [
      releaseRoutes({ ...looking, checkRelease: (check) => inTransaction((stores) => checkRelease(stores, tools, check, clock.now())), releaseHold: (id) => inTransaction((stores) => releaseHold(stores, id, clock.now())) }),
      billRoutes({ ...looking, settings, readersOf }),
      decisionRoutes({
        ...looking,
        requestDecision: (wanted) => telling((stores) => requestDecision(stores, tools, wanted, clock.now())),
        decideDecision: (verdict) => telling((stores) => decideDecision(stores, tools, verdict, clock.now()))
      }),
      standingRoutes(looking)
    ]
  }
}

/** What the credit feed and the notices of a debt tell of it. */
function readersOf ({ creditFeed, notices }: Stores): ExplainReaders {
  return {
    notices,
    reportsOf: async (contractId) => (await creditFeed.episodesOfContract(contractId)).map(({ id, creditor, state, firstDelinquencyOn, overdueFen, curedOn }) => ({ episodeId: id, creditor, state, firstDelinquencyOn, overdueFen, curedOn }))
  }
}
