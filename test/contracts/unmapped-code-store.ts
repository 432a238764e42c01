import type { Test } from 'tap'
import { countCodes, type CodeResolution, type SeenCodes, type UnmappedCode } from '../../core/operations/index.ts'
import { aMessage } from '../adapters/queue/fixtures.ts'
import type { OpenStore } from './store-under-test.ts'

const at = (time: string): Date => new Date(`2026-03-02T${time}Z`)
const sex = { table: 'administrative-sex', code: '2', place: 'PID-8' }
const service = { table: 'hospital-service', code: '0301', place: 'PV1-10' }

function seen (messageId: string, given: Partial<SeenCodes> = {}): SeenCodes {
  return { source: 'east', mappingSite: 'east', messageId, at: at('01:00:00'), codes: [sex], ...given }
}

export function unmappedCodeStoreContract (t: Test, open: OpenStore): void {
  t.test('a code that tables lack → is counted by source, with its first message as sample', async (t) => {
    const { inTransaction, inReading } = await open(t)
    await inTransaction(({ unmappedCodes }) => unmappedCodes.count(countCodes([seen('m1', { codes: [sex, service] }), seen('m2', { at: at('01:00:05') })]), 10))
    await inTransaction(({ unmappedCodes }) => unmappedCodes.count(countCodes([seen('m3', { at: at('02:00:00'), codes: [{ ...sex, place: 'NK1-15' }] }), seen('m4', { source: 'west' })]), 10))
    const found = await inReading(({ unmappedCodes }) => unmappedCodes.list({}, { limit: 10, before: null }))
    t.strictSame(found.map(({ source, code, count }) => [source, code, count]), [['west', '2', 1], ['east', '0301', 1], ['east', '2', 3]])
    t.match(found[2], { mappingSite: 'east', table: 'administrative-sex', place: 'NK1-15', firstSeenAt: at('01:00:00'), lastSeenAt: at('02:00:00'), sampleMessageId: 'm1', resolution: null } satisfies Partial<UnmappedCode>)
  })

  t.test('codes beyond the room of their source → are only counted together, those known go on', async (t) => {
    const { inTransaction, inReading } = await open(t)
    const many = ['a', 'b', 'c', 'd'].map((code) => ({ ...sex, code }))
    for (const messageId of ['m1', 'm2']) await inTransaction(({ unmappedCodes }) => unmappedCodes.count(countCodes([seen(messageId, { codes: many }), seen(messageId, { source: 'west' })]), 2))
    const found = await inReading(async ({ unmappedCodes }) => ({ codes: await unmappedCodes.list({ source: 'east' }, { limit: 10, before: null }), uncounted: await unmappedCodes.uncounted() }))
    t.strictSame(found.codes.map(({ code, count }) => [code, count]), [['b', 2], ['a', 2]])
    t.strictSame(found.uncounted, [{ source: 'east', count: 4 }])
  })

  t.test('unmapped codes → are listed by source, table and state, page by page', async (t) => {
    const { inTransaction, inReading } = await open(t)
    await inTransaction(async ({ unmappedCodes, codeResolutions }) => {
      await unmappedCodes.count(countCodes([seen('m1', { codes: [sex, service] }), seen('m2', { source: 'west', codes: [service] })]), 10)
      await codeResolutions.add(aResolution())
    })
    await inReading(async ({ unmappedCodes }) => {
      const codesOf = async (...asked: Parameters<typeof unmappedCodes.list>): Promise<readonly string[]> => (await unmappedCodes.list(...asked)).map(({ source, code }) => `${source} ${code}`)
      t.strictSame(await codesOf({ source: 'east' }, { limit: 10, before: null }), ['east 0301', 'east 2'])
      t.strictSame(await codesOf({ table: 'hospital-service', state: 'open' }, { limit: 10, before: null }), ['west 0301', 'east 0301'])
      t.strictSame(await codesOf({ state: 'resolved' }, { limit: 10, before: null }), ['east 2'])
      const [newest] = await unmappedCodes.list({}, { limit: 1, before: null })
      t.strictSame(await codesOf({}, { limit: 1, before: Number(newest?.id) }), ['east 0301'])
      t.match((await unmappedCodes.list({ state: 'resolved' }, { limit: 1, before: null }))[0]?.resolution, aResolution())
      t.equal(await unmappedCodes.find('no-number'), null)
      t.equal(await unmappedCodes.find('999'), null)
      t.match(await unmappedCodes.find(newest?.id ?? ''), { source: 'west' })
    })
  })

  t.test('messages that stand still for a code → are told while they are dead, in the order they came', async (t) => {
    const { inTransaction } = await open(t)
    const failure = { code: 'MAPPING_CODE_UNKNOWN', detail: 'No table knows the code.', place: 'PID-8' }
    await inTransaction(async ({ inbox, unmappedCodes }) => {
      await inbox.receive(['m1', 'm2', 'm3', 'm4'].map((id) => aMessage({ id })))
      for (const id of ['m3', 'm1', 'm2']) {
        await inbox.markDead(id, { attempts: 1, failure })
        await unmappedCodes.hold(id, 'east', [sex])
      }
      await unmappedCodes.hold('m1', 'east', [sex])
      await unmappedCodes.hold('m4', 'west', [sex])
      await inbox.markSkipped('m2', { at: at('02:00:00'), actor: 'o1', reason: 'test' })
    })
    const held = (mappingSite: string, limit: number): Promise<readonly string[]> => inTransaction(({ unmappedCodes }) => unmappedCodes.held({ mappingSite, ...sex }, limit))
    t.strictSame([await held('east', 10), await held('east', 1), await held('west', 10), await held('north', 10)], [['m1', 'm3'], ['m1'], [], []])
  })
}

function aResolution (given: Partial<CodeResolution> = {}): Omit<CodeResolution, 'id' | 'revokedAt'> {
  return { mappingSite: 'east', table: 'administrative-sex', code: '2', to: { code: 'female', system: null, display: null }, by: 'token-1', at: at('03:00:00'), ...given }
}

export function codeResolutionStoreContract (t: Test, open: OpenStore): void {
  t.test('a resolution → stands once a code of a site, until it is revoked', async (t) => {
    const { inTransaction } = await open(t)
    await inTransaction(async ({ codeResolutions }) => {
      const revisions = [await codeResolutions.revision()]
      t.strictSame([await codeResolutions.add(aResolution()), await codeResolutions.add(aResolution({ to: { code: 'male', system: null, display: null } })), await codeResolutions.add(aResolution({ mappingSite: 'west' }))], [true, false, true])
      revisions.push(await codeResolutions.revision())
      const [first, second] = await codeResolutions.standing()
      t.match([first, second], [{ ...aResolution(), revokedAt: null }, { mappingSite: 'west' }])
      const by = { at: at('04:00:00'), actor: 'token-2' }
      t.strictSame([await codeResolutions.revoke(first?.id ?? '', by), await codeResolutions.revoke(first?.id ?? '', by)], [true, false])
      revisions.push(await codeResolutions.revision())
      t.strictSame((await codeResolutions.standing()).map(({ mappingSite }) => mappingSite), ['west'])
      t.equal(await codeResolutions.add(aResolution({ to: { code: 'male', system: 'urn:x', display: 'Male' } })), true, 'it may be resolved anew')
      revisions.push(await codeResolutions.revision())
      t.equal(new Set(revisions).size, 4, 'each change tells')
    })
  })
}
