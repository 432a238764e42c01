/** Something a loop waits on: woken from outside or by the time that has passed, whichever is first. */
export interface Wake {
  /** A call while nobody waits lets the next `wait` pass at once. */
  readonly wake: () => void
  readonly wait: (timeoutMs: number) => Promise<void>
}

export function wakeable (): Wake {
  let isCalled = false
  let pass: (() => void) | null = null
  return {
    wake: () => {
      isCalled = true
      pass?.()
    },
    wait: async (timeoutMs) => {
      if (!isCalled && timeoutMs > 0) {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, timeoutMs)
          pass = () => {
            clearTimeout(timer)
            resolve()
          }
        })
      }
      pass = null
      isCalled = false
    }
  }
}
