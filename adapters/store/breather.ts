import { setImmediate } from 'node:timers/promises'

/**
 * SQLite answers without ever leaving the turn of the event loop, so a chain of transactions would starve sockets and
 * timers (measured: none came through in 2 s). Whoever begins a transaction breathes first: a turn is given when the
 * last one is `everyMs` ago, and a lone transaction waits for none.
 */
export function breather (everyMs = 2): () => Promise<void> {
  let breathedAt = performance.now()
  return async () => {
    if (performance.now() - breathedAt < everyMs) return
    await setImmediate()
    breathedAt = performance.now()
  }
}
