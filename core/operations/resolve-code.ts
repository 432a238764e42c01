import type { Clock } from '../clock.ts'
import { DomainError } from '../errors.ts'
import type { ReplayMessages } from '../inbox/index.ts'
import type { InTransaction } from '../unit-of-work.ts'
import type { CodeResolution, CodeResolutionStore, CodeTarget, UnmappedCode, UnmappedCodeStore } from './unmapped-code.ts'

interface Stores {
  readonly unmappedCodes: UnmappedCodeStore
  readonly codeResolutions: CodeResolutionStore
}

export interface ResolveCodeDeps {
  readonly inTransaction: InTransaction<Stores>
  readonly clock: Clock
  /** What is wrong with giving this for a code of the site's table; null: nothing that is known. */
  readonly faultOf: (mappingSite: string, table: string, to: CodeTarget) => string | null
  /** Makes the running tables read what stands now. */
  readonly reload: () => Promise<unknown>
  readonly replay: (command: ReplayMessages) => Promise<ReadonlyArray<{ readonly id: string }>>
}

export interface ResolveCode {
  /** Of the unmapped code. */
  readonly id: string
  readonly to: CodeTarget
  /** Token id of the operator. */
  readonly actor: string
}

export interface ResolvedCode {
  readonly resolution: CodeResolution
  /** How many dead letters were put into the queue again. */
  readonly requeued: number
}

/** No more than replayMessages takes; a site has some hundred. */
const mostResolutions = 10_000
const perReplay = 500
/** 100,000 messages; what is left goes when it is resolved the same way again. */
const mostReplays = 200

/**
 * An operator says what a code of the sender's means. The tables of its mapping site have it from now on, whichever
 * source it comes by, and the messages that stand still for it are applied again. The same once more requeues what is
 * left; another meaning needs the first to be revoked.
 */
export async function resolveCode (deps: ResolveCodeDeps, { id, to, actor }: ResolveCode): Promise<ResolvedCode> {
  const { mappingSite, table, code, resolution } = await deps.inTransaction(async (stores) => {
    const code = await codeOf(stores, id)
    if (code.resolution === null) await add(deps, stores, { code, to, actor })
    else if (!isSame(code.resolution.to, to)) throw new DomainError('UNMAPPED_CODE_ALREADY_RESOLVED', 'The code was resolved otherwise. Revoke that first.')
    return await codeOf(stores, id)
  })
  if (resolution === null) throw new Error('a code that was resolved has its resolution')
  await deps.reload()
  return { resolution, requeued: await requeue(deps, { mappingSite, table, code }, { requestId: `resolution:${resolution.id}`, actor }) }
}

async function add ({ clock, faultOf }: ResolveCodeDeps, { codeResolutions }: Stores, { code: { mappingSite, table, code }, to, actor }: { readonly code: UnmappedCode, readonly to: CodeTarget, readonly actor: string }): Promise<void> {
  const fault = faultOf(mappingSite, table, to)
  if (fault !== null) throw new DomainError('UNMAPPED_CODE_TARGET_INVALID', `The code cannot mean this: ${fault}. Give another.`, 'code')
  if ((await codeResolutions.standing()).length >= mostResolutions) throw new DomainError('REQUEST_INVALID', 'Too many codes are resolved by hand. Move them to the code tables of the sites and revoke them here.')
  if (!await codeResolutions.add({ mappingSite, table, code, to, by: actor, at: clock.now() })) throw new DomainError('UNMAPPED_CODE_ALREADY_RESOLVED', 'The code was resolved just now. Look at it again.')
}

async function requeue ({ inTransaction, replay }: ResolveCodeDeps, code: Pick<CodeResolution, 'mappingSite' | 'table' | 'code'>, by: Pick<ReplayMessages, 'requestId' | 'actor'>): Promise<number> {
  let requeued = 0
  for (let turn = 0; turn < mostReplays; turn += 1) {
    const ids = await inTransaction(({ unmappedCodes }) => unmappedCodes.held(code, perReplay))
    if (ids.length === 0) break
    const replayed = await replay({ filter: { ids, status: 'dead' }, ...by }).catch(noneOf)
    if (replayed.length === 0) break
    requeued += replayed.length
  }
  return requeued
}

/** None of these can be replayed any more: somebody was quicker, or their source is gone. The resolution stands all the same. */
function noneOf (error: unknown): readonly never[] {
  if (error instanceof DomainError && (error.code === 'MESSAGE_NOT_REPAIRABLE' || error.code === 'MESSAGE_NOT_FOUND')) return []
  throw error
}

/** The code is unmapped again; what its resolution let through stays as it was applied. */
export async function revokeResolution ({ inTransaction, clock, reload }: Pick<ResolveCodeDeps, 'inTransaction' | 'clock' | 'reload'>, { id, actor }: Pick<ResolveCode, 'id' | 'actor'>): Promise<void> {
  await inTransaction(async (stores) => {
    const { resolution } = await codeOf(stores, id)
    if (resolution === null || !await stores.codeResolutions.revoke(resolution.id, { at: clock.now(), actor })) {
      throw new DomainError('UNMAPPED_CODE_NOT_RESOLVED', 'No resolution stands for this code, so there is nothing to revoke.')
    }
  })
  await reload()
}

async function codeOf ({ unmappedCodes }: Pick<Stores, 'unmappedCodes'>, id: string): Promise<UnmappedCode> {
  const code = await unmappedCodes.find(id)
  if (code === null) throw new DomainError('UNMAPPED_CODE_NOT_FOUND', 'No unmapped code has this id. List the unmapped codes.')
  return code
}

function isSame (one: CodeTarget, other: CodeTarget): boolean {
  return one.code === other.code && one.system === other.system && one.display === other.display
}
