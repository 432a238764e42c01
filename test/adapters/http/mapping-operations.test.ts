import { randomUUID } from 'node:crypto'
import path from 'node:path'
import t from 'tap'
import { describeMessage } from '../../../adapters/hl7v2/index.ts'
import type { Stores } from '../../../adapters/store/index.ts'
import { mappingOperations } from '../../../app/compose/mapping-routes.ts'
import { composeMappings, type ComposedMappings } from '../../../app/compose/mappings.ts'
import { messageTranslator, textTranslator, translatingAnew } from '../../../app/compose/translate.ts'
import { composeUnmappedCodes, type UnmappedCodes } from '../../../app/compose/unmapped-codes.ts'
import { applyMessages, replayMessages, type ApplyMessage } from '../../../core/inbox/index.ts'
import { mappingOf } from '../../mappings/mapping-of.ts'
import { aMessage } from './a-hospital.ts'
import { as, aServer, businessNow, type AServer } from './a-server.ts'

const mappingsDir = path.resolve(import.meta.dirname, '../../../mappings')
const stableId = (...parts: readonly string[]): string => Buffer.from(parts.join('|')).toString('hex').slice(-60)
const clock = { now: () => businessNow }

/** A node of the service, as far as it maps: its own running tables over a store that nodes may share. */
interface Node {
  readonly mappings: ComposedMappings
  readonly codes: UnmappedCodes
  /** Applies what waits; answers id and status of all messages, the oldest first. */
  readonly applyAll: () => Promise<readonly string[]>
}

async function aNode (t: { readonly teardown: (work: () => unknown) => unknown }, { store }: Pick<AServer, 'store'>): Promise<Node> {
  const mappings = await composeMappings({ mappingsDir, sites: [] })
  const codes = composeUnmappedCodes({ store, clock, siteOf: () => 'base', reload: mappings.reload, fault: () => () => undefined })
  t.teardown(codes.stop)
  const translate = translatingAnew(messageTranslator(textTranslator({ ...mappings, stableId, zone: 'Asia/Shanghai' }), () => 'base'), mappings.reload)
  const apply: ApplyMessage<Stores> = async (stores, message) => {
    const { version, changes, notes, unmapped } = await translate(message, stores)
    return { mappingVersion: version, produced: changes.map(({ resource }) => `${resource.resourceType}/${resource.id}`), notes, unmapped }
  }
  return {
    mappings,
    codes,
    applyAll: async () => {
      const queued = await store.inReading(({ inbox }) => inbox.queued(0, 100))
      await applyMessages({ inTransaction: store.inTransaction, apply, clock, wallClock: clock, random: () => 0, noteApplied: codes.noteApplied, noteDead: codes.noteDead }, queued)
      await codes.settle()
      return (await store.inReading(({ inbox }) => inbox.list({}, { limit: 100, before: null }))).map(({ id, status, replayOf }) => `${replayOf === null ? id : `replay of ${replayOf}`} ${status}`).reverse()
    }
  }
}

/** The server with real tables behind it. */
async function aMappingServer (t: { readonly teardown: (work: () => unknown) => unknown }): Promise<AServer & { readonly node: Node, readonly operator: { readonly authorization: string } }> {
  let operations: ReturnType<typeof mappingOperations> | null = null
  const behind = (): ReturnType<typeof mappingOperations> => {
    if (operations === null) throw new Error('the server was asked before it stood')
    return operations
  }
  const service = await aServer(t, (deps) => ({
    ...deps,
    v1: {
      ...deps.v1,
      mappings: () => behind().mappings(),
      mappingTables: (site) => behind().mappingTables(site),
      tryMapping: (site, text) => behind().tryMapping(site, text),
      resolveCode: (command) => behind().resolveCode(command),
      revokeResolution: (command) => behind().revokeResolution(command)
    }
  }))
  const { store } = service
  const node = await aNode(t, service)
  const replay = { ...store, clock, ids: { next: () => randomUUID() }, notify: () => undefined, describe: ({ raw }: { readonly raw: Uint8Array }) => describeMessage(raw, { charset: 'utf8', keyRule: 'control_id', hospitalId: 'east', zoneOffset: () => 480 }) }
  operations = mappingOperations({ store, mappings: node.mappings, stableId, zone: 'Asia/Shanghai', hospitalOf: () => 'east', clock, wallClock: clock, replayMessages: (command) => replayMessages(replay, command) })
  return { ...service, node, operator: as(await service.tokenOf('operator')) }
}

const text = (id: string, sex: string, service = ''): string => `MSH|^~\\&|HIS|EAST|||20270301080000||ADT^A04|${id}|P|2.5.1\rPID|1||P${id}^^^HIS^MR||Musterfrau^Anna||19900102|${sex}\rPV1|1|O||||||||${service}|||||||||V${id}\r`

async function arrive ({ store }: Pick<AServer, 'store'>, ...messages: ReadonlyArray<readonly [id: string, text: string]>): Promise<void> {
  await store.inTransaction(({ inbox }) => inbox.receive(messages.map(([id, raw]) => aMessage(id, { raw: Buffer.from(raw), lanes: [id] }))))
}

t.test('a code that no table knows', async (t) => {
  const service = await aMappingServer(t)
  const { server, node, operator, store } = service
  const list = async (query = ''): Promise<ReadonlyArray<Record<string, unknown>>> => (await server.inject({ url: `/v1/ops/unmapped-codes${query}`, headers: operator })).json().items
  const resolve = (id: unknown, payload: object) => server.inject({ method: 'POST', url: `/v1/ops/unmapped-codes/${String(id)}/resolve`, headers: operator, payload })
  await arrive(service, ['1', text('1', '2')], ['2', text('2', 'F', '0301')], ['3', text('3', '2', '0301')], ['4', text('4', 'F', '0301')])
  t.strictSame(await node.applyAll(), ['1 dead', '2 applied', '3 dead', '4 applied'])

  t.test('→ is counted by source, whether its messages were refused or went on', async (t) => {
    const codes = await list()
    t.strictSame(codes.map(({ source, table, code, place, count, state }) => [source, table, code, place, count, state]).sort(), [
      ['east', 'administrative-sex', '2', 'PID-8', 2, 'open'], ['east', 'hospital-service', '0301', 'PV1-10', 2, 'open']
    ])
    t.strictSame((await list('?table=hospital-service&state=open&source=east')).map(({ code }) => code), ['0301'])
    t.strictSame(await list('?state=resolved'), [])
  })

  const [sex] = await list('?table=administrative-sex')

  t.test('→ can only mean what its element allows', async (t) => {
    const refused = await resolve(sex?.['id'], { code: 'weiblich' })
    t.match([refused.statusCode, refused.json()], [422, { code: 'UNMAPPED_CODE_TARGET_INVALID', detail: /male, female, other, unknown/ }])
    t.equal((await resolve('999', { code: 'female' })).json().code, 'UNMAPPED_CODE_NOT_FOUND')
  })

  t.test('resolved by an operator → is read at once, and the messages that stood still for it are applied', async (t) => {
    const before = node.mappings.sites.get('base')?.version
    const answer = await resolve(sex?.['id'], { code: 'female' })
    t.match([answer.statusCode, answer.json()], [200, { resolved: { code: 'female', system: null, display: null }, requeued: 2 }])
    t.strictSame(await node.applyAll(), ['1 skipped', '2 applied', '3 skipped', '4 applied', 'replay of 1 applied', 'replay of 3 applied'])
    const after = node.mappings.sites.get('base')?.version
    t.not(after, before)
    t.strictSame((await store.inReading(({ inbox }) => inbox.list({ replayOf: '1' }, { limit: 1, before: null }))).map(({ mappingVersion }) => mappingVersion), [after], 'the message tells which tables read it')
    t.match(await list('?state=resolved'), [{ id: sex?.['id'], resolution: { code: 'female' } }])
    const table = (await server.inject({ url: '/v1/ops/mappings/base/code-tables/administrative-sex?limit=200', headers: operator })).json()
    t.match(table.items.find(({ code }: { code: string }) => code === '2'), { to: { code: 'female' }, origin: 'operator', file: null })
    t.match(table.items.find(({ code }: { code: string }) => code === 'F'), { origin: 'base' })
  })

  t.test('resolved the same once more → changes nothing; otherwise → is refused', async (t) => {
    t.match((await resolve(sex?.['id'], { code: 'female' })).json(), { requeued: 0 })
    t.match((await resolve(sex?.['id'], { code: 'male' })).json(), { code: 'UNMAPPED_CODE_ALREADY_RESOLVED', status: 409 })
  })

  t.test('on another node that has not heard of it → is read too, before the message is refused', async (t) => {
    const other = await aNode(t, service)
    await arrive(service, ['5', text('5', '2')])
    t.ok((await other.applyAll()).includes('5 applied'))
  })

  t.test('whose meaning is revoked → is unknown again', async (t) => {
    const revoke = () => server.inject({ method: 'POST', url: `/v1/ops/unmapped-codes/${String(sex?.['id'])}/revoke`, headers: operator, payload: {} })
    t.strictSame((await revoke()).json(), { id: sex?.['id'], state: 'open' })
    t.equal((await revoke()).json().code, 'UNMAPPED_CODE_NOT_RESOLVED')
    await arrive(service, ['6', text('6', '2')])
    t.ok((await node.applyAll()).includes('6 dead'))
    t.match(await list('?state=open&table=administrative-sex'), [{ count: 3, resolution: null }])
    t.match((await resolve(sex?.['id'], { code: 'other' })).json(), { requeued: 1 }, 'and may be given another meaning')
  })

  t.test('→ is in the audit by its id alone, and in no log', async (t) => {
    await server.close()
    const audit = await store.inReading(({ audit }) => audit.list({}, { limit: 50, before: null }))
    t.ok(audit.some(({ target, targetId, action }) => target === 'unmapped-code' && targetId === sex?.['id'] && action === 'operate'))
    t.notMatch(service.logged.join('\n'), /0301|Musterfrau/)
  })
})

t.test('a message that is tried', async (t) => {
  const { server, operator, store, tokenOf } = await aMappingServer(t)
  const attempt = (inputData: string, headers = operator, site = 'base') => server.inject({ method: 'POST', url: `/v1/ops/mappings/${site}/try`, headers, payload: { inputData, inputDataType: 'Hl7v2' } })

  t.test('→ shows what it would make, and for each element the row that made it; nothing is stored', async (t) => {
    const answer = await attempt(text('1', 'F', '0301').replaceAll('\r', '\n'), as(await tokenOf('integrator', { organizationId: 'east' })))
    t.equal(answer.statusCode, 200)
    const { resources, rows, header, unmapped, version } = answer.json()
    const patient = resources.find(({ resource }: { resource: { resourceType: string } }) => resource.resourceType === 'Patient').resource
    t.match(patient, { gender: 'female', identifier: [{ system: 'urn:yiqiao:hospital:east:MR' }] })
    t.match(rows.find(({ resource, element }: Record<string, string>) => resource === `Patient/${String(patient.id)}` && element === 'gender'), { file: 'segments/pid-patient.json', isSite: false, from: 'PID-8', as: 'code', table: 'administrative-sex' })
    t.strictSame([header.resourceType, unmapped, typeof version], ['MessageHeader', [{ table: 'hospital-service', code: '0301', place: 'PV1-10' }], 'string'])
    t.not(patient.id, stableId('east', 'Patient', 'P1'), 'ids are not those of records')
    t.strictSame(await store.inReading(({ inbox }) => inbox.list({}, { limit: 1, before: null })), [])
  })

  t.test('and refused → names code, place and row', async (t) => {
    t.match((await attempt(text('1', '2'))).json(), { status: 422, code: 'MAPPING_CODE_UNKNOWN', place: 'PID-8', row: { file: 'segments/pid-patient.json', isSite: false } })
    t.match((await attempt('this is none')).json(), { code: 'MESSAGE_MALFORMED', row: undefined })
    t.match((await attempt(text('1', 'F'), operator, 'nowhere')).json(), { status: 404, code: 'MAPPING_SITE_UNKNOWN' })
  })

  t.test('and made to something that R4 refuses → names the row that made the element', async (t) => {
    const sites = new Map([['base', mappingOf({ segments: { 'pid-patient': [{ to: 'gender', from: 'PID-8' }] } })]])
    const mappings = { ...await composeMappings({ mappingsDir, sites: [] }), sites }
    const { tryMapping } = mappingOperations({ store, mappings, stableId, zone: 'Asia/Shanghai', hospitalOf: () => 'east', clock, wallClock: clock, replayMessages: async () => [] })
    t.throws(() => tryMapping('base', text('1', 'weiblich')), { code: 'MAPPING_OUTPUT_INVALID', place: 'Patient.gender', cause: { row: { file: 'sites/trial/segments/pid-patient.json', row: 1, isSite: true } } })
  })
})

t.test('the tables of a site → are shown with the place of each row, by message, file and page', async (t) => {
  const { server, operator } = await aMappingServer(t)
  const get = async (url: string) => (await server.inject({ url, headers: operator })).json()
  t.match(await get('/v1/ops/mappings'), { items: [{ site: 'base' }], next: null })
  const first = await get('/v1/ops/mappings/base?limit=2')
  const second = await get(`/v1/ops/mappings/base?limit=2&cursor=${String(first.next)}`)
  t.strictSame([first.items.length, second.items.length], [2, 2])
  t.notSame(first.items, second.items)
  const ofVisit = await get('/v1/ops/mappings/base?message=ADT%5EA04&file=pid-patient&limit=200')
  t.ok(ofVisit.items.every(({ file }: { file: string }) => file === 'segments/pid-patient.json'))
  t.match(ofVisit.items.find(({ to }: { to: string }) => to === 'gender'), { reads: 'PID-8 as code by administrative-sex', definition: { from: 'PID-8', as: 'code' }, isSite: false })
  t.ok(ofVisit.messages.every(({ serves }: { serves: readonly string[] }) => serves.includes('ADT^A04')))
  t.strictSame([(await get('/v1/ops/mappings/nowhere')).code, (await get('/v1/ops/mappings/base/code-tables/none')).code], ['MAPPING_SITE_UNKNOWN', 'MAPPING_TABLE_UNKNOWN'])
})

t.test('a message that is refused while its code is being resolved → is applied again, not left behind', async (t) => {
  const service = await aMappingServer(t)
  const { store, node, operator } = service
  await arrive(service, ['first', text('first', '9')])
  t.strictSame(await node.applyAll(), ['first dead'])
  const [code] = await store.inReading(({ unmappedCodes }) => unmappedCodes.list({}, { limit: 1, before: null }))
  await arrive(service, ['second', text('second', '9')])
  const queued = await store.inReading(({ inbox }) => inbox.queued(0, 10))
  const old = await composeMappings({ mappingsDir, sites: [] })
  const refusing = messageTranslator(textTranslator({ ...old, stableId, zone: 'Asia/Shanghai' }), () => 'base')
  const resolved = await service.server.inject({ method: 'POST', url: `/v1/ops/unmapped-codes/${code?.id ?? ''}/resolve`, headers: operator, payload: { code: 'other' } })
  t.match(resolved.json(), { requeued: 1 })
  const settled = await applyMessages({
    inTransaction: store.inTransaction, clock, wallClock: clock, random: () => 0, noteDead: node.codes.noteDead,
    apply: async (_stores, message) => {
      const { version, notes } = refusing(message)
      return { mappingVersion: version, produced: [], notes }
    }
  }, queued)
  t.strictSame(settled, [{ id: 'second', kind: 'again' }])
  t.strictSame(await node.applyAll(), ['first skipped', 'second applied', 'replay of first applied'])
})
