import type { Test } from 'tap'
import type { Store } from '../../adapters/store/index.ts'

/** Gives an empty store that is gone when `t` is over. */
export type OpenStore = (t: Test) => Promise<Pick<Store, 'inTransaction' | 'inReading'>>

/** The codes of those that were refused; a refusal without a code shows as its message. */
export function refusals (outcomes: ReadonlyArray<PromiseSettledResult<unknown>>): readonly string[] {
  return outcomes.flatMap((outcome) => outcome.status === 'fulfilled' ? [] : [codeOf(outcome.reason)])
}

function codeOf (reason: unknown): string {
  return reason instanceof Error ? ('code' in reason ? String(reason.code) : reason.message) : String(reason)
}
