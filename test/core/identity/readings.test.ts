import { createHmac, randomUUID } from 'node:crypto'
import fc from 'fast-check'
import t, { type Test } from 'tap'
import type { Stores } from '../../../adapters/store/index.ts'
import { fictitiousResidentId } from '../../../adapters/simulators/hospital/resident-id.ts'
import type { CalendarDate } from '../../../core/clock.ts'
import { personalCode, readIdentity, readPersonalCode, registerPatient, savePatient, tie, type HisLookup, type IdentityRead, type Patient, type ReadIdentity, type TokenReader } from '../../../core/identity/index.ts'
import type { RecordChange } from '../../../core/records/index.ts'
import { freshStore } from '../../fixtures/store.ts'

const mac = (text: string): string => createHmac('sha256', 'key').update(text).digest('hex')
const patientId = '018f3c2e-1111-4222-8333-444455556666'
const now = new Date('2027-03-01T08:00:00+08:00')
const after = (ms: number): Date => new Date(now.getTime() + ms)

t.test('a personal code', async (t) => {
  t.test('counts in its own step and the next, and in no other', async (t) => {
    fc.assert(fc.property(fc.uuid(), fc.integer({ min: 0, max: 29_999 }), fc.integer({ min: -90_000, max: 150_000 }), (id, within, later) => {
      const shownAt = after(within)
      const { code, changesAt } = personalCode(id, shownAt, mac)
      const readAt = new Date(shownAt.getTime() + later)
      const lag = Math.floor(readAt.getTime() / 30_000) - Math.floor(shownAt.getTime() / 30_000)
      t.strictSame(readPersonalCode(code, readAt, mac)?.patientId ?? null, lag === 0 || lag === 1 ? id : null)
      t.ok(changesAt > shownAt && changesAt.getTime() - shownAt.getTime() <= 30_000)
    }))
  })
  t.test('any other character, or another key → is no code [I-46]', async (t) => {
    const { code } = personalCode(patientId, now, mac)
    fc.assert(fc.property(fc.integer({ min: 0, max: code.length - 1 }), fc.constantFrom(...'0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ:'), (place, character) => {
      const changed = code.slice(0, place) + character + code.slice(place + 1)
      t.equal(readPersonalCode(changed, now, mac) === null, changed !== code)
    }))
    t.equal(readPersonalCode(code, now, (text) => mac(`other ${text}`)), null)
  })
  t.test('fits a QR code of version 4: at most 90 capital letters and digits', async (t) => {
    t.match(personalCode(patientId, new Date('2200-01-01'), mac).code, /^[0-9A-Z:]{1,90}$/)
  })
})

const residentId = fictitiousResidentId('1979-12-01', 312, 'male')
const oid = 'urn:oid:2.16.156.10011.1.3'

function aPatient (id: string, given: Partial<Patient> = {}): Omit<Patient, 'sequence'> {
  return { id, hospitalId: 'east', personId: id, name: '宋示例', birthDate: '1979-12-01' as CalendarDate, gender: 'male', active: true, identifiers: [{ system: 'urn:yiqiao:hospital:east:MR', value: 'E1', type: 'MR' }, { system: oid, value: residentId, type: 'NI' }], ...given }
}

interface Desk {
  readonly read: (kind: ReadIdentity['kind'], value: string, given?: Partial<ReadIdentity>) => Promise<IdentityRead>
  readonly store: Awaited<ReturnType<typeof freshStore>>
  readonly asked: Array<readonly string[]>
}

async function aDesk (t: Test, { answers = 'unknown', tokens = null, tells }: { readonly answers?: 'found' | 'unknown' | 'unavailable', readonly tokens?: TokenReader | null, readonly tells?: Omit<Patient, 'sequence'> } = {}): Promise<Desk> {
  const store = await freshStore(t)
  const asked: Array<readonly string[]> = []
  const his: HisLookup = { find: async (hospitalId, forms) => {
    asked.push([hospitalId, ...forms.map(({ type, value }) => `${type} ${value}`)])
    if (tells !== undefined) await store.inTransaction(({ patients }) => patients.save(tells))
    return answers
  } }
  const deps = { ...store, his, tokens, codeMac: mac, sealed: (text: string) => `sealed:${text}`, stableId: (...parts: readonly string[]) => `${createHmac('sha256', '').update(parts.join('/')).digest('hex').slice(0, 32)}`, ids: { next: randomUUID } }
  return { store, asked, read: (kind, value, given = {}) => readIdentity<Stores>(deps, { kind, value, hospitalId: 'east', tokenId: 't1', ...given }, { now, realNow: now }) }
}

t.test('a document that is read', async (t) => {
  t.test('of a patient of this hospital → is that patient, and the reading is kept for ten minutes', async (t) => {
    const { read, store, asked } = await aDesk(t)
    await store.inTransaction(({ patients }) => patients.save(aPatient('e1')))
    for (const [kind, value] of [['resident_id', residentId], ['patient_card', ' E1 '], ['resident_id', residentId.slice(0, 6) + residentId.slice(8, 17)]] as const) {
      const found = await read(kind, value)
      t.match(found, { kind: 'known', patient: { id: 'e1' }, reading: { kind, tokenId: 't1', hospitalId: 'east', patientId: 'e1', unknownIdentifier: null, expiresAt: after(600_000) } })
      t.strictSame(found.kind === 'known' ? await store.inReading(({ readings }) => readings.find(found.reading.id)) : null, found.kind === 'known' ? found.reading : 'nobody')
    }
    t.strictSame(asked, [])
  })
  t.test('of nobody here → is asked for, and what the hospital tells is found', async (t) => {
    const { read, asked } = await aDesk(t, { answers: 'found', tells: aPatient('e1') })
    t.match(await read('resident_id', residentId), { kind: 'known', patient: { id: 'e1' } })
    t.strictSame(asked, [['east', `NI ${residentId}`, `NI ${residentId.slice(0, 6)}${residentId.slice(8, 17)}`]])
  })
  t.test('of somebody whom the hospital does not know either → is a file to be made; of a patient elsewhere that is told', async (t) => {
    const { read, store } = await aDesk(t)
    const nobody = await read('resident_id', residentId)
    t.match(nobody, { kind: 'unknown', elsewhere: null, birthYear: '1979', reading: { unknownIdentifier: /^sealed:/ } })
    await store.inTransaction(({ patients }) => patients.save(aPatient('w1', { hospitalId: 'west' })))
    const again = await read('resident_id', residentId)
    t.match(again, { kind: 'unknown', elsewhere: { id: 'w1' } })
    t.equal(again.kind === 'unknown' && nobody.kind === 'unknown' && again.reading.patientId, nobody.kind === 'unknown' ? nobody.reading.patientId : '', 'the same file, at whichever terminal')
  })
  t.test('where the hospital cannot be asked, or told what does not hold → nobody can say', async (t) => {
    t.strictSame(await (await aDesk(t, { answers: 'unavailable' })).read('resident_id', residentId), { kind: 'unavailable' })
    t.strictSame(await (await aDesk(t, { answers: 'found' })).read('resident_id', residentId), { kind: 'unavailable' })
  })
  t.test('that is an insurance credential → is whom the platform says', async (t) => {
    const tokens: TokenReader = { read: async (token) => token === 'EC:1' ? { residentId } : null }
    const { read, store } = await aDesk(t, { tokens })
    await store.inTransaction(({ patients }) => patients.save(aPatient('e1')))
    t.match(await read('insurance_token', 'EC:1'), { kind: 'known', patient: { id: 'e1' } })
    await t.rejects(read('insurance_token', 'EC:2'), { code: 'REQUEST_INVALID', place: 'value' })
    await t.rejects((await aDesk(t)).read('insurance_token', 'EC:1'), { code: 'REQUEST_INVALID', place: 'kind' })
  })
  t.test('that is a code → is any record of the person, once for each token', async (t) => {
    const { read, store } = await aDesk(t)
    await store.inTransaction(async ({ patients }) => {
      await patients.save(aPatient(patientId, { hospitalId: 'west', personId: patientId }))
      await patients.save(aPatient('e1', { personId: patientId }))
    })
    const { code } = personalCode(patientId, now, mac)
    t.match(await read('qr', code), { kind: 'known', patient: { id: 'e1' } })
    await t.rejects(read('qr', code), { code: 'REQUEST_INVALID', place: 'value' })
    t.match(await read('qr', code, { tokenId: 't2' }), { kind: 'known' })
    t.match(await read('qr', code, { tokenId: 't3', hospitalId: 'north' }), { kind: 'unknown', elsewhere: { id: patientId } }, 'at a hospital where the person never was')
  })
  t.test('that is no document → is refused without repeating it', async (t) => {
    const { read } = await aDesk(t)
    for (const [kind, value] of [['resident_id', '123'], ['qr', 'YQP:1'], ['resident_id', `${residentId.slice(0, 17)}${residentId.endsWith('1') ? '2' : '1'}`]] as const) {
      const refused = await read(kind, value).catch((error: unknown) => error as Error)
      t.match(refused, { code: 'REQUEST_INVALID' })
      t.notMatch((refused as Error).message, value)
    }
  })
})

t.test('a file that we made', async (t) => {
  const { read, store } = await aDesk(t)
  const unknown = await read('resident_id', residentId)
  if (unknown.kind !== 'unknown') throw new Error('nobody is known yet')
  const taken: RecordChange[] = []
  const make = async (given: object = {}): Promise<{ readonly patientId: string }> => store.inReading(({ patients }) => registerPatient(
    { patients, takeIn: async (changes) => { taken.push(...changes) }, stableId: (...parts) => createHmac('sha256', '').update(parts.join('/')).digest('hex').slice(0, 32), opened: (text) => text.slice('sealed:'.length) },
    { reading: unknown.reading, name: '诸葛明样', birthDate: '1979-12-01' as CalendarDate, gender: 'male', phone: null, by: 'desk:t1', ...given }, now))

  t.test('says what the document says, or is refused', async (t) => {
    await t.rejects(make({ birthDate: '1979-12-02' }), { code: 'REQUEST_INVALID', place: 'birthDate' })
    await t.rejects(make({ gender: 'female' }), { code: 'REQUEST_INVALID', place: 'gender' })
    await t.rejects(make({ phone: 'x' }), { code: 'REQUEST_INVALID', place: 'phone' })
    t.strictSame(taken, [])
    t.strictSame(await make(), { patientId: unknown.reading.patientId })
    t.match(taken, [{ isOurs: true, resource: {
      resourceType: 'Patient', id: unknown.reading.patientId, identifier: [{ system: 'urn:yiqiao:placer', value: /^YQ/ }, { system: oid, value: residentId }], name: [{ text: '诸葛明样', family: '诸葛', given: ['明样'] }], birthDate: '1979-12-01'
    } }])
  })
  t.test('and the record that the hospital then numbers → are one person; two records of the hospital\'s own are not tied', async (t) => {
    const file = aPatient('file', { identifiers: [{ system: 'urn:yiqiao:placer', value: 'YQ0000000000001', type: 'PI' }, { system: oid, value: residentId, type: 'NI' }] })
    const numbered = aPatient('numbered')
    const twice = aPatient('twice', { identifiers: [{ system: 'urn:yiqiao:hospital:east:MR', value: 'E2', type: 'MR' }, { system: oid, value: residentId, type: 'NI' }] })
    const personOf = await store.inTransaction(async ({ patients }) => {
      for (const patient of [file, numbered, twice]) {
        const { touched } = await savePatient({ patients, ids: { next: randomUUID } }, { patient, replacedBy: [], because: 'test' }, now)
        await tie({ patients }, touched)
      }
      return Promise.all(['file', 'numbered'].map(async (id) => (await patients.find(id))?.personId))
    })
    t.strictSame(personOf, ['file', 'file'])
    t.strictSame((await store.inReading(({ patients }) => patients.links(['numbered']))).map(({ fromId, toId }) => `${fromId} ${toId}`), ['file numbered'])
  })
})
