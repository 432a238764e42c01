import { Type, type FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { DomainError } from '../../../core/errors.ts'
import { describeCodeTable, describeRows, type ResolvedTables, type RowOrigin, type UnmappedCode } from '../../../mappings/index.ts'
import { noteAccess } from '../access.ts'
import { nullable, oneOf, pageByOffset, pageOf, PageQuery } from '../wire.ts'

export interface MappingRoutesDeps {
  /** The tables in force. */
  readonly mappings: () => readonly MappingState[]
  readonly mappingTables: (site: string) => ResolvedTables | undefined
  /** Maps a text as a message for the site and stores nothing. Refuses with MESSAGE_* and MAPPING_*. */
  readonly tryMapping: (site: string, text: string) => TriedMapping
}

export interface MappingState {
  readonly site: string
  readonly version: string
}

type Element = Readonly<Record<string, unknown>>

export interface TriedMapping {
  readonly version: string
  readonly header: Element
  /** In the order they would be applied; one resource may be told twice, weakly and firmly. */
  readonly resources: ReadonlyArray<{ readonly resource: Element, readonly weak: boolean, readonly removed: readonly string[] }>
  readonly notes: readonly string[]
  readonly unmapped: readonly UnmappedCode[]
  readonly rows: readonly RowOrigin[]
}

/** A message to try is text that somebody pastes; pictures go to $convert-data. */
const largestTried = 2 * 1_048_576
const common = { tags: ['operations'], 'x-requirements': ['K-12'] }
const reading = { access: 'mapping.operate' } as const
const Site = Type.String({ maxLength: 100 })
const Json = Type.Record(Type.String(), Type.Unknown())
const place = { file: Type.String({ description: 'below MAPPINGS_DIR, or its base/' }), row: Type.Integer({ description: 'from 1' }), isSite: Type.Boolean({ description: 'the site\'s own, else the base\'s' }) }
const UnmappedBody = Type.Object({ table: Type.String(), code: Type.String(), place: Type.String() })
const OriginBody = Type.Object({
  resource: Type.String({ description: '`Type/id`' }),
  element: Type.String({ description: 'e.g. `name[0]`' }),
  ...place,
  from: nullable(Type.String({ description: 'the place in the message; null: a constant, a default or a reference' })),
  as: nullable(Type.String({ description: 'converter' })),
  table: nullable(Type.String({ description: 'code table' }))
})
const TriedBody = Type.Object({
  version: Type.String(),
  header: Json,
  resources: Type.Array(Type.Object({ resource: Json, weak: Type.Boolean(), removed: Type.Array(Type.String()) })),
  notes: Type.Array(Type.String()),
  unmapped: Type.Array(UnmappedBody),
  rows: Type.Array(OriginBody)
})
const RowBody = Type.Object({ ...place, to: Type.String(), reads: Type.String({ description: 'the row in one line' }), definition: Json })
const MessageTableBody = Type.Object({
  table: Type.String(),
  isSite: Type.Boolean(),
  serves: Type.Array(Type.String()),
  resources: Type.Array(Type.Object({ alias: Type.String(), resource: Type.String(), per: Type.String(), weak: Type.Boolean(), rows: Type.Array(Type.String()) }))
})
const SiteBody = Type.Object({ site: Type.String(), version: Type.String(), messages: Type.Array(MessageTableBody), items: Type.Array(RowBody), next: nullable(Type.String({ description: 'cursor of the next page of rows' })) })
const origins = ['base', 'site', 'operator'] as const
const CodeBody = Type.Object({ code: Type.String(), to: Type.Object({ code: Type.String(), system: nullable(Type.String()), display: nullable(Type.String()) }), origin: oneOf(origins), file: nullable(Type.String()) })

export function mappingRoutes (deps: MappingRoutesDeps): FastifyPluginAsyncTypebox {
  const { mappings } = deps
  const tablesOf = (site: string): ResolvedTables => {
    const tables = deps.mappingTables(site)
    if (tables === undefined) throw new DomainError('MAPPING_SITE_UNKNOWN', 'No source uses the tables of this site. List the mappings.')
    return tables
  }
  return async (server) => {
    await server.register(tryRoute(deps))

    server.get('/v1/ops/mappings', {
      config: { access: 'operations.read' },
      schema: { ...common, summary: 'The mapping tables in force', response: { 200: pageOf(Type.Object({ site: Type.String(), version: Type.String() })) } }
    }, async () => ({ items: mappings().map(({ site, version }) => ({ site, version })), next: null }))

    server.get('/v1/ops/mappings/:site', {
      config: reading,
      schema: {
        ...common, summary: 'The tables of a site: what serves which message, and each row with where it stands', params: Type.Object({ site: Site }),
        querystring: Type.Object({ ...PageQuery, file: Type.Optional(Type.String({ maxLength: 100, description: 'e.g. pid-patient' })), message: Type.Optional(Type.String({ maxLength: 20, description: 'e.g. ADT^A04' })) }, { additionalProperties: false }),
        response: { 200: SiteBody }
      }
    }, async (request) => {
      const { site } = request.params
      const { file, message, ...page } = request.query
      const tables = tablesOf(site)
      const found = describeRows(tables, message).filter((row) => file === undefined || row.file.endsWith(`/${file}.json`))
      const { rows, next } = await pageByOffset(page, async ({ offset, limit }) => found.slice(offset, offset + limit))
      return { site, version: mappings().find((each) => each.site === site)?.version ?? '', messages: messagesOf(tables, message), items: rows.map(({ definition, ...row }) => ({ ...row, definition: { ...definition } })), next }
    })

    server.get('/v1/ops/mappings/:site/code-tables/:table', {
      config: reading,
      schema: {
        ...common, summary: 'A code table of a site in force, each code with who gave it', params: Type.Object({ site: Site, table: Type.String({ maxLength: 100 }) }),
        querystring: Type.Object(PageQuery, { additionalProperties: false }), response: { 200: pageOf(CodeBody) }
      }
    }, async (request) => {
      const found = describeCodeTable(tablesOf(request.params.site), request.params.table)
      if (found === undefined) throw new DomainError('MAPPING_TABLE_UNKNOWN', 'The site has no code table of this name. Look at the rows of its tables.', 'table')
      const { rows, next } = await pageByOffset(request.query, async ({ offset, limit }) => found.slice(offset, offset + limit))
      return { items: rows.map(({ code, to, origin, file }) => ({ code, to: { code: to.code, system: to.system ?? null, display: to.display ?? null }, origin, file })), next }
    })
  }
}

function tryRoute ({ tryMapping }: MappingRoutesDeps): FastifyPluginAsyncTypebox {
  return async (server) => {
    server.post('/v1/ops/mappings/:site/try', {
      bodyLimit: largestTried,
      config: { access: 'message.convert' },
      schema: {
        ...common, summary: 'Maps a pasted message by the tables of a site, and tells for each element the row that made it; stores nothing',
        description: 'Ids are not those of stored records, so that nobody learns from a number which record has it. A refusal names the row where there is one.',
        params: Type.Object({ site: Site }),
        body: Type.Object({ inputData: Type.String({ minLength: 8, description: 'the message; segments may end with a new line' }), inputDataType: Type.Literal('Hl7v2') }, { additionalProperties: false }),
        response: { 200: TriedBody }
      }
    }, async (request) => {
      const { site } = request.params
      noteAccess(request, { action: 'operate', target: 'mapping', targetId: null, patientId: null, outcome: 'allowed' })
      const { version, header, resources, notes, unmapped, rows } = tryMapping(site, request.body.inputData.replaceAll(/\r?\n/g, '\r'))
      return {
        version,
        header: { ...header },
        resources: resources.map(({ resource, weak, removed }) => ({ resource: { ...resource }, weak, removed: [...removed] })),
        notes: [...notes],
        unmapped: unmapped.map((code) => ({ ...code })),
        rows: rows.map((row) => ({ ...row }))
      }
    })
  }
}

function messagesOf ({ messages }: ResolvedTables, type: string | undefined) {
  return messages.filter(({ table }) => type === undefined || table.serves.includes(type)).map(({ table, isSite }) => ({
    table: table.table,
    isSite,
    serves: [...table.serves],
    resources: table.resources.map(({ alias, resource, per, weak, rows }) => ({ alias: alias ?? resource, resource, per, weak: weak === true, rows: [...rows] }))
  }))
}
