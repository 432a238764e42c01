import { baseAddress, resourceOf } from '../../adapters/fhir-client/index.ts'
import type { Calendar } from '../../core/clock.ts'
import { DomainError } from '../../core/errors.ts'
import type { StoredMessage } from '../../core/inbox/index.ts'
import { restated, type RecordChange, type RecordStore, type RemoteIdStore, type Resource } from '../../core/records/index.ts'
import { statedAt, type FhirMapped, type FhirMapping, type Mapped, type RemoteReference } from '../../mappings/index.ts'
import type { FhirSourceConfig, SiteConfig } from '../site-config.ts'
import { fhirSourcesOf, mappingOf, type FhirMappings } from './fhir-sources.ts'
import { refuseFaults, refusing, type TranslateDeps } from './translate.ts'

export interface FhirTranslateDeps extends Pick<TranslateDeps, 'checkResource' | 'stableId'> {
  readonly site: Pick<SiteConfig, 'sources'>
  readonly mappings: FhirMappings
  readonly calendar: Calendar
}

interface TranslateStores {
  readonly remoteIds: RemoteIdStore
  readonly records: Pick<RecordStore, 'current'>
}

/**
 * A kept resource of a followed server (or a Bundle of some) → what it says of our records, by the source's tables.
 * Refuses with REFERENCE_NOT_KNOWN_YET, MESSAGE_MALFORMED and MAPPING_*; nothing invalid passes. Writes, in the
 * transaction of the stores, which version of each resource was taken in.
 */
export function fhirTranslator (deps: FhirTranslateDeps): (message: StoredMessage, stores: TranslateStores) => Promise<Mapped> {
  const sources = new Map(fhirSourcesOf(deps.site).map((source) => [source.name, source]))
  return async (message, stores) => {
    const source = sources.get(message.source)
    if (source === undefined) throw new DomainError('MAPPING_SITE_UNKNOWN', 'Its source is no longer configured as a FHIR server. Add it to SITE_CONFIG again, then replay.')
    const translating: Translating = { deps, stores, message, source, mapping: mappingOf(deps.mappings, source), base: baseAddress(source.url) }
    const entries = entriesOf(message)
    const names = await namesOf(translating, entries)
    const mapped: FhirMapped[] = []
    for (const entry of entries) mapped.push(await translateEntry(translating, entry, names))
    const changes = mapped.flatMap((each) => each.changes)
    for (const { resource } of changes) refuseFaults(resource, deps.checkResource(resource))
    return {
      changes,
      header: { resourceType: 'MessageHeader', id: deps.stableId(message.hospitalId, 'MessageHeader', message.id) },
      notes: [...new Set(mapped.flatMap((each) => each.notes))],
      unmapped: [],
      version: translating.mapping.version
    }
  }
}

interface Translating {
  readonly deps: FhirTranslateDeps
  readonly stores: TranslateStores
  readonly message: StoredMessage
  readonly source: FhirSourceConfig
  readonly mapping: FhirMapping
  readonly base: string
}

interface Entry {
  readonly fullUrl: string | null
  readonly resource: Resource & { readonly id: string }
}

type Named = Awaited<ReturnType<RemoteIdStore['find']>>[number]

function entriesOf ({ raw }: StoredMessage): readonly Entry[] {
  const resource = resourceOf(raw)
  if (resource === null) throw new DomainError('MESSAGE_MALFORMED', 'The text is no FHIR resource in JSON. Correct it with fix, or skip it.')
  const entries = resource.resourceType === 'Bundle' ? (resource['entry'] ?? []) as ReadonlyArray<{ readonly fullUrl?: string, readonly resource?: Resource }> : [{ resource }]
  return entries.flatMap(({ fullUrl = null, resource: each }) => {
    const id = each?.id ?? fullUrl?.split(':').at(-1)
    if (each === undefined || id === undefined) throw new DomainError('MESSAGE_MALFORMED', 'A resource without an id cannot be told from others. Correct it with fix, or skip it.', 'id')
    return [{ fullUrl, resource: { ...each, id } }]
  })
}

const nameOf = ({ type, remoteId }: RemoteReference): string => `${type}/${remoteId}`

/** What the resources are and refer to, by their names at the server; what has no record yet and is here gets one. */
async function namesOf ({ deps: { stableId }, stores: { remoteIds }, message, source, mapping, base }: Translating, entries: readonly Entry[]): Promise<ReadonlyMap<string, Named>> {
  const own = entries.map(({ resource }) => ({ type: resource.resourceType, remoteId: resource.id }))
  const referred = entries.flatMap(({ resource }) => mapping.referencesOf(resource, base))
  const asked = [...new Map([...own, ...referred].map((each) => [nameOf(each), each])).values()]
  const names = new Map((await remoteIds.find(source.name, asked)).map((found) => [nameOf(found), found]))
  const given = entries.flatMap(({ resource }) => {
    const name = { type: resource.resourceType, remoteId: resource.id }
    if ((names.get(nameOf(name))?.recordId ?? null) !== null || !mapping.isTaken(name.type)) return []
    return [{ source: source.name, ...name, ...mapping.identify(resource, { source: source.name, hospitalId: message.hospitalId, base, stableId }) }]
  })
  await remoteIds.add(given)
  for (const each of given) names.set(nameOf(each), { ...each, stated: names.get(nameOf(each))?.stated ?? null })
  return names
}

async function translateEntry (translating: Translating, { resource }: Entry, names: ReadonlyMap<string, Named>): Promise<FhirMapped> {
  const { deps: { stableId, calendar }, message, source, mapping, base } = translating
  const own = names.get(`${resource.resourceType}/${resource.id}`)
  const patients = await patientsOfRequests(translating, resource, names)
  const standing = await standingMoney(translating, resource, own)
  const mapped = refusing(() => mapping.map(resource, own?.recordId ?? '', {
    source: source.name,
    hospitalId: message.hospitalId,
    base,
    stableId,
    messageId: message.id,
    receivedAt: message.receivedAt,
    dayOf: calendar,
    isHeld: (type) => (type === 'Patient' || source.types.includes(type)) && mapping.isTaken(type),
    recordOf: (remote) => names.get(nameOf(remote))?.recordId,
    entryOf: (fullUrl) => recordOfEntry(fullUrl, names),
    patientOf: (record) => patients.get(record),
    standing
  }))
  const [missing] = mapped.missing
  if (missing !== undefined) throw new DomainError('REFERENCE_NOT_KNOWN_YET', `It refers to a ${missing.type} that has not come yet. It is tried again by itself; see that the source's types name ${missing.type}, and that the server shows it to us.`, resource.resourceType)
  return own === undefined ? mapped : restate(translating, mapped, { resource, own })
}

/** `urn:uuid:…` of an entry without an id of its own, which goes by it. */
function recordOfEntry (fullUrl: string, names: ReadonlyMap<string, Named>): string | undefined {
  const id = fullUrl.split(':').at(-1)
  const named = [...names.values()].find(({ remoteId, recordId }) => remoteId === id && recordId !== null)
  return named === undefined ? undefined : `${named.type}/${named.recordId ?? ''}`
}

/** A payment is told of a visit or a charge; whose that is stands in our record of it. */
async function patientsOfRequests ({ stores: { records }, mapping, base }: Translating, resource: Resource, names: ReadonlyMap<string, Named>): Promise<ReadonlyMap<string, string | null>> {
  if (resource.resourceType !== 'PaymentNotice') return new Map()
  const referred = mapping.referencesOf(resource, base).flatMap((each) => {
    const recordId = names.get(nameOf(each))?.recordId
    return recordId === undefined || recordId === null ? [] : [{ type: each.type, id: recordId }]
  })
  return new Map((await records.current(referred)).map(({ type, id, patientId }) => [`${type}/${id}`, patientId]))
}

async function standingMoney ({ stores: { records } }: Translating, { resourceType: type }: Resource, own: Named | undefined): Promise<Resource | null> {
  const id = own?.recordId ?? null
  if (id === null || (type !== 'ChargeItem' && type !== 'PaymentNotice')) return null
  const [record] = await records.current([{ type, id }])
  return record?.resource ?? null
}

/** The server states the whole resource, so what it said before and leaves out now goes; an outdated version says nothing. */
async function restate ({ stores: { remoteIds } }: Translating, mapped: FhirMapped, { resource, own }: { readonly resource: Resource, readonly own: Named }): Promise<FhirMapped> {
  const main = mapped.changes.at(-1)
  if (main === undefined) return mapped
  const version = (resource['meta'] as { readonly versionId?: string } | undefined)?.versionId ?? null
  const outcome = restated(own.stated, { resource: main.resource, asOf: statedAt(resource) ?? main.asOf, version })
  if (outcome.kind === 'outdated') return { ...mapped, changes: [], notes: [...mapped.notes, `${own.type}: a newer version of it was taken in before; left out`] }
  await remoteIds.saveStatement(own, outcome.stated)
  const change: RecordChange = { ...main, removed: outcome.removed, asOf: outcome.stated.asOf }
  return { ...mapped, changes: [...mapped.changes.slice(0, -1), change] }
}
