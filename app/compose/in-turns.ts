import type { CarryOut, OutboxMessage } from '../../core/outbox.ts'

/** Messages with the same key are carried out one after the other on this node, those with others beside each other. */
export function inTurns (keyOf: (message: OutboxMessage) => string, carryOut: CarryOut): CarryOut {
  const last = new Map<string, Promise<void>>()
  return (message) => {
    const key = keyOf(message)
    const run = (last.get(key) ?? Promise.resolve()).then(() => carryOut(message))
    const ended = run.catch(() => undefined).then(() => { if (last.get(key) === ended) last.delete(key) })
    last.set(key, ended)
    return run
  }
}
