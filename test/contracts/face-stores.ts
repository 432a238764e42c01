import type { Test } from 'tap'
import type { FaceConsent, FacePhoto, FaceTemplate } from '../../core/faces/index.ts'
import type { OpenStore } from './store-under-test.ts'

const at = (minute: number): Date => new Date(Date.UTC(2026, 2, 2, 1, minute))

function aTemplate (id: string, given: Partial<Omit<FaceTemplate, 'sequence'>> = {}): Omit<FaceTemplate, 'sequence'> {
  return { id, patientId: 'p1', hospitalId: 'east', modelId: 'm1', sealed: Buffer.from([0, 255, 1]), origin: { kind: 'his_photo', photoId: `b-${id}` }, createdAt: at(0), ...given }
}

const aConsent = (id: string, given: Partial<FaceConsent> = {}): FaceConsent => ({ id, patientId: 'p1', hospitalId: 'east', state: 'given', channel: 'app', textVersion: 'face-1', guardianPatientId: null, at: at(0), ...given })
const aPhoto = (given: Partial<FacePhoto> = {}): FacePhoto => ({ patientId: 'p1', hospitalId: 'east', photoId: 'b1', outcome: 'waiting', reasons: [], modelId: null, at: at(0), ...given })

export function faceTemplateStoreContract (t: Test, open: OpenStore): void {
  t.test('a template → is read back as it was added, once for each photo and model, as often as a terminal wants', async (t) => {
    const { inTransaction } = await open(t)
    await inTransaction(async ({ faceTemplates }) => {
      const photo = aTemplate('t1')
      const terminal = { kind: 'terminal', terminalId: 'k1' } as const
      t.ok(await faceTemplates.add(photo))
      t.notOk(await faceTemplates.add({ ...photo, id: 't1-again' }), 'the same photo, read again')
      t.ok(await faceTemplates.add({ ...photo, id: 't2', modelId: 'm2' }))
      t.strictSame([await faceTemplates.add(aTemplate('t3', { origin: terminal })), await faceTemplates.add(aTemplate('t4', { origin: terminal }))], [true, true])
      const [found] = await faceTemplates.find(['t1', 'nothing'])
      t.strictSame({ ...found, sequence: 0, sealed: Buffer.from(found?.sealed ?? []) }, { ...photo, sequence: 0 })
      await faceTemplates.reseal('t1', Buffer.from([9]))
      t.strictSame(Buffer.from((await faceTemplates.find(['t1']))[0]?.sealed ?? []), Buffer.from([9]))
      t.strictSame((await faceTemplates.ofPatients(['p1', 'p2'])).map(({ id, origin }) => [id, origin.kind]), [['t1', 'his_photo'], ['t2', 'his_photo'], ['t3', 'terminal'], ['t4', 'terminal']])
    })
  })

  t.test('an index that follows → meets each template of its model once, in order, and hears what was dropped', async (t) => {
    const { inTransaction } = await open(t)
    await inTransaction(async ({ faceTemplates }) => {
      for (const template of [aTemplate('t1'), aTemplate('t2', { modelId: 'm2' }), aTemplate('t3', { patientId: 'p2' })]) await faceTemplates.add(template)
      const first = await faceTemplates.after(0, { modelId: 'm1', limit: 1 })
      const rest = await faceTemplates.after(first[0]?.sequence ?? 0, { modelId: 'm1', limit: 10 })
      t.strictSame([first, rest].map((page) => page.map(({ id }) => id)), [['t1'], ['t3']])
      const before = await faceTemplates.lastDrop()
      t.strictSame([await faceTemplates.drop(['t1', 'nothing'], at(1)), await faceTemplates.drop(['t1'], at(2))], [['t1'], []])
      t.strictSame((await faceTemplates.dropsAfter(before, 10)).map(({ templateId }) => templateId), ['t1'])
      await faceTemplates.forgetDrops(at(2))
      t.strictSame([await faceTemplates.dropsAfter(before, 10), await faceTemplates.find(['t1'])], [[], []])
      await faceTemplates.add(aTemplate('t4'))
      const [newest] = await faceTemplates.after(rest[0]?.sequence ?? 0, { modelId: 'm1', limit: 10 })
      t.equal(newest?.id, 't4', 'a place is never given again')
    })
  })

  t.test('templates → are counted by person and by model, and tell when their owner was last known by them', async (t) => {
    const { inTransaction } = await open(t)
    await inTransaction(async ({ faceTemplates, patients }) => {
      const patient = { id: 'p1', hospitalId: 'east', personId: 'p1', name: null, birthDate: null, gender: null, active: true, identifiers: [] }
      await patients.save(patient)
      await patients.save({ ...patient, id: 'p2' })
      for (const template of [aTemplate('t1'), aTemplate('t2', { patientId: 'p2' }), aTemplate('t3', { patientId: 'p3', modelId: 'm2' })]) await faceTemplates.add(template)
      t.equal(await faceTemplates.countPersons(), 2, 'two records of one person, and one whose record is not there yet')
      t.strictSame(await faceTemplates.countModels(), [{ modelId: 'm1', templates: 2 }, { modelId: 'm2', templates: 1 }])
      await faceTemplates.noteMatched(['p2'], at(9))
      const listed = await faceTemplates.list(0, 2)
      t.strictSame([...listed, ...await faceTemplates.list(listed[1]?.sequence ?? 0, 2)].map(({ id, matchedAt }) => [id, matchedAt]), [['t1', null], ['t2', at(9)], ['t3', null]])
    })
  })
}

export function faceConsentStoreContract (t: Test, open: OpenStore): void {
  t.test('a consent → is kept once, and the newest of some records comes first', async (t) => {
    const { inTransaction } = await open(t)
    await inTransaction(async ({ faceConsents }) => {
      const [old, guarded, newest] = [aConsent('c1'), aConsent('c2', { patientId: 'p2', channel: 'his', textVersion: null, guardianPatientId: 'p9', at: at(1) }), aConsent('c3', { state: 'withdrawn', channel: 'desk', at: at(2) })]
      for (const consent of [newest, old, guarded, old]) await faceConsents.add(consent)
      t.strictSame(await faceConsents.ofPatients(['p1', 'p2']), [newest, guarded, old])
      await faceConsents.add(aConsent('c4', { at: at(2) }))
      t.equal((await faceConsents.ofPatients(['p1']))[0]?.id, 'c4', 'of one instant, what was said last')
      t.strictSame(await faceConsents.counts(), { given: 2, withdrawn: 0, records: 0 })
    })
  })

  t.test('a tombstone → keeps the newest instant of its keys', async (t) => {
    const { inTransaction } = await open(t)
    await inTransaction(async ({ faceConsents }) => {
      t.equal(await faceConsents.withdrawnAt(['k1']), null)
      await faceConsents.addTombstones(['k1', 'k2', 'k1'], at(5))
      await faceConsents.addTombstones(['k1'], at(3))
      await faceConsents.addTombstones(['k2'], at(7))
      t.strictSame([await faceConsents.withdrawnAt(['k1']), await faceConsents.withdrawnAt(['k1', 'k2']), await faceConsents.withdrawnAt(['k3']), await faceConsents.withdrawnAt([])], [at(5), at(7), null, null])
    })
  })
}

export function facePhotoStoreContract (t: Test, open: OpenStore): void {
  t.test('a photo → is listed with what became of it, newest first, until it is dropped', async (t) => {
    const { inTransaction } = await open(t)
    await inTransaction(async ({ facePhotos }) => {
      const blurred = aPhoto({ photoId: 'b2', outcome: 'unusable', reasons: ['blurred'], modelId: 'm1' })
      for (const photo of [aPhoto(), blurred, aPhoto({ patientId: 'p2', hospitalId: 'west', outcome: 'not_allowed', reasons: ['no_consent'] })]) await facePhotos.save(photo)
      await facePhotos.save(aPhoto({ outcome: 'enrolled', modelId: 'm1', at: at(4) }))
      const found = async (filter: Partial<Parameters<typeof facePhotos.list>[0]>, page = { limit: 10, offset: 0 }): Promise<readonly string[]> =>
        (await facePhotos.list({ outcome: null, hospitalId: null, ...filter }, page)).map(({ patientId, photoId, outcome }) => `${patientId} ${photoId} ${outcome}`)
      t.strictSame(await found({}), ['p2 b1 not_allowed', 'p1 b2 unusable', 'p1 b1 enrolled'])
      t.strictSame([await found({ outcome: 'unusable' }), await found({ hospitalId: 'west' }), await found({}, { limit: 1, offset: 1 })], [['p1 b2 unusable'], ['p2 b1 not_allowed'], ['p1 b2 unusable']])
      t.strictSame([await facePhotos.find(blurred), await facePhotos.find({ patientId: 'p2', photoId: 'b2' })], [blurred, null])
      t.strictSame(await facePhotos.counts(), { waiting: 0, enrolled: 1, not_allowed: 1, unusable: 1, expired: 0 })
      await facePhotos.drop([{ patientId: 'p1', photoId: 'b1' }, { patientId: 'p1', photoId: 'nothing' }])
      t.strictSame(await facePhotos.ofPatients(['p1']), [blurred])
    })
  })
}
