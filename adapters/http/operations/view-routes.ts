import { Type, type FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { DomainError } from '../../../core/errors.ts'
import type { ConnectionStatus } from '../../../core/operations/index.ts'
import { noteAccess } from '../access.ts'
import { Instant, nullable, orNull, pageOf, type WriteInstant } from '../wire.ts'

/** A view of a hospital's SQL Server, as this node reads it. */
export interface ViewState extends ConnectionStatus {
  readonly view: string
  readonly read: number
  readonly taken: number
  readonly keyless: number
  readonly notes: readonly string[]
  readonly pageSize: number
  readonly comparedAt: Date | null
  readonly vanished: number
}

export interface ViewRoutesDeps {
  readonly writeInstant: WriteInstant
  /** Undefined where no source of the kind `views` has the name. */
  readonly viewsOf: (source: string) => readonly ViewState[] | undefined
  /** Rows that were seen and are gone: how many, and the newest of them by key. */
  readonly vanishedRows: (view: { readonly source: string, readonly view: string }) => Promise<{ readonly count: number, readonly keys: readonly string[] }>
}

const name = Type.String({ maxLength: 100 })
const ViewBody = Type.Object({
  view: Type.String(),
  state: Type.String(),
  since: Instant,
  code: nullable(Type.String()),
  detail: nullable(Type.String({ description: 'what is wrong and what to do' })),
  lastAt: nullable(Instant),
  read: Type.Integer({ description: 'rows since this node started' }),
  taken: Type.Integer({ description: 'of these, new or changed' }),
  keyless: Type.Integer({ description: 'rows of the last page without a key' }),
  notes: Type.Array(Type.String(), { description: 'how the view differs from what is agreed, without harm' }),
  pageSize: Type.Integer(),
  comparedAt: nullable(Instant),
  vanished: Type.Integer({ description: 'rows that were seen and are gone' })
})
const common = { tags: ['operations'], 'x-requirements': ['K-03', 'K-12'] }

export function viewRoutes ({ viewsOf, vanishedRows, writeInstant }: ViewRoutesDeps): FastifyPluginAsyncTypebox {
  const views = (source: string): readonly ViewState[] => {
    const found = viewsOf(source)
    if (found === undefined) throw new DomainError('SOURCE_NOT_FOUND', 'No source of the kind views has this name. List the sources.')
    return found
  }
  return async (server) => {
    server.get('/v1/ops/sources/:name/views', {
      config: { access: 'operations.read' },
      schema: { ...common, summary: 'The views of a source and how each is read', params: Type.Object({ name }), response: { 200: pageOf(ViewBody) } }
    }, async (request) => ({
      items: views(request.params.name).map((view) => ({ ...view, notes: [...view.notes], since: writeInstant(view.since), lastAt: orNull(view.lastAt, writeInstant), comparedAt: orNull(view.comparedAt, writeInstant) })),
      next: null
    }))

    server.get('/v1/ops/sources/:name/views/:view/vanished', {
      config: { access: 'message.read' },
      schema: { ...common, summary: 'Rows that were there and are gone: nothing was deleted here, an operator asks the hospital', params: Type.Object({ name, view: name }), response: { 200: Type.Object({ count: Type.Integer(), keys: Type.Array(Type.String()) }) } }
    }, async (request) => {
      const { name: source, view } = request.params
      if (!views(source).some((one) => one.view === view)) throw new DomainError('SOURCE_NOT_FOUND', 'The source has no view of this name. List its views.')
      const { count, keys } = await vanishedRows({ source, view })
      noteAccess(request, { target: 'view', targetId: `${source}/${view}`, patientId: null, outcome: 'allowed' })
      return { count, keys: [...keys] }
    })
  }
}
