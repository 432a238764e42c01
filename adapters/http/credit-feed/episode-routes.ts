import type { FastifyRequest } from 'fastify'
import { Type, type FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { episodeStates, noFile, type Creditor as CreditorFacts, type CreditFeedStore, type Episode, type EpisodeCommand } from '../../../core/credit-feed/index.ts'
import { DomainError } from '../../../core/errors.ts'
import type { InTransaction } from '../../../core/unit-of-work.ts'
import { callerOf, noteAccess } from '../access.ts'
import { visibleCreditors } from './feed-routes.ts'
import { Creditor, EpisodeBody, episodeBody } from './feed-wire.ts'
import { ById, Id, oneOf, pageOf, PageQuery, type WriteInstant } from '../wire.ts'

export interface EpisodeRoutesDeps {
  readonly inReading: InTransaction<{ readonly creditFeed: CreditFeedStore }>
  readonly creditors: readonly CreditorFacts[]
  readonly writeInstant: WriteInstant
  readonly releaseEpisodes: (command: EpisodeCommand & { readonly episodeIds: readonly string[] }) => Promise<readonly Episode[]>
  readonly withdrawEpisode: (command: EpisodeCommand & { readonly id: string }) => Promise<Episode>
}

const common = { tags: ['credit-feed'], 'x-requirements': ['A-19', 'K-10'] }
const largestBatch = 500
const releaseTimeoutMs = 120_000

/** What finance sees and decides before anything bad is said of a person. */
export function episodeRoutes ({ inReading, creditors, writeInstant, releaseEpisodes, withdrawEpisode }: EpisodeRoutesDeps): FastifyPluginAsyncTypebox {
  const commandOf = (request: FastifyRequest): EpisodeCommand => {
    const { principal } = callerOf(request)
    return { who: principal.personId ?? principal.tokenId, creditors: visibleCreditors(request, 'feed.release', creditors) }
  }
  return async (server) => {
    server.get('/v1/credit-feed/:creditor/episodes', {
      config: { access: 'feed.read' },
      schema: {
        ...common,
        summary: 'Episodes of arrears in one state, e.g. ready: those that wait for a second person',
        params: Type.Object({ creditor: Creditor }),
        querystring: Type.Object({ limit: PageQuery.limit, cursor: Type.Optional(Id), state: Type.Optional(oneOf(episodeStates)) }, { additionalProperties: false }),
        response: { 200: pageOf(EpisodeBody) }
      }
    }, async (request) => {
      const { creditor } = request.params
      const { limit, cursor, state } = request.query
      // The bureau hears of an episode by its records, and of none before they are sent.
      if (callerOf(request).principal.role === 'bureau') throw new DomainError('ACCESS_DENIED', 'A bureau reads the files of its creditor. Fetch /v1/credit-feed/{creditor}/files.')
      if (!visibleCreditors(request, 'feed.read', creditors).includes(creditor)) throw noFile()
      const found = await inReading(({ creditFeed }) => creditFeed.episodesIn({ states: state === undefined ? episodeStates : [state], creditors: [creditor] }, { limit: limit + 1, after: cursor ?? null }))
      noteAccess(request, { action: 'search', target: 'episode', targetId: creditor, patientId: null, outcome: 'allowed' })
      const items = found.slice(0, limit)
      return { items: items.map((episode) => episodeBody(episode, writeInstant)), next: found.length > limit ? items.at(-1)?.id ?? null : null }
    })

    server.post('/v1/credit-feed/episodes/release', {
      config: { access: 'feed.release', idempotencyKey: 'required' },
      handlerTimeout: releaseTimeoutMs,
      schema: {
        ...common,
        summary: 'Releases a batch of ready episodes, by another person than who prepared them; every gate is proven again',
        body: Type.Object({ episodeIds: Type.Array(Id, { minItems: 1, maxItems: largestBatch }) }, { additionalProperties: false }),
        response: { 200: Type.Object({ items: Type.Array(EpisodeBody) }) }
      }
    }, async (request) => {
      const released = await releaseEpisodes({ ...commandOf(request), episodeIds: request.body.episodeIds })
      for (const { id } of released) noteAccess(request, { action: 'operate', target: 'episode', targetId: id, patientId: null, outcome: 'allowed' })
      return { items: released.map((episode) => episodeBody(episode, writeInstant)) }
    })

    server.post('/v1/credit-feed/episodes/:id/withdraw', {
      config: { access: 'feed.release', idempotencyKey: 'required' },
      schema: { ...common, summary: 'Takes back what was reported by our own error; the bureau hears it with the next file', params: ById, response: { 200: EpisodeBody } }
    }, async (request) => {
      const episode = await withdrawEpisode({ ...commandOf(request), id: request.params.id })
      noteAccess(request, { action: 'operate', target: 'episode', targetId: episode.id, patientId: null, outcome: 'allowed' })
      return episodeBody(episode, writeInstant)
    })
  }
}
