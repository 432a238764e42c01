import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { fhirClient, followFhir, type FhirClient, type Follower } from '../../../adapters/fhir-client/index.ts'
import type { FollowDeps, FollowedSource } from '../../../adapters/fhir-client/followed-source.ts'
import type { Store } from '../../../adapters/store/index.ts'
import { stableIdWith } from '../../../app/stable-id.ts'
import type { StoredMessage } from '../../../core/inbox/index.ts'
import { compileFhir } from '../../../mappings/index.ts'

const wallClock = { now: () => new Date() }
export const types: unknown = JSON.parse(readFileSync('mappings/fhir/types.json', 'utf8'))
export const stableId = stableIdWith(Buffer.alloc(32, 1))

interface FollowerOptions extends Partial<FollowedSource> {
  readonly deps?: Partial<FollowDeps>
  /** Before every request of the follower. */
  readonly between?: () => void | Promise<void>
}

/** A follower that looks when it is told to. Its own clock is hours away from the server's. */
export function aFollower (store: Store, url: string, { deps, between = () => undefined, ...source }: FollowerOptions = {}): Follower & { readonly notified: () => number } {
  let notified = 0
  const client = fhirClient({ url, wallClock, sleep: async () => undefined, attempts: 2, timeoutMs: 2_000 })
  const follower = followFhir({ name: 'north', hospitalId: 'north', base: url, types: ['Patient', 'Encounter', 'Observation'], pageSize: 100, overlapMs: 60_000, since: null, pollMs: null, ...source }, {
    inTransaction: store.inTransaction,
    inReading: store.inReading,
    client: disturbed(client, between),
    mapping: compileFhir(types, {}),
    stableId,
    ids: { next: randomUUID },
    clock: { now: () => new Date('2027-03-01T03:00:00+08:00') },
    wallClock,
    random: () => 0,
    lease: { hold: async () => true, release: async () => undefined },
    isPaused: () => false,
    notify: () => { notified += 1 },
    wait: async () => undefined,
    ...deps
  })
  return { ...follower, notified: () => notified }
}

function disturbed (client: FhirClient, between: () => void | Promise<void>): FhirClient {
  return {
    ...client,
    read: async (...given) => { await between(); return client.read(...given) },
    search: async (...given) => { await between(); return client.search(...given) },
    next: async (...given) => { await between(); return client.next(...given) }
  }
}

/** What came by a source, in the order in which it was stored. */
export async function messagesOf (store: Store, source = 'north'): Promise<readonly StoredMessage[]> {
  return store.inReading(async ({ inbox }) => {
    const ids: string[] = []
    for (let before: number | null = null; ;) {
      const page: Awaited<ReturnType<typeof inbox.list>> = await inbox.list({ source }, { limit: 500, before })
      ids.unshift(...page.map(({ id }) => id).reverse())
      before = page.at(-1)?.sequence ?? null
      if (page.length < 500) return inbox.load(ids)
    }
  })
}
