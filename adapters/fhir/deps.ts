import type { FastifyRequest } from 'fastify'
import type { AuditEvent, Caller, Principal } from '../../core/access/index.ts'
import type { Submission, WrittenRecord } from '../../core/intake/index.ts'
import type { RecordStore } from '../../core/records/index.ts'
import type { InTransaction } from '../../core/unit-of-work.ts'
import type { Mapped } from '../../mappings/index.ts'
import type { Fault } from '../../mappings/r4/index.ts'

/** One access for the audit; who, when and which request are added by whoever keeps it. */
export type FhirAccessNote = Pick<AuditEvent, 'action' | 'target' | 'targetId' | 'patientId' | 'outcome'>

export interface ReadingStores {
  readonly records: Pick<RecordStore, 'current' | 'version' | 'history' | 'search' | 'compartment'>
}

/** What the FHIR side needs from the rest. Authentication happens before, on the server it is registered with. */
export interface FhirServerDeps {
  readonly inReading: InTransaction<ReadingStores>
  /** Writes all of a submission or nothing of it; `afterwards` sees the records written and ends in the same transaction. */
  readonly writeRecords: <Result>(submission: Submission, afterwards: (stores: ReadingStores, written: readonly WrittenRecord[]) => Promise<Result>) => Promise<Result>
  /** What this caller posts is not known to the hospital yet, so it goes out to it. */
  readonly isOurs: (principal: Principal) => boolean
  /** Who is calling; refuses with ACCESS_UNAUTHENTICATED where nobody is known. */
  readonly callerOf: (request: FastifyRequest) => Caller
  readonly note: (request: FastifyRequest, note: FhirAccessNote) => void
  /** Ids of all records of the same person, itself included; of an unknown id only itself. */
  readonly samePerson: (patientId: string) => Promise<readonly string[]>
  /** Maps a message as a site's tables say (undefined = the base tables). Throws DomainError or MappingError; stores nothing. */
  readonly convert: (text: string, site: string | undefined) => Mapped
  readonly validate: (resource: unknown) => readonly Fault[]
  /** IANA zone of dates without a time or offset. */
  readonly zone: string
  /** How clients reach this server, with /fhir; null = by the address of each request. */
  readonly publicUrl: string | null
  readonly software: { readonly name: string, readonly version: string }
  /** Real time: CapabilityStatement.date and Bundle.timestamp. */
  readonly realNow: () => Date
}
