import type { RemoteId, RemoteIdStore, Resource } from '../../core/records/index.ts'
import type { InTransaction } from '../../core/unit-of-work.ts'
import type { FhirMapping, FhirSourceOf, RemoteReference } from '../../mappings/index.ts'

/** The server's names of resources and the records they stand for, while one page is taken. */
export interface Names {
  /** Looks up what is stored of these. */
  readonly find: (references: readonly RemoteReference[]) => Promise<void>
  readonly isKnown: (reference: RemoteReference) => boolean
  /** The record that a resource is; one that was given before stays. */
  readonly give: (resource: Resource & { readonly id: string }) => void
  /** The server does not have it, or does not show it. */
  readonly giveNone: (reference: RemoteReference) => void
  /** The hospital's own key. */
  readonly keyOf: (reference: RemoteReference) => string | null
  /** What is to be stored. */
  readonly given: () => readonly RemoteId[]
}

interface NamesDeps {
  readonly inReading: InTransaction<{ remoteIds: Pick<RemoteIdStore, 'find'> }>
  readonly mapping: Pick<FhirMapping, 'identify'>
  readonly source: FhirSourceOf
}

/** Looked up at once. */
const groupSize = 500

export function namesOf ({ inReading, mapping, source }: NamesDeps): Names {
  const known = new Map<string, Pick<RemoteId, 'recordId' | 'key'>>()
  const asked = new Set<string>()
  const given: RemoteId[] = []
  const give = ({ type, remoteId }: RemoteReference, record: Pick<RemoteId, 'recordId' | 'key'>): void => {
    known.set(nameOf({ type, remoteId }), record)
    given.push({ source: source.source, type, remoteId, ...record })
  }
  return {
    find: async (references) => {
      const unasked = [...new Map(references.map((each) => [nameOf(each), each])).values()].filter((each) => !asked.has(nameOf(each)))
      for (let from = 0; from < unasked.length; from += groupSize) {
        const group = unasked.slice(from, from + groupSize)
        for (const found of await inReading(({ remoteIds }) => remoteIds.find(source.source, group))) known.set(nameOf(found), found)
        for (const each of group) asked.add(nameOf(each))
      }
    },
    isKnown: (reference) => known.has(nameOf(reference)),
    give: (resource) => {
      const reference = { type: resource.resourceType, remoteId: resource.id }
      if ((known.get(nameOf(reference))?.recordId ?? null) === null) give(reference, mapping.identify(resource, source))
    },
    giveNone: (reference) => { give(reference, { recordId: null, key: null }) },
    keyOf: (reference) => known.get(nameOf(reference))?.key ?? null,
    given: () => given
  }
}

const nameOf = ({ type, remoteId }: RemoteReference): string => `${type}/${remoteId}`
