import { reconciliationRoutes } from '../../adapters/http/index.ts'
import type { Stores } from '../../adapters/store/index.ts'
import { proveStatement, readStatement, sha256Of } from '../../adapters/statements/index.ts'
import { DomainError } from '../../core/errors.ts'
import { billsPurpose, ourInsurance, takeBackPayment, type BillTools } from '../../core/pay-after-care/index.ts'
import {
  bringStatement, closeDay, learnLine, ourChannel, ourCharges, reopenDay, resolveDiscrepancy, statementSources, suspenseBook, usuallyBlocking,
  type ClosingRules, type DiscrepancyKind, type Party, type PaymentChannel, type ReconcileDeps, type StatementSource
} from '../../core/payments/index.ts'
import { closeDays } from '../../jobs/close-day.ts'
import { reconcile } from '../../jobs/reconcile.ts'
import { plainArea, type Area, type AreaDeps } from './area.ts'
import { payAfterCareSettings } from './pay-after-care-settings.ts'
import { purposesOf } from './payment-tools.ts'

const channelSources = ['wechat', 'alipay', 'bank'] as const

/** 对账、日结: statements of every party against our side, and the days that are closed on their strength. */
export function composeReconciliation (deps: AreaDeps): Area {
  const { config: { site }, store: { inTransaction, inReading }, ids, calendar, clock, onCall } = deps
  const reconciling: ReconcileDeps<Stores> = { inTransaction, ids, calendar, hash: sha256Of }
  const parties = partiesOf(deps)
  const configured = parties.filter(({ fetch }) => fetch !== null)
  const rules: ClosingRules = {
    required: (hospitalId) => hospitalId === suspenseBook ? [] : configured.filter((party) => party.hospitalId === null || party.hospitalId === hospitalId).map(({ source, hospitalId: own }) => ({ source, hospitalId: own })),
    blocking: (site.reconciliation.blocking as readonly DiscrepancyKind[] | undefined) ?? usuallyBlocking
  }
  const alerts = { inTransaction, ids, onCall }
  const hospitals = site.hospitals.map(({ id }) => id)
  const known = (hospitalId: string): string => {
    if (!hospitals.includes(hospitalId)) throw new DomainError('REQUEST_INVALID', 'There is no such hospital here.', 'hospitalId')
    return hospitalId
  }
  return {
    ...plainArea,
    jobs: [
      ...statementSources.filter((source) => configured.some((party) => party.source === source)).map((source) => reconcile<Stores>({ source, parties: configured.filter((party) => party.source === source), reconciling, ...alerts })),
      closeDays<Stores>({ inTransaction, calendar, rules, hospitals, alerts })
    ],
    routes: [reconciliationRoutes({
      inReading,
      writeInstant: deps.writeInstant,
      bringStatement: ({ source, day, hospitalId, content, proof, by }) => {
        if (day > calendar(clock.now())) throw new DomainError('REQUEST_INVALID', 'That day has not come yet.', 'day')
        proveStatement(content, proof)
        return bringStatement(reconciling, partyOf(parties, source, hospitalId === null ? null : known(hospitalId)), { day, content, by }, clock.now())
      },
      resolve: (command) => inTransaction(async (stores) => {
        const found = await stores.reconciliations.find(command.reconciliationId)
        if (found === null) throw new DomainError('RECONCILIATION_NOT_FOUND', 'No reconciliation has this id; list those of the day.')
        return await resolveDiscrepancy(stores, { deps: reconciling, party: partyOf(parties, found.source, found.hospitalId), at: clock.now() }, command)
      }),
      closeDay: (command) => inTransaction((stores) => closeDay(stores, rules, { ...command, hospitalId: known(command.hospitalId), today: calendar(clock.now()) }, clock.now())),
      reopenDay: (command) => inTransaction((stores) => reopenDay(stores, { ...command, hospitalId: known(command.hospitalId) }, clock.now()))
    })]
  }
}

function partyOf (parties: ReadonlyArray<Party<Stores>>, source: StatementSource, hospitalId: string | null): Party<Stores> {
  const party = parties.find((one) => one.source === source && one.hospitalId === hospitalId)
  if (party === undefined) throw new DomainError('STATEMENT_NOT_FOUND', 'This hospital has no statements of this source.')
  return party
}

function partiesOf (deps: AreaDeps): ReadonlyArray<Party<Stores>> {
  const { config: { site }, calendar, startOfDay, outside } = deps
  const plain = { books: null, learn: null, takeBack: null, expects: { merchants: null, feePpm: null, hospitalId: null } }
  return [
    ...site.hospitals.map(({ id }): Party<Stores> => {
      const list = outside.hisStatements?.get(id)
      return { ...plain, source: 'his', hospitalId: id, ours: ourCharges(id), read: readStatement.his, fetch: list === undefined ? null : (day) => list.statement(day) }
    }),
    { ...channelParty(deps, 'insurance', ['insurance']), ours: ourInsurance(calendar, startOfDay) },
    ...channelSources.map((source) => channelParty(deps, source, source === 'wechat' ? ['wechat', 'mixed'] : [source]))
  ]
}

function channelParty (deps: AreaDeps, source: Exclude<StatementSource, 'his'>, channels: readonly PaymentChannel[]): Party<Stores> {
  const { config: { site }, calendar, outside, ids } = deps
  const agreed = site.reconciliation.channels.find(({ channel }) => channel === source)
  const gateway = outside.payments.find(({ channel }) => channel === source)
  const tools = { purposes: purposesOf(deps), ids, calendar }
  return {
    source,
    hospitalId: null,
    ours: ourChannel(channels, calendar),
    read: readStatement[source],
    fetch: gateway === undefined ? null : (day) => gateway.statement(day),
    expects: { merchants: agreed?.merchants ?? null, feePpm: agreed?.feePpm ?? null, hospitalId: null },
    books: { channel: source, account: agreed?.bankAccount ?? 'main' },
    learn: (stores, line, at) => learnLine(stores, tools, { channel: source, line, at }),
    takeBack: async (stores, { key }, at) => {
      const order = await stores.payments.byOrderNumber(key)
      if (order === null || order.purpose !== billsPurpose) throw new DomainError('PAYMENT_NOT_FOUND', 'No payment of bills has this number.')
      await takeBackPayment(stores, billToolsOf(deps), order, at)
    }
  }
}

const billToolsOf = ({ config, ids, calendar, outside }: AreaDeps): BillTools => ({ ids, calendar, settings: payAfterCareSettings(config), hasInsurance: outside.insurance !== null })
