/** Those that wait until nothing is due any more. */
export interface Drainers {
  /** Settles when a pass that began after this call has found nothing due and nothing running. */
  readonly wait: () => Promise<void>
  /** What a pass begins with, for `answer`. */
  readonly notice: () => number
  readonly answer: (notice: number) => void
  readonly answerAll: () => void
}

export function drainersOf (): Drainers {
  /** Grows with each call of `wait`: what was read before the newest one may be out of date. */
  let notices = 0
  const waiting: Array<{ readonly resolve: () => void, readonly notice: number }> = []
  const answer = (notice: number): void => {
    for (const drainer of waiting.filter((one) => one.notice <= notice)) {
      waiting.splice(waiting.indexOf(drainer), 1)
      drainer.resolve()
    }
  }
  return {
    wait: () => new Promise((resolve) => { waiting.push({ resolve, notice: notices += 1 }) }),
    notice: () => notices,
    answer,
    answerAll: () => { answer(notices) }
  }
}
