import { codeOf } from '../../core/back-off.ts'
import { wakeable } from './wake.ts'

export interface Repeating {
  /** Does it once more, after what runs; settles when done. */
  readonly now: () => Promise<void>
  /** Settles when what runs is done. */
  readonly stop: () => Promise<void>
}

/** Does a small piece of work each `everyMs` by real time, never twice at once; what fails is done again the next time. */
export function repeating ({ everyMs, work, on }: { readonly everyMs: number, readonly work: () => Promise<unknown>, readonly on?: { readonly fault?: (code: string) => void } }): Repeating {
  const state = { isStopping: false }
  const wake = wakeable()
  let last: Promise<void> = Promise.resolve()
  const now = (): Promise<void> => {
    last = last.then(work).then(() => undefined, (error: unknown) => { on?.fault?.(codeOf(error) ?? 'UNEXPECTED') })
    return last
  }
  const loop = (async () => {
    while (!state.isStopping) {
      await wake.wait(everyMs)
      if (!state.isStopping) await now()
    }
  })()
  return {
    now,
    stop: async () => {
      state.isStopping = true
      wake.wake()
      await loop
      await last
    }
  }
}
