import type { StableId } from '../ids.ts'
import type { InTransaction } from '../unit-of-work.ts'
import type { StoredMessage } from './message.ts'
import type { InboxStore, MessageFilter, MessageSummary } from './ports.ts'

/** Numbers as the hospital writes them on paper: what people have at hand when they ask where a message went. */
export interface BusinessKeys {
  /** Record number (PID-3). */
  readonly patient?: string
  /** Visit number (PV1-19). */
  readonly visit?: string
  /** Placer or filler number of an order (ORC-2, ORC-3). */
  readonly order?: string
  /** Transaction number of a charge (FT1-2). */
  readonly charge?: string
  /** Number of an appointment (SCH-2, SCH-1). */
  readonly appointment?: string
}

export interface MessageSearch {
  readonly filter: MessageFilter
  readonly keys: BusinessKeys
  /** Text that the message must hold, letters of either case; null for any. */
  readonly containing: string | null
  readonly limit: number
  /** Only messages before this sequence; null from the newest. */
  readonly before: number | null
}

export interface FoundMessages {
  readonly items: readonly MessageSummary[]
  /** Where to go on; null when all was looked at. */
  readonly next: number | null
}

interface SearchDeps {
  readonly inReading: InTransaction<{ inbox: InboxStore }>
  readonly hospitalIds: readonly string[]
  readonly stableId: StableId
  /** Null where the bytes cannot be decoded. */
  readonly readText: (message: StoredMessage) => string | null
}

/** One answer of a search by content looks at no more than this; `next` goes on. */
const mostLooked = 4_000
const mostBytes = 64 * 1024 * 1024
const perLoad = 100

/**
 * Newest first. Record ids follow from the hospital's numbers (StableId), so a search by number needs no index of its
 * own; a search by content reads the messages that the other criteria leave.
 */
export async function searchMessages (deps: SearchDeps, { filter, keys, containing, limit, before }: MessageSearch): Promise<FoundMessages> {
  const narrowed: MessageFilter = { ...filter, about: aboutOf(deps, keys) }
  if (containing !== null) return searchContent(deps, narrowed, { text: containing.toLowerCase(), limit, before })
  const rows = await deps.inReading(({ inbox }) => inbox.list(narrowed, { limit: limit + 1, before }))
  const items = rows.slice(0, limit)
  return { items, next: rows.length > limit ? items.at(-1)?.sequence ?? null : null }
}

async function searchContent ({ inReading, readText }: SearchDeps, filter: MessageFilter, { text, limit, before }: { readonly text: string, readonly limit: number, readonly before: number | null }): Promise<FoundMessages> {
  const items: MessageSummary[] = []
  let position = before
  let bytes = 0
  for (let looked = 0; looked < mostLooked && bytes < mostBytes; looked += perLoad) {
    const page = await inReading(({ inbox }) => inbox.list(filter, { limit: perLoad, before: position }))
    const loaded = new Map((await inReading(({ inbox }) => inbox.load(page.map(({ id }) => id)))).map((message) => [message.id, message]))
    for (const summary of page) {
      position = summary.sequence
      const message = loaded.get(summary.id)
      bytes += message?.raw.length ?? 0
      if (message !== undefined && readText(message)?.toLowerCase().includes(text) === true) items.push(summary)
      if (items.length === limit) return { items, next: position }
    }
    if (page.length < perLoad) return { items, next: null }
  }
  return { items, next: position }
}

type About = NonNullable<MessageFilter['about']>[number]

function aboutOf ({ hospitalIds, stableId }: SearchDeps, { patient, visit, order, charge, appointment }: BusinessKeys): readonly About[] {
  const record = (type: string, ...keys: readonly string[]): readonly string[] =>
    hospitalIds.flatMap((hospitalId) => keys.map((key) => `${type}/${stableId(hospitalId, type, key)}`))
  const lane = (kind: 'patient' | 'visit', number: string): readonly string[] => hospitalIds.map((hospitalId) => `${hospitalId}:${kind}:${number}`)
  return [
    ...(patient === undefined ? [] : [{ lanes: lane('patient', patient), records: record('Patient', patient) }]),
    ...(visit === undefined ? [] : [{ lanes: lane('visit', visit), records: record('Encounter', visit) }]),
    ...(order === undefined ? [] : [{ lanes: [], records: [...record('ServiceRequest', order, `filler:${order}`), ...record('MedicationRequest', order, `filler:${order}`)] }]),
    ...(charge === undefined ? [] : [{ lanes: [], records: [...record('ChargeItem', charge), ...record('PaymentNotice', charge)] }]),
    ...(appointment === undefined ? [] : [{ lanes: [], records: record('Appointment', appointment, `placer:${appointment}`) }])
  ]
}
