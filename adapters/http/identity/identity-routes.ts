import { Type, type FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import { decide } from '../../../core/access/index.ts'
import { DomainError } from '../../../core/errors.ts'
import type { Patient, PatientStore } from '../../../core/identity/index.ts'
import type { InTransaction } from '../../../core/unit-of-work.ts'
import { callerOf, limitsFor, noteSearch } from '../access.ts'
import { admitPatient } from '../admit-patient.ts'
import { ById, Day, Id, nullable, pageOf, PageQuery, readCursor, writeCursor } from '../wire.ts'

export interface IdentityRoutesDeps {
  readonly inReading: InTransaction<{ readonly patients: PatientStore }>
  readonly mergePatients: (merge: Merge) => Promise<void>
  readonly unmergePatients: (merge: Merge) => Promise<void>
}

interface Merge {
  readonly fromId: string
  readonly toId: string
  /** Who decided it. */
  readonly because: string
}

const members = { id: Id, hospitalId: Id, personId: Id, name: nullable(Type.String()), birthDate: nullable(Day), gender: nullable(Type.String()), active: Type.Boolean() }
const PatientBody = Type.Object(members)
const PatientWithTies = Type.Object({ ...members, tied: Type.Array(Type.Object({ id: Id, hospitalId: Id, active: Type.Boolean() })) })
const IdentifierBody = Type.Object({ patientId: Id, system: Type.String(), value: Type.String(), type: nullable(Type.String()) })
const MergeBody = Type.Object({ into: Id }, { additionalProperties: false })
const common = { tags: ['identity'], 'x-requirements': ['K-01', 'K-11'] }

export function identityRoutes ({ inReading, mergePatients, unmergePatients }: IdentityRoutesDeps): FastifyPluginAsyncTypebox {
  return async (server) => {
    server.get('/v1/patients', {
      config: { access: 'patient.read' },
      schema: {
        ...common,
        summary: 'Patients that the caller may see, in the order in which they were first heard of',
        querystring: Type.Object({ ...PageQuery, identifier: Type.Optional(Type.String({ pattern: '^[^|]+\\|.+$', maxLength: 300, description: 'system|value' })) }, { additionalProperties: false }),
        response: { 200: pageOf(PatientBody) }
      }
    }, async (request) => {
      const { limit, cursor, identifier } = request.query
      const found = await inReading(async ({ patients }) => identifier === undefined
        ? await listPatients(request, patients, { limit, after: readCursor(cursor) })
        : { rows: await findByIdentifier(request, patients, identifier), next: null })
      noteSearch(request, 'patient', found.rows.map(({ id }) => id))
      return { items: found.rows.map(bodyOf), next: found.next }
    })

    server.get('/v1/patients/:id', {
      config: { access: 'patient.read' },
      schema: { ...common, summary: 'One patient, with the records of the same person', params: ById, response: { 200: PatientWithTies } }
    }, async (request) => {
      const { patient, tied } = await inReading(async ({ patients }) => await admitPatient(request, 'patient.read', patients, request.params.id))
      return { ...bodyOf(patient), tied: tied.map(({ id, hospitalId, active }) => ({ id, hospitalId, active })) }
    })

    server.get('/v1/patients/:id/identifiers', {
      config: { access: 'patient.read' },
      schema: { ...common, summary: 'The identifiers of a person, each with the system that assigned it', params: ById, response: { 200: pageOf(IdentifierBody) } }
    }, async (request) => {
      const { tied } = await inReading(async ({ patients }) => await admitPatient(request, 'patient.read', patients, request.params.id))
      return { items: tied.flatMap((one) => one.identifiers.map((identifier) => ({ patientId: one.id, ...identifier }))), next: null }
    })

    const linking = [
      { verb: 'merge', summary: 'Retires this record in favour of another of the same person', act: mergePatients },
      { verb: 'unmerge', summary: 'Undoes a merge without loss', act: unmergePatients }
    ]
    for (const { verb, summary, act } of linking) {
      server.post(`/v1/patients/:id/${verb}`, {
        config: { access: 'patient.link' },
        schema: { ...common, summary, params: ById, body: MergeBody, response: { 200: PatientWithTies } }
      }, async (request) => {
        const { id } = request.params
        const { into } = request.body
        await inReading(async ({ patients }) => {
          await admitPatient(request, 'patient.link', patients, id)
          await admitPatient(request, 'patient.link', patients, into)
        })
        await act({ fromId: id, toId: into, because: `operator:${callerOf(request).principal.tokenId}` })
        const { patient, tied } = await inReading(async ({ patients }) => await admitPatient(request, 'patient.link', patients, id))
        return { ...bodyOf(patient), tied: tied.map((one) => ({ id: one.id, hospitalId: one.hospitalId, active: one.active })) }
      })
    }
  }
}

function bodyOf ({ id, hospitalId, personId, name, birthDate, gender, active }: Patient) {
  return { id, hospitalId, personId, name, birthDate, gender, active }
}

async function listPatients (request: FastifyRequest, patients: PatientStore, { limit, after }: { readonly limit: number, readonly after: number | null }): Promise<{ readonly rows: readonly Patient[], readonly next: string | null }> {
  const { patientIds, hospitalId } = limitsFor(request, 'patient.read')
  const rows = patientIds === null
    ? await patients.list({ hospitalId, limit: limit + 1, after })
    : (await each(patientIds, patients.find)).filter((patient) => patient.sequence > (after ?? -1)).sort((one, other) => one.sequence - other.sequence)
  const page = rows.slice(0, limit)
  return { rows: page, next: rows.length > limit ? writeCursor(page.at(-1)?.sequence ?? 0) : null }
}

async function findByIdentifier (request: FastifyRequest, patients: PatientStore, identifier: string): Promise<readonly Patient[]> {
  const bar = identifier.indexOf('|')
  if (bar < 1) throw new DomainError('REQUEST_INVALID', 'Write the identifier as system|value.', 'identifier')
  const found = await patients.byIdentifier({ system: identifier.slice(0, bar), value: identifier.slice(bar + 1) })
  const caller = callerOf(request)
  return found.filter((patient) => decide(caller, 'patient.read', { patientId: patient.id, hospitalId: patient.hospitalId }) === 'allowed')
}

/** One after the other: a transaction has one connection. */
async function each (ids: readonly string[], find: (id: string) => Promise<Patient | null>): Promise<ReadonlyArray<Patient>> {
  const found: Patient[] = []
  for (const id of ids) {
    const patient = await find(id)
    if (patient !== null) found.push(patient)
  }
  return found
}
