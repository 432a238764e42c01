import { decodeText, describeMessage, encodeText, zoneOffsetIn } from '../../adapters/hl7v2/index.ts'
import type { DryRun } from '../../adapters/http/index.ts'
import type { Stores } from '../../adapters/store/index.ts'
import { DomainError } from '../../core/errors.ts'
import {
  fixMessage, replayMessages, skipMessage, tryReplay, type DescribeMessage, type FixMessage, type MessageFilter, type RecordChanges, type ReplayMessages, type SkipMessage, type StoredMessage
} from '../../core/inbox/index.ts'
import { submissionSource } from '../../core/intake/index.ts'
import type { Composed } from './compose.ts'
import { fhirDescriber } from './fhir-sources.ts'
import { rowDescriber } from './view-sources.ts'

type Change = Readonly<Record<string, unknown>>

/** Reads a kept message anew, with today's configuration of its source. */
export function describeWith ({ config, mappings, fhirMappings, stableId }: Pick<Composed, 'config' | 'mappings' | 'fhirMappings' | 'stableId'>): DescribeMessage {
  const zoneOffset = zoneOffsetIn(config.zone)
  const describeRow = rowDescriber(mappings.sites)
  const describeResource = fhirDescriber(fhirMappings, stableId)
  return (message) => {
    const { source, raw } = message
    if (raw.length === 0) throw new DomainError('MESSAGE_NOT_REPAIRABLE', 'It carried a picture of somebody who withdrew, so its content is gone. Ask the hospital to send it again.')
    if (source === submissionSource) throw new DomainError('MESSAGE_NOT_REPAIRABLE', 'It was posted and answered at once; whoever posted it posts it again.')
    const configured = config.site.sources.find(({ name }) => name === source)
    if (configured === undefined) throw new DomainError('MESSAGE_NOT_REPAIRABLE', 'Its source is no longer configured. Add it to SITE_CONFIG again.')
    if (configured.kind === 'views') return describeRow(message, configured)
    if (configured.kind === 'fhir') return describeResource(message, configured)
    const { contentHash, controlId, type, trigger, sentAt, charset, lanes, parked } =
      describeMessage(raw, { charset: configured.charset, keyRule: configured.keyRule, hospitalId: configured.hospital, zoneOffset })
    return { contentHash, controlId, type, trigger, sentAt, charset, lanes, parked }
  }
}

/** The text as it came, for operators; null where its bytes cannot be decoded. */
export function readText ({ raw, charset }: StoredMessage): string | null {
  try {
    return decodeText(raw, charset)
  } catch {
    return null
  }
}

export function writeText ({ charset }: StoredMessage, text: string): Uint8Array {
  return encodeText(text, charset)
}

export interface Repair {
  readonly fixMessage: (fix: FixMessage) => Promise<{ readonly id: string }>
  readonly replayMessages: (replay: ReplayMessages) => ReturnType<typeof replayMessages>
  readonly tryReplay: (filter: MessageFilter) => Promise<readonly DryRun[]>
  readonly skipMessage: (skip: SkipMessage) => Promise<void>
}

/** What an operator can do about a message. */
export function repairWith (parts: Pick<Composed, 'config' | 'mappings' | 'fhirMappings' | 'stableId' | 'store' | 'clock' | 'ids' | 'applying'>): Repair {
  const { store: { inTransaction, inReading }, clock, ids, applying: { apply, applier } } = parts
  const deps = { inTransaction, inReading, clock, ids, describe: describeWith(parts), notify: applier.notify }
  return {
    fixMessage: (fix) => fixMessage(deps, fix),
    replayMessages: (replay) => replayMessages(deps, replay),
    tryReplay: (filter) => tryReplay<Stores, Change>({ inTransaction, inReading, apply, recordChanges }, filter),
    skipMessage: (skip) => skipMessage(deps, skip)
  }
}

/** What a dry run would write: versions of records with the elements that differ, and ledger entries. */
const recordChanges: RecordChanges<Stores, Change> = (stores) => {
  const changes: Change[] = []
  return {
    changes: () => changes,
    stores: {
      ...stores,
      records: {
        ...stores.records,
        save: async (versions) => {
          const before = new Map((await stores.records.current(versions)).map((record) => [`${record.type}/${record.id}`, record.resource]))
          for (const { type, id, resource } of versions) {
            const old = before.get(`${type}/${id}`) ?? {}
            const names = new Set([...Object.keys(old), ...Object.keys(resource)])
            changes.push({ record: `${type}/${id}`, elements: [...names].filter((name) => name !== 'meta' && JSON.stringify((old as Record<string, unknown>)[name]) !== JSON.stringify(resource[name])) })
          }
          await stores.records.save(versions)
        }
      },
      ledger: {
        ...stores.ledger,
        append: async (entry) => {
          const isNew = await stores.ledger.append(entry)
          if (isNew) changes.push({ entry: entry.sourceKey, postings: entry.postings })
          return isNew
        }
      }
    }
  }
}
