import type { FastifyRequest } from 'fastify'
import { Type, type FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { reachOf, type Permission } from '../../../core/access/index.ts'
import { noFile, type Creditor as CreditorFacts, type CreditFeedStore, type FeedAck, type FeedFileHead } from '../../../core/credit-feed/index.ts'
import type { InTransaction } from '../../../core/unit-of-work.ts'
import { callerOf, noteAccess } from '../access.ts'
import { AckBody, ackBody, acksOf, Creditor, FileBody, fileBody, KeptAckBody, Seq, SignatureBody } from './feed-wire.ts'
import { Instant, nullable, orNull, pageByOffset, pageOf, PageQuery, readCursor, writeCursor, type WriteInstant } from '../wire.ts'

export interface FeedRoutesDeps {
  readonly inReading: InTransaction<{ readonly creditFeed: CreditFeedStore }>
  readonly creditors: readonly CreditorFacts[]
  readonly now: () => Date
  readonly writeInstant: WriteInstant
  /** Answers how many were new. */
  readonly takeAcks: (acks: readonly FeedAck[]) => Promise<number>
}

const common = { tags: ['credit-feed'], 'x-requirements': ['A-19', 'A-29', 'K-10'] }
const OfCreditor = Type.Object({ creditor: Creditor })
const OfFile = Type.Object({ creditor: Creditor, seq: Seq })
const Bytes = Type.Unsafe<Buffer>({ type: 'string', format: 'binary' })
/** A file of 100,000 records is read and sent in one go. */
const fileTimeoutMs = 120_000
const ackBytes = 2_097_152

/** Codes that a caller may see. A bureau's credential names its creditor or, without one, is for all; finance of a hospital has that hospital's. */
export function visibleCreditors (request: FastifyRequest, permission: Permission, creditors: readonly CreditorFacts[]): readonly string[] {
  const { principal } = callerOf(request)
  const codes = (of: (creditor: CreditorFacts) => boolean): readonly string[] => creditors.filter(of).map(({ code }) => code)
  if (principal.role === 'bureau') return codes(({ code }) => principal.organizationId === null || principal.organizationId === code)
  const reach = reachOf(principal, permission)
  if (reach.kind === 'all') return codes(() => true)
  return reach.kind === 'organization' ? codes(({ hospitals }) => hospitals.includes(reach.hospitalId)) : []
}

/** Lets the caller have a creditor's files, or answers as if there were none; either way the audit hears of it. */
function admitToFeed (request: FastifyRequest, permission: Permission, creditors: readonly CreditorFacts[], { creditor, seq }: { readonly creditor: string, readonly seq?: number }): void {
  const isVisible = visibleCreditors(request, permission, creditors).includes(creditor)
  noteAccess(request, { target: 'credit-feed', targetId: seq === undefined ? creditor : `${creditor}/${seq}`, patientId: null, outcome: isVisible ? 'allowed' : 'refused' })
  if (!isVisible) throw noFile()
}

/** What a credit bureau fetches with its own credential, and what it answers. */
export function feedRoutes (deps: FeedRoutesDeps): FastifyPluginAsyncTypebox {
  return async (server) => {
    await server.register(listRoutes(deps))
    await server.register(fetchRoutes(deps))
    await server.register(ackRoutes(deps))
  }
}

async function headOf (inReading: FeedRoutesDeps['inReading'], { creditor, seq }: { readonly creditor: string, readonly seq: number }): Promise<FeedFileHead> {
  const head = await inReading(({ creditFeed }) => creditFeed.fileHead(creditor, seq))
  if (head === null) throw noFile()
  return head
}

function listRoutes ({ inReading, creditors, writeInstant }: FeedRoutesDeps): FastifyPluginAsyncTypebox {
  return async (server) => {
    server.get('/v1/credit-feed', {
      config: { access: 'feed.read' },
      schema: { ...common, summary: 'The reporting creditors that the caller may see', response: { 200: pageOf(Type.Object({ creditor: Creditor, lastSeq: Type.Integer(), lastFileAt: nullable(Instant) })) } }
    }, async (request) => {
      const codes = visibleCreditors(request, 'feed.read', creditors)
      const items = await inReading(async ({ creditFeed }) => await Promise.all(codes.map(async (creditor) => {
        const last = await creditFeed.lastFile(creditor)
        return { creditor, lastSeq: last?.seq ?? 0, lastFileAt: orNull(last?.createdAt ?? null, writeInstant) }
      })))
      return { items, next: null }
    })

    server.get('/v1/credit-feed/:creditor/files', {
      config: { access: 'feed.read' },
      schema: {
        ...common,
        summary: 'Files by number, gap-free; `after` or `cursor` goes on after a number',
        params: OfCreditor,
        querystring: Type.Object({ ...PageQuery, after: Type.Optional(Type.Integer({ minimum: 0 })) }, { additionalProperties: false }),
        response: { 200: pageOf(FileBody) }
      }
    }, async (request) => {
      const { creditor } = request.params
      const { limit, cursor, after } = request.query
      admitToFeed(request, 'feed.read', creditors, { creditor })
      const found = await inReading(({ creditFeed }) => creditFeed.files(creditor, { limit: limit + 1, after: readCursor(cursor) ?? after ?? null }))
      const last = found.slice(0, limit).at(-1)
      return { items: found.slice(0, limit).map((head) => fileBody(head, writeInstant)), next: found.length > limit && last !== undefined ? writeCursor(last.seq) : null }
    })
  }
}

function fetchRoutes ({ inReading, creditors }: FeedRoutesDeps): FastifyPluginAsyncTypebox {
  return async (server) => {
    server.get('/v1/credit-feed/:creditor/files/:seq', {
      config: { access: 'feed.read' },
      handlerTimeout: fileTimeoutMs,
      schema: { ...common, summary: 'The bytes of a file: JSON Lines, one record a line; they never change', produces: ['application/x-ndjson'], params: OfFile, response: { 200: Bytes } }
    }, async (request, reply) => {
      const { creditor, seq } = request.params
      admitToFeed(request, 'feed.read', creditors, { creditor, seq })
      const file = await inReading(({ creditFeed }) => creditFeed.file(creditor, seq))
      if (file === null) throw noFile()
      return await reply.header('content-type', 'application/x-ndjson').header('etag', `"${file.sha256}"`).send(Buffer.from(file.content))
    })

    server.get('/v1/credit-feed/:creditor/files/:seq/manifest', {
      config: { access: 'feed.read' },
      schema: { ...common, summary: 'The manifest as it was signed: creditor, seq, previousHash, sha256, count, totals, createdAt', params: OfFile, response: { 200: Bytes } }
    }, async (request, reply) => {
      admitToFeed(request, 'feed.read', creditors, request.params)
      const head = await headOf(inReading, request.params)
      return await reply.header('content-type', 'application/json; charset=utf-8').send(Buffer.from(head.manifest))
    })

    server.get('/v1/credit-feed/:creditor/files/:seq/signature', {
      config: { access: 'feed.read' },
      schema: { ...common, summary: 'The signature over the bytes of the manifest; the key is in /.well-known/yiqiao-keys.json', params: OfFile, response: { 200: SignatureBody } }
    }, async (request) => {
      admitToFeed(request, 'feed.read', creditors, request.params)
      const { keyId, algorithm, signature } = await headOf(inReading, request.params)
      return { keyId, algorithm, signature: Buffer.from(signature).toString('base64url') }
    })
  }
}

function ackRoutes ({ inReading, creditors, now, writeInstant, takeAcks }: FeedRoutesDeps): FastifyPluginAsyncTypebox {
  return async (server) => {
    server.get('/v1/credit-feed/:creditor/files/:seq/acks', {
      config: { access: 'feed.read' },
      schema: { ...common, summary: 'What the bureau answered to a file, in the order it came', params: OfFile, querystring: Type.Object(PageQuery, { additionalProperties: false }), response: { 200: pageOf(KeptAckBody) } }
    }, async (request) => {
      const { creditor, seq } = request.params
      admitToFeed(request, 'feed.read', creditors, request.params)
      await headOf(inReading, request.params)
      const { rows, next } = await inReading(({ creditFeed }) => pageByOffset(request.query, (page) => creditFeed.acks(creditor, seq, page)))
      return { items: rows.map((ack) => ackBody(ack, writeInstant)), next }
    })

    server.post('/v1/credit-feed/:creditor/files/:seq/acks', {
      config: { access: 'feed.acknowledge' },
      bodyLimit: ackBytes,
      schema: { ...common, summary: 'Acknowledges a file at one of three levels; in any order, any number of times', params: OfFile, body: AckBody, response: { 200: Type.Object({ taken: Type.Integer({ description: 'how many were new' }) }) } }
    }, async (request) => {
      const { creditor, seq } = request.params
      admitToFeed(request, 'feed.acknowledge', creditors, request.params)
      return { taken: await takeAcks(acksOf(request.body, { creditor, seq, at: now() })) }
    })
  }
}
