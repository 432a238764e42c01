import { composeAppointments } from './appointments.ts'
import type { Area, AreaDeps } from './area.ts'
import { composeBills } from './bills.ts'
import { composeBooks } from './books.ts'
import { composeConsultationRequests } from './consultation-requests.ts'
import { composeConsultations } from './consultations.ts'
import { composeContracts } from './contracts.ts'
import { composeCreditFeed } from './credit-feed.ts'
import { composeDefaultManagement } from './default-management.ts'
import { faceParts } from './face-parts.ts'
import { composeFaces } from './faces.ts'
import { composeDialogue } from './dialogue.ts'
import { composeFrontDesk } from './front-desk.ts'
import { composeInvitations } from './invitations.ts'
import { composeMarketplace } from './marketplace.ts'
import { composeMembership } from './membership.ts'
import { composeNotifications } from './notifications.ts'
import { composePayments } from './payments.ts'
import { composePrescriptions } from './prescriptions.ts'
import { composeReconciliation } from './reconciliation.ts'
import { composeTerminals } from './terminals.ts'
import { composeVitals } from './vitals.ts'
import { composeVoucherCodes } from './voucher-codes.ts'
import { composeVouchers } from './vouchers.ts'
import { composeWallets } from './wallets.ts'

const composers: ReadonlyArray<(deps: AreaDeps) => Area> = [
  composeFrontDesk,
  composeAppointments,
  composeVouchers,
  composeContracts,
  composeVitals,
  composeBills,
  composeDefaultManagement,
  composeCreditFeed,
  composeBooks,
  composePayments,
  composeWallets,
  composeReconciliation,
  composeNotifications,
  composeVoucherCodes,
  composeInvitations,
  composeDialogue,
  composeMembership,
  composeMarketplace,
  composeConsultations,
  composePrescriptions,
  composeConsultationRequests
]

/** Every area, one after the other. */
export function composeAreas (deps: AreaDeps): Area {
  const faces = faceParts(deps)
  return joined([...composers.map((compose) => compose(deps)), composeFaces(deps, faces), composeTerminals(deps, faces)])
}

function joined (areas: readonly Area[]): Area {
  return {
    carryOut: Object.assign({}, ...areas.map(({ carryOut }) => carryOut)) as Area['carryOut'],
    rules: Object.assign({}, ...areas.map(({ rules }) => rules)) as Area['rules'],
    forgettable: areas.flatMap(({ forgettable }) => forgettable),
    jobs: areas.flatMap(({ jobs }) => jobs),
    timers: areas.flatMap(({ timers }) => timers),
    routes: areas.flatMap(({ routes }) => routes),
    begin: areas.flatMap(({ begin }) => begin),
    end: areas.flatMap(({ end }) => end),
    publicKeys: areas.flatMap(({ publicKeys }) => publicKeys),
    undelivered: areas.flatMap(({ undelivered }) => undelivered),
    moot: areas.flatMap(({ moot }) => moot)
  }
}
