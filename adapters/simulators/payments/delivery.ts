import type { Journal } from '../journal.ts'
import { slowly, type CallbackFault } from './payment-faults.ts'

export interface Callback {
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** Carries a call-back to the merchant and answers what it said; throws where it was not reached. */
export type Deliver = (callback: Callback) => Promise<{ readonly status: number, readonly body: string }>

/** Signed anew for every attempt, as its age counts. `how` lets it be wrong on purpose. */
export type MakeCallback = (how: 'true' | 'forged' | 'wrong_amount' | 'signature_test') => Callback

export interface DeliveryOptions {
  readonly deliver: Deliver
  readonly isTaken: (answer: { readonly status: number, readonly body: string }) => boolean
  readonly attempts: number
  readonly retryAfterMs: number
  readonly journal: Journal
  readonly now: () => Date
}

export interface Delivery {
  /** Settles when it is taken, or was tried as often as it is. */
  readonly send: (key: string, make: MakeCallback, fault: CallbackFault | null) => Promise<void>
  readonly close: () => void
}

/** Call-backs one after the other, each tried a few times, with what can go wrong on the way. */
export function openDelivery (options: DeliveryOptions): Delivery {
  const closing = new AbortController()
  const held: Array<() => Promise<void>> = []
  const attempt = async (key: string, make: () => Callback): Promise<void> => {
    for (let place = 1; place <= options.attempts && !closing.signal.aborted; place++) {
      const answer = await options.deliver(make()).catch(() => null)
      options.journal.note({ at: options.now(), kind: 'callback', key, body: { status: answer?.status ?? null } })
      if (answer !== null && options.isTaken(answer)) return
      if (place < options.attempts) await slowly(options.retryAfterMs, closing.signal)
    }
  }
  return {
    send: async (key, make, fault) => {
      const wrong = fault === 'wrong_amount' ? 'wrong_amount' : 'true'
      const truly = async (): Promise<void> => { await attempt(key, () => make(wrong)) }
      if (fault === 'reordered') {
        held.push(truly)
        return
      }
      if (fault === 'forged' || fault === 'signature_test') await options.deliver(make(fault)).catch(() => null)
      if (fault === 'duplicate') await truly()
      await truly()
      for (const late of held.splice(0)) await late()
    },
    close: () => { closing.abort() }
  }
}
