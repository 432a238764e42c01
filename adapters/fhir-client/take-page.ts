import { hash } from 'node:crypto'
import { DomainError } from '../../core/errors.ts'
import type { NewMessage, Receipt } from '../../core/inbox/index.ts'
import type { Resource } from '../../core/records/index.ts'
import type { RemoteReference } from '../../mappings/index.ts'
import { cursorName, cursorText, type Cursor } from './cursor.ts'
import { describeResource, versionOf } from './describe-resource.ts'
import { remember, type Following } from './followed-source.ts'
import { namesOf, type Names } from './names.ts'

/** How many resources may be fetched beside a page because it refers to them, and through how many others. */
const mostFetched = 500
const deepestFetch = 4

interface Found {
  readonly resource: Resource & { readonly id: string }
  readonly raw: Buffer
  /** One version of one resource of this server. */
  readonly key: string
}

/**
 * Puts a page into the inbox and moves the cursor, in one transaction: whatever happens, both are done or neither.
 * Ids of our records are given here, before anything is applied, so that resources that refer to each other can be
 * applied in any order. What the page refers to and nobody has seen yet is fetched first. Answers the messages, with
 * those that were there before.
 */
export async function takePage (following: Following, type: string, resources: readonly Resource[], move: { readonly from: Cursor, readonly to: Cursor }): Promise<readonly Receipt[]> {
  const { recent, source, deps: { inTransaction, inReading, mapping, stableId, notify } } = following
  const page = resources.flatMap(foundOf).filter(({ key }) => !recent.has(key))
  const isMoved = cursorText(move.from) !== cursorText(move.to)
  if (page.length === 0 && !isMoved) return []
  const names = namesOf({ inReading, mapping, source: { source: source.name, hospitalId: source.hospitalId, base: source.base, stableId } })
  const found = [...await fetchMissing(following, page, names), ...page]
  const messages = found.map((each) => messageOf(following, each, names))
  const receipts = await inTransaction(async ({ remoteIds, inbox, settings }) => {
    await remoteIds.add(names.given())
    if (isMoved) await settings.set(cursorName(source.name, type), cursorText(move.to))
    return messages.length === 0 ? [] : inbox.receive(messages)
  })
  remember(following, found.map(({ key }) => key))
  if (receipts.some(isStored)) notify()
  return receipts
}

export const isStored = ({ kind }: Receipt): boolean => kind === 'stored'

/** Nothing can be known by a resource without an id. */
function foundOf (resource: Resource): readonly Found[] {
  const { id, resourceType } = resource
  if (typeof id !== 'string') return []
  const raw = Buffer.from(JSON.stringify(resource))
  return [{ resource: { ...resource, id }, raw, key: `${resourceType}/${id}/${versionOf(resource) ?? hash('sha256', raw)}` }]
}

/** Reads what is referred to, and what that refers to in turn; those that are referred to come first. */
async function fetchMissing (following: Following, page: readonly Found[], names: Names): Promise<readonly Found[]> {
  const fetched: Found[] = []
  let layer = page
  await names.find(layer.map(ownName))
  for (const { resource } of layer) names.give(resource)
  for (let depth = 0; depth < deepestFetch && layer.length > 0; depth++) {
    const referred = layer.flatMap(({ resource }) => referredBy(following, resource))
    await names.find(referred)
    const missing = [...new Map(referred.map((each) => [`${each.type}/${each.remoteId}`, each])).values()].filter((each) => !names.isKnown(each))
    layer = await fetchAll(following, missing.slice(0, mostFetched - fetched.length), names)
    fetched.unshift(...layer)
  }
  return fetched
}

const ownName = ({ resource }: Found): RemoteReference => ({ type: resource.resourceType, remoteId: resource.id })

/** Only what is followed: the rest keeps its address at the server. Patients always, or nobody would know whose it is. */
function referredBy ({ source, deps: { mapping } }: Following, resource: Resource): readonly RemoteReference[] {
  return mapping.referencesOf(resource, source.base).filter(({ type }) => (type === 'Patient' || source.types.includes(type)) && mapping.isTaken(type))
}

async function fetchAll (following: Following, missing: readonly RemoteReference[], names: Names): Promise<readonly Found[]> {
  const fetched: Found[] = []
  for (const reference of missing) {
    await following.goOn()
    const resource = await readShown(following, reference)
    if (resource === undefined) continue
    const found = resource === null ? [] : foundOf(resource)
    if (found.length === 0) names.giveNone(reference)
    for (const each of found) names.give(each.resource)
    fetched.push(...found)
  }
  return fetched
}

/**
 * Null for what is gone and for what we may not read; undefined where the server fails on this very resource: what
 * refers to it then waits in its own lane, and nobody else behind it.
 */
async function readShown ({ deps: { client } }: Following, { type, remoteId }: RemoteReference): Promise<Resource | null | undefined> {
  try {
    return await client.read(type, remoteId)
  } catch (error) {
    if (!(error instanceof DomainError)) throw error
    if (error.place === 'HTTP 403') return null
    if (error.code === 'OUTSIDE_REFUSED' || error.place === 'HTTP 500') return undefined
    throw error
  }
}

function messageOf ({ source, deps: { mapping, ids, clock } }: Following, { resource, raw, key }: Found, names: Names): NewMessage {
  const { hospitalId, base } = source
  return {
    id: ids.next(),
    source: source.name,
    hospitalId,
    format: 'fhir',
    raw,
    ...describeResource(raw, resource, { hospitalId, base, mapping }, names.keyOf),
    dedupeKey: key,
    receivedAt: clock.now(),
    ack: new Uint8Array(),
    replayOf: null
  }
}
