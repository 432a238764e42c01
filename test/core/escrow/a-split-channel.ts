import { DomainError } from '../../../core/errors.ts'
import type { PayoutNotice, SplitGateway, SplitNotice } from '../../../core/escrow/index.ts'
import type { Fen } from '../../../core/money.ts'

export interface ASplitChannel {
  readonly gateway: SplitGateway
  /** What the next calls meet, one after the other: lost: carried out, but we do not hear it. */
  readonly faults: Array<'none' | 'down' | 'lost'>
  readonly calls: string[]
  /** Accounts that are refused. */
  readonly closed: Set<string>
  readonly splits: Map<string, { readonly account: string, readonly amountFen: Fen } | null>
  readonly payouts: Map<string, { readonly account: string, readonly amountFen: Fen }>
}

/** A channel that splits and pays out, as our port sees it: each number once, and faults on demand. */
export function aSplitChannel (channel: SplitGateway['channel'], now: () => Date): ASplitChannel {
  const [faults, calls, closed]: [ASplitChannel['faults'], string[], Set<string>] = [[], [], new Set()]
  const splits: ASplitChannel['splits'] = new Map()
  const payouts: ASplitChannel['payouts'] = new Map()
  const through = async <Answer>(name: string, work: () => Answer): Promise<Answer> => {
    calls.push(name)
    const fault = faults.shift() ?? 'none'
    if (fault === 'down') throw new DomainError('OUTSIDE_UNAVAILABLE', 'The channel is out of reach.')
    const answer = work()
    if (fault === 'lost') throw new DomainError('OUTSIDE_UNAVAILABLE', 'The answer did not come.')
    return answer
  }
  const refuseClosed = (account: string | undefined): void => {
    if (account !== undefined && closed.has(account)) throw new DomainError('OUTSIDE_REFUSED', 'The account is closed.')
  }
  const splitNotice = (number: string): SplitNotice => ({ number, state: 'success', channelNumber: `S-${number}` })
  const payoutNotice = (number: string): PayoutNotice => ({ number, state: 'success', amountFen: payouts.get(number)?.amountFen ?? 0 as Fen, channelNumber: `P-${number}`, at: now() })
  return {
    faults, calls, closed, splits, payouts,
    gateway: {
      channel,
      split: ({ number, receiver }) => through('split', () => {
        refuseClosed(receiver?.account)
        if (!splits.has(number)) splits.set(number, receiver)
        return splitNotice(number)
      }),
      querySplit: ({ number }) => through('querySplit', () => splits.has(number) ? splitNotice(number) : null),
      payOut: ({ number, account, amountFen }) => through('payOut', () => {
        refuseClosed(account)
        if (!payouts.has(number)) payouts.set(number, { account, amountFen })
        return payoutNotice(number)
      }),
      queryPayOut: ({ number }) => through('queryPayOut', () => payouts.has(number) ? payoutNotice(number) : null)
    }
  }
}
