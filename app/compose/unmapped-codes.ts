import { codeCounter, repeating } from '../../adapters/queue/index.ts'
import type { Store, Stores } from '../../adapters/store/index.ts'
import type { Clock } from '../../core/clock.ts'
import type { Applied, StoredMessage } from '../../core/inbox/index.ts'
import { countCodes, mostCodesPerSource } from '../../core/operations/index.ts'
import { DomainError } from '../../core/errors.ts'
import { MappingError } from '../../mappings/index.ts'
import type { ComposedMappings } from './mappings.ts'

interface UnmappedCodesDeps {
  readonly store: Pick<Store, 'inTransaction' | 'inReading'>
  readonly clock: Clock
  readonly siteOf: (source: string) => string
  readonly reload: ComposedMappings['reload']
  readonly fault: (part: string) => (code: string) => void
}

/** What applying tells of codes that tables lack, and the running tables kept as operators resolve them. */
export interface UnmappedCodes {
  readonly noteApplied: (message: StoredMessage, applied: Applied) => void
  /** In the transaction that parks the message: its codes, and which one it stands still for. */
  readonly noteDead: (stores: Stores, id: string, error: unknown) => Promise<void>
  /** Settles when what was noted is counted and the tables are those in force. */
  readonly settle: () => Promise<void>
  readonly stop: () => Promise<void>
}

const countEveryMs = 1_000
/** What an operator resolved on another node is read by this one so much later at most; a refusal asks at once. */
const reloadEveryMs = 5_000

export function composeUnmappedCodes ({ store: { inTransaction, inReading }, clock, siteOf, reload, fault }: UnmappedCodesDeps): UnmappedCodes {
  const counter = codeCounter({ inTransaction, everyMs: countEveryMs, on: { fault: fault('unmapped codes') } })
  /** Messages that were given back instead of parked. */
  const anew = new Set<string>()
  const reloading = repeating({ everyMs: reloadEveryMs, work: () => inReading(reload), on: { fault: fault('mappings') } })
  return {
    noteApplied: ({ id, source }, { unmapped }) => {
      if (unmapped !== undefined && unmapped.length > 0) counter.note({ source, mappingSite: siteOf(source), messageId: id, at: clock.now(), codes: unmapped })
    },
    noteDead: async ({ inbox, unmappedCodes, codeResolutions }, id, error) => {
      const refusal = refusalOf(error)
      if (refusal === null || refusal.unmapped.length === 0) return
      const [message] = await inbox.load([id])
      if (message === undefined) return
      const mappingSite = siteOf(message.source)
      const { lacks } = refusal
      if (lacks !== null && (await codeResolutions.standing()).some((each) => each.mappingSite === mappingSite && each.table === lacks.table && each.code === lacks.code)) refuseOnce(anew, id)
      await unmappedCodes.count(countCodes([{ source: message.source, mappingSite, messageId: id, at: clock.now(), codes: refusal.unmapped }]), mostCodesPerSource)
      if (lacks !== null) await unmappedCodes.hold(id, mappingSite, [lacks])
    },
    settle: async () => { await Promise.all([counter.flush(), reloading.now()]) },
    stop: async () => {
      await reloading.stop()
      await counter.stop()
    }
  }
}

const mostAnew = 1_000

/** Whoever resolved the code looked for what stands still before this message did; so it is applied again, but once only. */
function refuseOnce (anew: Set<string>, id: string): void {
  if (anew.delete(id) || anew.size >= mostAnew) return
  anew.add(id)
  throw new DomainError('STORE_WRITE_CONFLICT', 'The code was resolved just now; the message is applied again.')
}

/** The translators refuse in the words of core; beneath it is what the tables said. */
function refusalOf (error: unknown): MappingError | null {
  const cause = error instanceof Error ? error.cause : null
  return cause instanceof MappingError ? cause : null
}
