import { Type, type FastifyPluginAsyncTypebox, type Static } from '@fastify/type-provider-typebox'
import { DomainError } from '../../../core/errors.ts'
import { auditFindings, auditKinds, auditStates, evidenceKinds, noAudit, type AuditActor, type AuditCase, type AuditEvent, type AuditKind, type Evidence, type EvidenceKind } from '../../../core/marketplace/index.ts'
import type { InTransaction } from '../../../core/unit-of-work.ts'
import { noteAccess } from '../access.ts'
import { actorOf, admitAudit, seesAll, type MarketReadStores } from './market-admit.ts'
import { AuditBody, auditBody, AuditStepBody, auditStepBody, EvidenceBody, evidenceBody, Words } from './market-wire.ts'
import { Id, oneOf, pageByOffset, pageOf, PageQuery, type WriteInstant } from '../wire.ts'

export interface AuditCaseRoutesDeps {
  readonly inReading: InTransaction<MarketReadStores>
  readonly writeInstant: WriteInstant
  readonly review: (wanted: { readonly kind: AuditKind, readonly id: string, readonly event: AuditEvent, readonly actor: AuditActor }) => Promise<AuditCase>
  readonly addEvidence: (wanted: { readonly kind: AuditKind, readonly subjectId: string, readonly what: EvidenceKind, readonly contentType: string, readonly content: Buffer, readonly by: string }) => Promise<Evidence>
  /** What was sealed when it came in. */
  readonly openEvidence: (sealedContent: string) => Buffer
}

const common = { tags: ['marketplace'], 'x-requirements': ['M3'] }
const Subject = Type.Object({ kind: oneOf(auditKinds), id: Id })
const largestEvidence = 2 * 1024 * 1024
const pictures = ['image/jpeg', 'image/png', 'application/pdf'] as const
const mostSteps = 500
const queue = ['submitted', 'changed', 'under_review'] as const
const WholeBody = Type.Object({ ...AuditBody.properties, history: Type.Array(AuditStepBody), evidence: Type.Array(EvidenceBody) })

/** 审核: the queue, the evidence, and what reviewers decide. */
export function auditCaseRoutes (deps: AuditCaseRoutesDeps): FastifyPluginAsyncTypebox {
  return async (server) => {
    await server.register(readRoutes(deps))
    await server.register(decisionRoutes(deps))
    await server.register(evidenceRoutes(deps))
  }
}

function readRoutes ({ inReading, writeInstant }: AuditCaseRoutesDeps): FastifyPluginAsyncTypebox {
  return async (server) => {
    server.get('/v1/audits', {
      config: { access: 'qualification.read' },
      schema: { ...common, summary: 'Audits that wait for a reviewer, or those of a state, the longest waiting first', querystring: Type.Object({ ...PageQuery, kind: Type.Optional(oneOf(auditKinds)), state: Type.Optional(oneOf(auditStates)) }, { additionalProperties: false }), response: { 200: pageOf(AuditBody) } }
    }, async (request) => {
      if (!seesAll(request)) throw new DomainError('ACCESS_DENIED', 'The queue is for reviewers. Read your own audit by its id.')
      const { kind = null, state } = request.query
      const { rows, next } = await inReading(({ auditCases }) => pageByOffset(request.query, (page) => auditCases.list({ kind, states: state === undefined ? queue : [state] }, page)))
      return { items: rows.map((audit) => auditBody(audit, writeInstant)), next }
    })

    server.get('/v1/audits/:kind/:id', {
      config: { access: 'qualification.read' },
      schema: { ...common, summary: 'One audit with its history and evidence', params: Subject, response: { 200: WholeBody } }
    }, async (request) => await inReading(async (stores): Promise<Static<typeof WholeBody>> => {
      const audit = await admitAudit(request, stores, request.params)
      const [history, evidence] = [await stores.auditCases.history(audit.kind, audit.id, mostSteps), await stores.auditCases.evidenceOf(audit.kind, audit.id)]
      return { ...auditBody(audit, writeInstant), history: history.map((step) => auditStepBody(step, writeInstant)), evidence: evidence.map((one) => evidenceBody(one, writeInstant)) }
    }))
  }
}

function decisionRoutes ({ writeInstant, review }: AuditCaseRoutesDeps): FastifyPluginAsyncTypebox {
  return async (server) => {
    server.post('/v1/audits/:kind/:id/take', {
      config: { access: 'qualification.decide' },
      schema: { ...common, summary: 'Takes it up', params: Subject, response: { 200: AuditBody } }
    }, async (request) => {
      const { kind, id } = request.params
      noteAccess(request, { target: `audit-${kind}`, targetId: id, patientId: null, outcome: 'allowed' })
      return auditBody(await review({ kind, id, event: { kind: 'take' }, actor: actorOf(request) }), writeInstant)
    })

    server.post('/v1/audits/:kind/:id/decision', {
      config: { access: 'qualification.decide' },
      schema: {
        ...common,
        summary: 'Approves or rejects what was taken up; suspends, resumes or revokes what is approved. Somebody else than who handed it in',
        params: Subject,
        body: Type.Object({ decision: oneOf(['approve', 'reject', 'suspend', 'resume', 'revoke'] as const), reason: Type.Optional(Words), acceptedFindings: Type.Array(oneOf(auditFindings), { default: [], maxItems: 20 }) }, { additionalProperties: false }),
        response: { 200: AuditBody }
      }
    }, async (request) => {
      const { kind, id } = request.params
      noteAccess(request, { target: `audit-${kind}`, targetId: id, patientId: null, outcome: 'allowed' })
      return auditBody(await review({ kind, id, event: eventOf(request.body), actor: actorOf(request) }), writeInstant)
    })
  }
}

interface Decided {
  readonly decision: 'approve' | 'reject' | 'suspend' | 'resume' | 'revoke'
  readonly reason?: string
  readonly acceptedFindings: ReadonlyArray<typeof auditFindings[number]>
}

function eventOf ({ decision, reason, acceptedFindings }: Decided): AuditEvent {
  if (decision === 'approve') return { kind: 'approve', reason: reason ?? null, accepted: acceptedFindings }
  if (reason === undefined) throw new DomainError('REQUEST_INVALID', 'Say why.', 'reason')
  return { kind: decision, reason }
}

function evidenceRoutes ({ inReading, writeInstant, addEvidence, openEvidence }: AuditCaseRoutesDeps): FastifyPluginAsyncTypebox {
  return async (server) => {
    server.post('/v1/audits/:kind/:id/evidence', {
      config: { access: 'qualification.read' },
      bodyLimit: 2 * largestEvidence,
      schema: {
        ...common,
        summary: 'A picture or PDF that shows it, up to 2 MB; kept sealed',
        params: Subject,
        body: Type.Object({ what: oneOf(evidenceKinds), contentType: oneOf(pictures), data: Type.String({ contentEncoding: 'base64', pattern: '^[A-Za-z0-9+/]+={0,2}$', description: 'base64' }) }, { additionalProperties: false }),
        response: { 201: EvidenceBody }
      }
    }, async (request, reply) => {
      const { kind, id } = request.params
      const { what, contentType, data } = request.body
      await inReading((stores) => admitAudit(request, stores, { kind, id }))
      const content = Buffer.from(data, 'base64')
      if (content.length > largestEvidence || !isOf(contentType, content)) throw new DomainError('REQUEST_INVALID', 'Send a JPEG, PNG or PDF of 2 MB at most, named as what it is.', 'data')
      return await reply.code(201).send(evidenceBody(await addEvidence({ kind, subjectId: id, what, contentType, content, by: actorOf(request).by }), writeInstant))
    })

    server.get('/v1/audits/:kind/:id/evidence/:evidenceId', {
      config: { access: 'qualification.read' },
      schema: { ...common, summary: 'What was handed in, as it came', params: Type.Object({ kind: oneOf(auditKinds), id: Id, evidenceId: Id }), response: { 200: Type.Unsafe<Buffer>({ type: 'string', format: 'binary' }) } }
    }, async (request, reply) => {
      const { kind, id, evidenceId } = request.params
      const found = await inReading(async (stores) => {
        await admitAudit(request, stores, { kind, id })
        return await stores.auditCases.evidenceContent(evidenceId)
      })
      if (found === null || found.evidence.kind !== kind || found.evidence.subjectId !== id) throw noAudit()
      return await reply.type(found.evidence.contentType).header('cache-control', 'no-store').header('content-disposition', 'attachment').send(openEvidence(found.sealedContent))
    })
  }
}

const signatures: Readonly<Record<typeof pictures[number], string>> = { 'image/jpeg': 'ffd8ff', 'image/png': '89504e470d0a1a0a', 'application/pdf': '255044462d' }

function isOf (contentType: typeof pictures[number], content: Buffer): boolean {
  return content.toString('hex', 0, 8).startsWith(signatures[contentType])
}
