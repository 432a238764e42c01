import fc from 'fast-check'
import t from 'tap'
import type { CalendarDate } from '../../../core/clock.ts'
import type { FaceConsent, FaceQuality, PictureRead } from '../../../core/faces/index.ts'
import { mayProcessFace, type FaceFacts } from '../../../core/faces/may-process.ts'
import { faultsOfPhoto } from '../../../core/faces/enrol-photo.ts'
import { photoIdsOf } from '../../../core/faces/queue-photos.ts'

const today = '2026-03-02' as CalendarDate
const at = (day: number): Date => new Date(Date.UTC(2026, 0, day))
const aConsent = (given: Partial<FaceConsent> = {}): FaceConsent => ({ id: 'c', patientId: 'p1', hospitalId: 'east', state: 'given', channel: 'his', textVersion: null, guardianPatientId: null, at: at(1), ...given })
const basis = { hospitalId: 'east', basis: 'a rule of the city' }
const told = (facts: Partial<FaceFacts>): string => {
  const answer = mayProcessFace({ consents: [], tombstoneAt: null, birthDate: '1990-03-15' as CalendarDate, basis: null, ...facts }, today)
  return `${answer.may ? 'yes' : 'no'}: ${answer.because}`
}

t.test('a face', async (t) => {
  t.test('of whom nobody asked → is read only where the hospital relies on a law, and then not of a child or of somebody whose age is not known', async (t) => {
    t.equal(told({}), 'no: no_consent')
    t.equal(told({ basis }), 'yes: legal_basis')
    t.equal(told({ basis, birthDate: null }), 'no: birth_date_needed')
    t.equal(told({ basis, birthDate: '2012-03-03' as CalendarDate }), 'no: guardian_needed', 'fourteen tomorrow')
    t.equal(told({ basis, birthDate: '2012-03-02' as CalendarDate }), 'yes: legal_basis', 'fourteen today')
  })

  t.test('of a child → by the consent of a guardian only, which a later flag of the hospital does not undo', async (t) => {
    const birthDate = '2019-06-01' as CalendarDate
    t.equal(told({ birthDate, consents: [aConsent()] }), 'no: guardian_needed')
    const guarded = aConsent({ channel: 'desk', guardianPatientId: 'p9' })
    t.equal(told({ birthDate, consents: [guarded] }), 'yes: consent')
    t.equal(told({ birthDate, consents: [aConsent({ at: at(9) }), guarded] }), 'yes: consent')
    t.equal(told({ birthDate, consents: [aConsent({ at: at(9) }), aConsent({ state: 'withdrawn', at: at(5) }), guarded] }), 'no: guardian_needed', 'what was withdrawn in between is gone')
  })

  t.test('whose owner the hospital says does not consent → is not read, on whatever basis, until it says otherwise', async (t) => {
    const refused = aConsent({ state: 'withdrawn', at: at(5) })
    t.equal(told({ basis, consents: [refused, aConsent()] }), 'no: withdrawn')
    t.equal(told({ consents: [aConsent({ at: at(6) }), refused] }), 'yes: consent')
  })

  t.test('whose owner withdrew here → no hospital brings it back; they themselves do', async (t) => {
    const withdrawn = aConsent({ state: 'withdrawn', channel: 'app', at: at(5) })
    t.equal(told({ basis, tombstoneAt: at(5), consents: [aConsent({ at: at(8) }), withdrawn] }), 'no: withdrawn')
    t.equal(told({ basis, tombstoneAt: at(5), consents: [] }), 'no: withdrawn', 'also where the record of the words is gone')
    t.equal(told({ tombstoneAt: at(5), consents: [aConsent({ channel: 'terminal', at: at(7) }), withdrawn] }), 'yes: consent')
    t.equal(told({ tombstoneAt: at(5), consents: [aConsent({ state: 'withdrawn', at: at(9) }), aConsent({ channel: 'terminal', at: at(7) }), withdrawn] }), 'no: withdrawn')
  })

  t.test('under a tombstone → is never read by words of hospitals alone, however many', async () => {
    const words = fc.array(fc.record({ state: fc.constantFrom('given' as const, 'withdrawn' as const), day: fc.integer({ min: 1, max: 300 }), guardian: fc.boolean() }), { maxLength: 8 })
    fc.assert(fc.property(words, fc.boolean(), (said, hasBasis) => {
      const consents = said.map(({ state, day, guardian }) => aConsent({ state, at: at(day), guardianPatientId: guardian ? 'p9' : null })).sort((one, other) => other.at.getTime() - one.at.getTime())
      return told({ consents, tombstoneAt: at(150), basis: hasBasis ? basis : null }) === 'no: withdrawn'
    }))
  })
})

t.test('a photo', async (t) => {
  const quality: FaceQuality = { detectionScore: 0.95, faces: 1, isDominant: true, eyeDistancePx: 44, yaw: 3, pitch: 0, roll: 1, sharpness: 200, brightness: 120, contrast: 50, eyesOpen: 0.9 }
  const read = (given: Partial<FaceQuality> = {}): PictureRead => ({ kind: 'face', template: new Float32Array(2), quality: { ...quality, ...given }, livenessScore: 0.9 })

  t.test('of an archive → may be smaller than a terminal\'s; what else is wrong is told', async (t) => {
    t.strictSame([faultsOfPhoto(read(), 40), faultsOfPhoto(read(), 60)], [[], ['too_far']])
    t.strictSame(faultsOfPhoto(read({ detectionScore: 0.7, isDominant: false, yaw: -25, sharpness: 5, brightness: 20, eyesOpen: 0.1 }), 40), ['no_face', 'several_faces', 'blurred', 'too_dark', 'turned_away', 'eyes_closed'])
    t.strictSame([faultsOfPhoto({ kind: 'no_face' }, 40), faultsOfPhoto({ kind: 'unreadable' }, 40)], [['no_face'], ['unreadable']])
  })

  t.test('among several of a record → the two newest count, those elsewhere do not', async (t) => {
    const photo = [{ url: 'Binary/a', creation: '2020-01-01' }, { url: 'https://his.example/photo.jpg', creation: '2026-01-01' }, { url: 'Binary/b' }, { url: 'Binary/c', creation: '2024-01-01' }]
    t.strictSame(photoIdsOf({ resourceType: 'Patient', photo }), ['c', 'a'])
    t.strictSame(photoIdsOf({ resourceType: 'Patient' }), [])
  })
})
