import { hash } from 'node:crypto'
import { DomainError } from '../../core/errors.ts'
import type { Resource } from '../../core/records/index.ts'
import type { Page } from './client.ts'
import { cursorName, earliest, latest, loadCursor, stampsBefore, type Cursor, type Stamps } from './cursor.ts'
import type { Following } from './followed-source.ts'
import { isStored, takePage } from './take-page.ts'

/** What a server does in its own way; the look is right all the same, but costs more. */
export type Manner = 'unsorted' | 'unfiltered' | 'unstamped'

export interface TypeLook {
  readonly stored: number
  readonly manner: Manner | null
}

/** Beyond this a look ends and the next one goes on. */
const mostPages = 10_000
/** How often a crowd of one time stamp is read until nothing moves any more. */
const mostPasses = 20
/** Servers that count whole seconds take `ge` for the whole second. */
const secondMs = 1_000

interface Looking {
  readonly following: Following
  readonly type: string
  readonly stamps: Stamps
  cursor: Cursor
  pages: number
  stored: number
}

/**
 * Reads all resources of a type that changed since the last look, without a gap:
 *
 * - Each page is a search of its own from the time stamp that the one before ended with, so what moves to the end
 *   while we read leaves no hole. Only a crowd that shares one stamp is read along its next links, until two readings
 *   are the same.
 * - A resource may become visible up to `overlapMs` after its stamp. So a stretch counts as read only when the server's
 *   clock was past its end by so much: the next look begins `overlapMs` before `readTo`, and `readTo` goes no further
 *   than the newest stamp that was seen before the look began, unless one request reads all there is.
 * - A server that does not sort or filter is read along its next links from end to end, by every look.
 */
export async function readType (following: Following, type: string): Promise<TypeLook> {
  const { source, deps: { inReading, clock } } = following
  const cursor = await inReading(({ settings }) => loadCursor(settings, cursorName(source.name, type)))
  const looking: Looking = { following, type, stamps: stampsBefore(clock), cursor, pages: 0, stored: 0 }
  const start = cursor.readTo === null ? source.since?.getTime() ?? null : cursor.readTo - source.overlapMs
  const first = await search(looking, start)
  if (isEnd(looking, first)) {
    await take(looking, first, newestOf(looking, first))
    return { stored: looking.stored, manner: mannerOf(looking, first, start) === 'unstamped' ? 'unstamped' : null }
  }
  const manner = mannerOf(looking, first, start)
  return manner === null ? readInSteps(looking, first, start) : readWhole(looking, first, manner)
}

async function readInSteps (looking: Looking, first: Page, start: number | null): Promise<TypeLook> {
  const { readTo } = looking.cursor
  const newest = await newestWhereSorted(looking, first, start)
  if (newest === null) return readWhole(looking, first, areOfOneStamp(looking, first) ? null : 'unsorted')
  const reachedBefore = latest(looking.cursor.newest, newest)
  let from = start
  for (let page = await search(looking, from); ; page = await search(looking, from)) {
    const manner = mannerOf(looking, page, from)
    if (manner !== null) {
      await move(looking, { ...looking.cursor, readTo })
      return readWhole(looking, await search(looking, start), manner)
    }
    const last = isAhead(looking, page, from) || page.nextUrl === null ? page : await readCrowd(looking, page, { from, reachedBefore })
    if (last === page) await take(looking, page, earliest(newestOf(looking, page), reachedBefore))
    if (isEnd(looking, last) || !isAhead(looking, last, from)) return { stored: looking.stored, manner: null }
    from = newestOf(looking, last)
  }
}

/** The page leads on in time, so the next search does not begin where this one did. */
function isAhead (looking: Looking, page: Page, from: number | null): boolean {
  const newest = newestOf(looking, page)
  return newest !== null && (from === null || newest > from)
}

/**
 * More resources than a page holds share the stamp `from`. Along next links a hole opens where one of them changes, and
 * so leaves the list, while it is read; then the next reading differs. A reading of an earlier look counts as well.
 * Answers the last page.
 */
async function readCrowd (looking: Looking, first: Page, { from, reachedBefore }: { readonly from: number | null, readonly reachedBefore: number | null }): Promise<Page> {
  const { crowds } = looking.following
  for (let pass = 0, page = first; pass < mostPasses; pass++, page = await search(looking, from)) {
    let seen = ''
    for (;;) {
      await take(looking, page, earliest(from, reachedBefore))
      seen = hash('sha256', seen + page.resources.map(({ id, meta }) => `${id ?? ''} ${JSON.stringify(meta)}`).join(' '))
      if (page.nextUrl === null || isAhead(looking, page, from)) break
      page = await next(looking, page.nextUrl)
    }
    if (seen === crowds.get(looking.type)) return page
    crowds.set(looking.type, seen)
  }
  throw new DomainError('OUTSIDE_UNAVAILABLE', `The FHIR server changes its ${looking.type} resources faster than they can be read. It is tried again by itself; raise pageSize of the source.`)
}

/** What changes behind us is read by the next look: `readTo` stays where the list ended before this look began. */
async function readWhole (looking: Looking, first: Page, manner: Manner | null): Promise<TypeLook> {
  const { readTo, newest: reachedBefore } = looking.cursor
  let newest: number | null = null
  for (let page = first; ; page = await next(looking, page.nextUrl)) {
    await take(looking, page, readTo)
    newest = latest(newest, newestOf(looking, page))
    if (page.nextUrl === null) break
  }
  await move(looking, { readTo: latest(readTo, earliest(newest, reachedBefore)), newest: latest(newest, reachedBefore) })
  return { stored: looking.stored, manner }
}

async function search (looking: Looking, from: number | null): Promise<Page> {
  const { following: { source, deps: { client } }, type } = looking
  await mayRead(looking)
  return client.search(type, { ...since(from), _sort: '_lastUpdated', _count: String(source.pageSize) })
}

async function next (looking: Looking, nextUrl: string): Promise<Page> {
  await mayRead(looking)
  return looking.following.deps.client.next(looking.type, nextUrl)
}

async function mayRead (looking: Looking): Promise<void> {
  await looking.following.goOn()
  looking.pages += 1
  if (looking.pages > mostPages) throw new DomainError('OUTSIDE_UNAVAILABLE', `There are more than ${mostPages} pages of ${looking.type}. What was read is kept and the next look goes on; raise pageSize, or set since of the source.`)
}

/**
 * The newest stamp: the server's clock is at least there. Null: who turns the order round and gets the same resource
 * does not sort, or all stamps are the same.
 */
async function newestWhereSorted (looking: Looking, { resources: [oldest] }: Page, from: number | null): Promise<number | null> {
  await mayRead(looking)
  const { following: { deps: { client } }, type, stamps: { stampOf } } = looking
  const { resources: [newest] } = await client.search(type, { ...since(from), _sort: '-_lastUpdated', _count: '1' })
  if (oldest === undefined || newest === undefined || oldest.id === newest.id) return null
  const [first, last] = [stampOf(oldest), stampOf(newest)]
  return first !== null && last !== null && last > first ? last : null
}

function areOfOneStamp ({ stamps: { stampOf } }: Looking, { resources }: Page): boolean {
  return new Set(resources.map(stampOf)).size <= 1
}

const since = (from: number | null): Readonly<Record<string, string>> => from === null ? {} : { _lastUpdated: `ge${new Date(from).toISOString()}` }

async function take (looking: Looking, page: Page, readTo: number | null): Promise<void> {
  const to = { readTo: latest(looking.cursor.readTo, readTo), newest: latest(looking.cursor.newest, newestOf(looking, page)) }
  const { stampOf } = looking.stamps
  const inOrder = page.resources.toSorted((one, other) => (stampOf(one) ?? 0) - (stampOf(other) ?? 0))
  looking.stored += (await takePage(looking.following, looking.type, inOrder, { from: looking.cursor, to })).filter(isStored).length
  looking.cursor = to
}

async function move (looking: Looking, to: Cursor): Promise<void> {
  await takePage(looking.following, looking.type, [], { from: looking.cursor, to })
  looking.cursor = to
}

function newestOf ({ stamps }: Looking, { resources }: Page): number | null {
  return latest(...resources.map(stamps.stampOf))
}

/** A page that is not full is the last one also where the server does not say so. */
function isEnd ({ following: { source } }: Looking, page: Page): boolean {
  return page.nextUrl === null && page.resources.length < source.pageSize
}

function mannerOf ({ stamps }: Looking, { resources }: Page, from: number | null): Manner | null {
  const known = resources.map((resource: Resource) => stamps.stampOf(resource))
  const all = known.filter((stamp) => stamp !== null)
  if (all.length === 0 && resources.length > 0) return 'unstamped'
  if (all.some((stamp, place) => stamp < (all[place - 1] ?? stamp))) return 'unsorted'
  return from !== null && all.some((stamp) => stamp < from - secondMs) ? 'unfiltered' : null
}
