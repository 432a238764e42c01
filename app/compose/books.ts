import { setImmediate as breathe } from 'node:timers/promises'
import { booksRoutes } from '../../adapters/http/index.ts'
import { proveChain } from '../../core/operations/index.ts'
import { proveSeals } from '../../jobs/prove-seals.ts'
import { plainArea, type Area, type AreaDeps } from './area.ts'
import { sha256 } from './sha256.ts'

/** What finance takes out, and the nightly proof of the audit chain; seal-loop.ts makes the chain. */
export function composeBooks ({ config, store: { inTransaction, inReading }, ids, onCall, calendar, writeInstant }: AreaDeps): Area {
  return {
    ...plainArea,
    jobs: [proveSeals({ inTransaction, ids, onCall, calendar, proving: { inTransaction, inReading, hash: sha256, breathe } })],
    routes: [booksRoutes({ inReading, hospitalIds: config.site.hospitals.map(({ id }) => id), proveChain: (chain) => proveChain({ inReading, hash: sha256, breathe }, chain), writeInstant })]
  }
}
