import type { OutboxEngine } from '../../core/outbox.ts'
import type { BullOutboxOptions } from './bull-engine.ts'

/** The engine of bull-engine.ts. Its libraries are loaded only where there is a Redis: they would double the start of all others. */
export function bullOutbox (options: BullOutboxOptions): OutboxEngine {
  const opened = import('./bull-engine.ts').then(({ openBullEngine }) => openBullEngine(options))
  return {
    // It looks for itself as soon as it is open.
    notify: () => { void opened.then((engine) => { engine.notify() }) },
    drain: async () => (await opened).drain(),
    stop: async () => (await opened).stop()
  }
}
