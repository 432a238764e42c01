import { Readable } from 'node:stream'
import { Type, type FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { CalendarDate } from '../../../core/clock.ts'
import { DomainError } from '../../../core/errors.ts'
import { exportBeancount, type LedgerStore } from '../../../core/ledger/index.ts'
import { chainNames, type ChainProof, type ChainName, type Seal, type SealStore } from '../../../core/operations/index.ts'
import type { InTransaction } from '../../../core/unit-of-work.ts'
import { limitsFor, noteAccess } from '../access.ts'
import { Day, Id, Instant, nullable, oneOf, orNull, pageOf, PageQuery, readCursor, writeCursor, type WriteInstant } from '../wire.ts'

export interface BooksRoutesDeps {
  readonly inReading: InTransaction<{ ledger: LedgerStore, seals: SealStore }>
  readonly hospitalIds: readonly string[]
  readonly proveChain: (chain: ChainName) => Promise<ChainProof>
  readonly writeInstant: WriteInstant
}

const SealBody = Type.Object({
  chain: oneOf(chainNames), number: Type.Integer(), fromSequence: Type.Integer(), toSequence: Type.Integer(), count: Type.Integer(), root: Type.String(), previousHead: Type.String(), head: Type.String(), sealedAt: Instant
})
const ProofBody = Type.Object({ chain: oneOf(chainNames), isProven: Type.Boolean(), seals: Type.Integer(), rows: Type.Integer(), broken: nullable(Type.Object({ number: Type.Integer(), fault: Type.String() })), head: nullable(SealBody) })
const ByChain = Type.Object({ chain: oneOf(chainNames) })
const common = { tags: ['ledger'], 'x-requirements': ['K-06'] }
const proofTimeoutMs = 300_000

/** What finance and auditors take out, to prove the books elsewhere. */
export function booksRoutes ({ inReading, hospitalIds, proveChain, writeInstant }: BooksRoutesDeps): FastifyPluginAsyncTypebox {
  const sealBody = (seal: Seal) => ({ ...seal, sealedAt: writeInstant(seal.sealedAt) })
  return async (server) => {
    server.get('/v1/ledger/beancount', {
      config: { access: 'books.export' },
      schema: { ...common, summary: 'One hospital\'s books as beancount text, with a balance assertion for each account and day', querystring: Type.Object({ hospital: Id, until: Type.Optional(Day) }, { additionalProperties: false }), produces: ['text/plain'] }
    }, async (request, reply) => {
      const { hospital, until } = request.query
      const limits = limitsFor(request, 'books.export')
      if (!hospitalIds.includes(hospital) || (limits.hospitalId !== null && limits.hospitalId !== hospital)) throw new DomainError('RECORD_HOSPITAL_UNKNOWN', 'Name a hospital of SITE_CONFIG whose books you may see.', 'hospital')
      noteAccess(request, { action: 'search', target: 'books', targetId: hospital, patientId: null, outcome: 'allowed' })
      return await reply.type('text/plain; charset=utf-8').send(Readable.from(exportBeancount({ inReading }, hospital, (until ?? null) as CalendarDate | null)))
    })

    server.get('/v1/ledger/seals/:chain', {
      config: { access: 'books.export' },
      schema: { ...common, summary: 'Heads of the audit chain, to be kept elsewhere', params: ByChain, querystring: Type.Object(PageQuery, { additionalProperties: false }), response: { 200: pageOf(SealBody) } }
    }, async (request) => {
      const { limit, cursor } = request.query
      const found = await inReading(({ seals }) => seals.list(request.params.chain, { limit: limit + 1, after: readCursor(cursor) ?? 0 }))
      const items = found.slice(0, limit)
      noteAccess(request, { action: 'search', target: 'seals', targetId: request.params.chain, patientId: null, outcome: 'allowed' })
      return { items: items.map(sealBody), next: found.length > limit ? writeCursor(items.at(-1)?.number ?? 0) : null }
    })

    server.get('/v1/ledger/seals/:chain/proof', {
      config: { access: 'books.export' },
      handlerTimeout: proofTimeoutMs,
      schema: { ...common, summary: 'Recounts a whole chain now', params: ByChain, response: { 200: ProofBody } }
    }, async (request) => {
      const { head, ...proof } = await proveChain(request.params.chain)
      noteAccess(request, { action: 'search', target: 'seals', targetId: request.params.chain, patientId: null, outcome: 'allowed' })
      return { ...proof, isProven: proof.broken === null, head: orNull(head, sealBody) }
    })
  }
}
