import { escrowRoutes, walletRoutes, withdrawalRoutes } from '../../adapters/http/index.ts'
import type { Stores } from '../../adapters/store/index.ts'
import { carryPayout, carrySplit, decideWithdrawal, escrowKinds, keepAccounts, nextTransferDue, queryTransfers, requestWithdrawal, type TransferTools } from '../../core/escrow/index.ts'
import { fen } from '../../core/money.ts'
import { proveEscrow } from '../../jobs/prove-escrow.ts'
import { stuckMoneyJob } from '../../jobs/stuck-money.ts'
import { plainArea, type Area, type AreaDeps } from './area.ts'

/** 担保与钱包: what is held, how it is split at the channels, and what leaves the wallets. */
export function composeWallets (deps: AreaDeps): Area {
  const { store: { inTransaction, inReading }, ids, clock, calendar, keys, outside, onCall, notifyOutbox, writeInstant } = deps
  const tools: TransferTools<Stores> = { inTransaction, splitGateways: outside.splits, ids, calendar, clock, opened: keys.opened }
  const rules = { ids, calendar, byTwoAboveFen: fen(deps.config.site.wallets.withdrawByTwoAboveFen) }
  const telling = async <Result>(work: Promise<Result>): Promise<Result> => {
    const result = await work
    notifyOutbox()
    return result
  }
  return {
    ...plainArea,
    carryOut: {
      [escrowKinds.split]: ({ payload }) => telling(carrySplit(tools, String(payload['escrowId']))),
      [escrowKinds.payout]: ({ payload }) => carryPayout(tools, String(payload['withdrawalId']))
    },
    // Splits and withdrawals have states of their own, which are looked at first.
    forgettable: Object.values(escrowKinds),
    jobs: [proveEscrow({ inReading, inTransaction, transfers: tools, ids, onCall }), stuckMoneyJob({ inReading, inTransaction, ids, onCall })],
    timers: [{
      name: 'transfer-queries',
      nextDue: nextTransferDue,
      run: (dueAt) => telling(queryTransfers(tools, dueAt))
    }],
    routes: [
      escrowRoutes({ inReading, writeInstant }),
      walletRoutes({ inReading, writeInstant, keepAccounts: (command) => inTransaction((stores) => keepAccounts(stores, keys, command, clock.now())) }),
      withdrawalRoutes({
        inReading,
        writeInstant,
        requestWithdrawal: (command) => telling(inTransaction((stores) => requestWithdrawal(stores, rules, command, clock.now()))),
        decideWithdrawal: (verdict) => telling(inTransaction((stores) => decideWithdrawal(stores, rules, verdict, clock.now())))
      })
    ]
  }
}
