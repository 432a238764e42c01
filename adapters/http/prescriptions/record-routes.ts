import { Type, type FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import { DomainError } from '../../../core/errors.ts'
import { deletableKinds, type ConsultRecord, type ConsultRecordStore, type DeleteDocument, type VerifiedSignature, type WriteRecord } from '../../../core/prescriptions/index.ts'
import type { InTransaction } from '../../../core/unit-of-work.ts'
import { noteAccess } from '../access.ts'
import { admitDocument, doctorIdOf, PdfBytes, refuseUnlessOwner, sendPdf } from './document-admit.ts'
import { Reason, RecordBody, recordBody, RecordContentBody, VerificationBody, verificationBody } from './document-wire.ts'
import { ById, Id, oneOf, type WriteInstant } from '../wire.ts'

export interface RecordRoutesDeps {
  readonly inReading: InTransaction<{ readonly consultRecords: ConsultRecordStore }>
  readonly writeInstant: WriteInstant
  readonly write: (command: WriteRecord) => Promise<ConsultRecord>
  readonly verify: (record: ConsultRecord) => VerifiedSignature
  readonly print: (record: ConsultRecord) => Promise<Buffer>
  /** Always refuses. */
  readonly remove: (command: DeleteDocument) => Promise<never>
}

const common = { tags: ['documents'], 'x-requirements': ['C1', 'C11'] }
const OneVersion = Type.Object({ id: Id, version: Type.Integer({ minimum: 1 }) })
const noRecord = (): DomainError => new DomainError('DOCUMENT_NOT_FOUND', 'This consultation has no such record, or not one that you may see.')

/** 电子病历: written and signed by the doctor of the consultation, version after version; read by the doctor and the person. */
export function recordRoutes (deps: RecordRoutesDeps): FastifyPluginAsyncTypebox {
  const { writeInstant } = deps
  return async (server) => {
    server.post('/v1/consultations/:id/records', {
      config: { access: 'document.write' },
      schema: {
        ...common,
        summary: 'Writes and signs the record of the own consultation; with basedOn an amendment of that version, with its reason',
        params: ById,
        body: Type.Object({ ...RecordContentBody.properties, basedOn: Type.Optional(Type.Integer({ minimum: 1 })), because: Type.Optional(Reason) }, { additionalProperties: false }),
        response: { 201: RecordBody }
      }
    }, async (request, reply) => {
      const { basedOn = null, because = null, ...content } = request.body
      const record = await deps.write({ consultationId: request.params.id, doctorId: doctorIdOf(request), content, basedOn, because })
      noteAccess(request, { target: 'record', targetId: record.id, patientId: record.patientId, outcome: 'allowed' })
      return await reply.code(201).send(recordBody(record, writeInstant))
    })

    server.get('/v1/consultations/:id/records', {
      config: { access: 'document.read' },
      schema: { ...common, summary: 'All versions of the record, the first one first', params: ById, response: { 200: Type.Object({ items: Type.Array(RecordBody), next: Type.Null() }) } }
    }, async (request) => {
      const versions = await admitted(request, deps, request.params.id)
      return { items: versions.map((record) => recordBody(record, writeInstant)), next: null }
    })

    server.get('/v1/consultations/:id/records/:version/verification', {
      config: { access: 'document.read' },
      schema: { ...common, summary: 'Whether the doctor\'s signature holds, with the text that it was made over', params: OneVersion, response: { 200: VerificationBody } }
    }, async (request) => verificationBody(deps.verify(await oneVersion(request, deps)), writeInstant))

    server.get('/v1/consultations/:id/records/:version(^\\d+).pdf', {
      config: { access: 'document.read' },
      schema: { ...common, summary: 'The same on paper, for the person', produces: ['application/pdf'], params: OneVersion, response: { 200: PdfBytes } }
    }, async (request, reply) => {
      const record = await oneVersion(request, deps)
      refuseUnlessOwner(request)
      return await sendPdf(reply, { bytes: await deps.print(record), name: `record-${record.version}` })
    })

    server.delete('/v1/documents/:kind/:id', {
      config: { access: 'document.delete' },
      schema: { ...common, summary: 'Refused: documents are kept for as long as the law says, and deleted by no interface', params: Type.Object({ kind: oneOf(deletableKinds), id: Id }) }
    }, async (request) => {
      noteAccess(request, { target: 'document', targetId: request.params.id, patientId: null, outcome: 'refused' })
      return await deps.remove(request.params)
    })
  }
}

async function admitted (request: FastifyRequest, { inReading }: Pick<RecordRoutesDeps, 'inReading'>, consultationId: string): Promise<readonly ConsultRecord[]> {
  const versions = await inReading(({ consultRecords }) => consultRecords.versions(consultationId))
  const [first] = versions
  if (first === undefined) throw noRecord()
  admitDocument(request, 'document.read', { kind: 'record', id: first.id, patientId: first.patientId, hospitalId: first.hospitalId, doctorId: first.doctorId }, noRecord)
  return versions
}

async function oneVersion (request: FastifyRequest & { readonly params: unknown }, deps: Pick<RecordRoutesDeps, 'inReading'>): Promise<ConsultRecord> {
  const { id, version } = request.params as { readonly id: string, readonly version: number }
  const found = (await admitted(request, deps, id)).find((record) => record.version === version)
  if (found === undefined) throw noRecord()
  return found
}
