import { decodeText, parseMessage } from '../../adapters/hl7v2/index.ts'
import { DomainError } from '../../core/errors.ts'
import type { StableId } from '../../core/ids.ts'
import type { StoredMessage } from '../../core/inbox/index.ts'
import { MappingError, type Mapped, type SiteMapping } from '../../mappings/index.ts'
import type { Fault } from '../../mappings/r4/index.ts'
import type { Resource } from '../../core/records/index.ts'

export interface TranslateDeps {
  /** Compiled tables by site. */
  readonly sites: ReadonlyMap<string, SiteMapping>
  readonly checkResource: (resource: Resource) => readonly Fault[]
  readonly stableId: StableId
  readonly zone: string
}

export type TranslateText = (text: string, by: { readonly site: string, readonly charset: string, readonly hospitalId: string, readonly receivedAt: Date, readonly source: string, readonly isConversion?: boolean }) => Mapped

/** Text of HL7 v2 → FHIR R4 by the site's tables. Refuses with MESSAGE_* and MAPPING_*; nothing invalid passes. */
export function textTranslator ({ sites, checkResource, stableId, zone }: TranslateDeps): TranslateText {
  return (text, { site, charset, ...by }) => {
    const mapping = sites.get(site)
    if (mapping === undefined) throw new DomainError('MAPPING_SITE_UNKNOWN', 'There are no tables for this site. Correct mappingSite in SITE_CONFIG or add the folder.')
    const message = parseMessage(text, charset)
    if (message.segments[0]?.name !== 'MSH') throw new DomainError('MESSAGE_MALFORMED', 'The text does not begin with an MSH segment, so it is no HL7 v2 message.', 'MSH')
    const mapped = refusing(() => mapping.map(message, { ...by, stableId, zone }))
    for (const { resource } of mapped.changes) refuseFaults(resource, checkResource(resource))
    return mapped
  }
}

export type TranslateMessage = (message: StoredMessage) => Mapped

export function messageTranslator (translate: TranslateText, siteOf: (source: string) => string): TranslateMessage {
  return ({ id, source, hospitalId, raw, charset, receivedAt }) =>
    translate(decodeText(raw, charset), { site: siteOf(source), charset, hospitalId, receivedAt, source: id })
}

function refuseFaults (resource: Resource, faults: readonly Fault[]): void {
  const [first] = faults
  if (first === undefined) return
  throw new DomainError('MAPPING_OUTPUT_INVALID', `The tables made an invalid ${resource.resourceType}: ${first.code} at ${first.path}. Correct the site's rows, then replay.`, first.path)
}

function refusing<Result> (work: () => Result): Result {
  try {
    return work()
  } catch (error) {
    if (error instanceof MappingError) throw new DomainError(error.code, error.message, error.place)
    throw error
  }
}
