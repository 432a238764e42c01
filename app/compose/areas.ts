import type { Area, AreaDeps } from './area.ts'
import { composeBills } from './bills.ts'
import { composeBooks } from './books.ts'
import { composeContracts } from './contracts.ts'
import { composeCreditFeed } from './credit-feed.ts'
import { composeDefaultManagement } from './default-management.ts'
import { composeFrontDesk } from './front-desk.ts'
import { composeNotifications } from './notifications.ts'
import { composePayments } from './payments.ts'
import { composeReconciliation } from './reconciliation.ts'

const composers: ReadonlyArray<(deps: AreaDeps) => Area> = [
  composeFrontDesk,
  composeContracts,
  composeBills,
  composeDefaultManagement,
  composeCreditFeed,
  composeBooks,
  composePayments,
  composeReconciliation,
  composeNotifications
]

/** Every area, one after the other. */
export function composeAreas (deps: AreaDeps): Area {
  return joined(composers.map((compose) => compose(deps)))
}

function joined (areas: readonly Area[]): Area {
  return {
    carryOut: Object.assign({}, ...areas.map(({ carryOut }) => carryOut)) as Area['carryOut'],
    rules: Object.assign({}, ...areas.map(({ rules }) => rules)) as Area['rules'],
    jobs: areas.flatMap(({ jobs }) => jobs),
    timers: areas.flatMap(({ timers }) => timers),
    routes: areas.flatMap(({ routes }) => routes),
    begin: areas.flatMap(({ begin }) => begin),
    publicKeys: areas.flatMap(({ publicKeys }) => publicKeys)
  }
}
