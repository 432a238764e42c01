import { decodeText, parseMessage } from '../../adapters/hl7v2/index.ts'
import type { Stores } from '../../adapters/store/index.ts'
import { DomainError } from '../../core/errors.ts'
import type { StableId } from '../../core/ids.ts'
import { asItCame, type StoredMessage } from '../../core/inbox/index.ts'
import { MappingError, type Mapped, type MappingContext, type MessageSource, type SiteMapping } from '../../mappings/index.ts'
import type { Fault } from '../../mappings/r4/index.ts'
import type { Resource } from '../../core/records/index.ts'

export interface TranslateDeps {
  /** Compiled tables by site, those in force. */
  readonly sites: ReadonlyMap<string, SiteMapping>
  readonly checkResource: (resource: Resource) => readonly Fault[]
  readonly stableId: StableId
  readonly zone: string
}

export type TranslateText = (text: string, by: { readonly site: string, readonly charset: string, readonly hospitalId: string, readonly receivedAt: Date, readonly source: string } & Pick<MappingContext, 'isConversion' | 'origins'>) => Mapped

/** Text of HL7 v2 → FHIR R4 by the site's tables. Refuses with MESSAGE_* and MAPPING_*; nothing invalid passes. */
export function textTranslator ({ sites, ...deps }: TranslateDeps): TranslateText {
  return (text, { site, charset, ...by }) => {
    const mapping = siteNamed(sites, site)
    const message = parseMessage(text, charset)
    if (message.segments[0]?.name !== 'MSH') throw new DomainError('MESSAGE_MALFORMED', 'The text does not begin with an MSH segment, so it is no HL7 v2 message.', 'MSH')
    return mapChecked(mapping, message, { ...by, ...deps })
  }
}

export function siteNamed (sites: TranslateDeps['sites'], site: string): SiteMapping {
  const mapping = sites.get(site)
  if (mapping === undefined) throw new DomainError('MAPPING_SITE_UNKNOWN', 'There are no tables for this site. Correct mappingSite in SITE_CONFIG or add the folder.')
  return mapping
}

/** Maps what a reader made of a message or a row, and refuses what is no valid R4. */
export function mapChecked (mapping: SiteMapping, message: MessageSource, { checkResource, ...context }: MappingContext & Pick<TranslateDeps, 'checkResource'>): Mapped {
  const mapped = refusing(() => mapping.map(message, context))
  for (const { resource } of mapped.changes) refuseFaults(resource, checkResource(resource))
  return mapped
}

/** In the transaction of `stores`, which knows what operators decided elsewhere and which records remote ids mean. */
export type TranslateMessage = (message: StoredMessage, stores: Stores) => Mapped | Promise<Mapped>

export function messageTranslator (translate: TranslateText, siteOf: (source: string) => string): (message: StoredMessage) => Mapped {
  return ({ id, source, hospitalId, raw, charset, receivedAt }) =>
    translate(decodeText(raw, charset), { site: siteOf(source), charset, hospitalId, receivedAt, source: id })
}

/** A message that is refused for a code is mapped once more where an operator has resolved codes since, on any node. */
export function translatingAnew (translate: TranslateMessage, reload: (stores: Pick<Stores, 'codeResolutions'>) => Promise<boolean>): TranslateMessage {
  return async (kept, stores) => {
    const message = asItCame(kept)
    try {
      return await translate(message, stores)
    } catch (error) {
      if (!(error instanceof DomainError) || error.code !== 'MAPPING_CODE_UNKNOWN' || !await reload(stores)) throw error
      return await translate(message, stores)
    }
  }
}

export function refuseFaults (resource: Resource, faults: readonly Fault[]): void {
  const [first] = faults
  if (first === undefined) return
  throw new DomainError('MAPPING_OUTPUT_INVALID', `The tables made an invalid ${resource.resourceType}: ${first.code} at ${first.path}. Correct the site's rows, then replay.`, first.path)
}

export function refusing<Result> (work: () => Result): Result {
  try {
    return work()
  } catch (error) {
    if (error instanceof MappingError) throw Object.assign(new DomainError(error.code, error.message, error.place), { cause: error })
    throw error
  }
}
