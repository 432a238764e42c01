import fc from 'fast-check'
import t from 'tap'
import type { CalendarDate } from '../../../core/clock.ts'
import type { RecordedAdvice } from '../../../core/vitals/advice-record.ts'
import { advise } from '../../../core/vitals/advise.ts'
import { chooseDoctor, type ChosenDoctor } from '../../../core/vitals/choose-doctor.ts'
import { groupsOf } from '../../../core/vitals/condition-group.ts'
import { continuityShares } from '../../../core/vitals/continuity.ts'
import { departmentFit, wantedDepartments } from '../../../core/vitals/department.ts'
import type { Finding, PersonFacts } from '../../../core/vitals/finding.ts'
import { choiceReason, recommendationReason } from '../../../core/vitals/reasons.ts'
import { bayesianMean, recommendDoctors, type Candidate, type Weights } from '../../../core/vitals/recommend-doctors.ts'
import { todaysFindings } from '../../../core/vitals/todays-findings.ts'
import { personFacts, type VisitRecord } from '../../../core/vitals/visit-record.ts'
import type { GivenVitals } from '../../../core/vitals/vitals.ts'
import { at as now, factsOf, mmHg, q, saturation } from './a-measurement.ts'

const weights: Weights = { department: 0.4, continuity: 0.25, availability: 0.2, rating: 0.1, price: 0.05 }
const daysAgo = (days: number): Date => new Date(now.getTime() - days * 86_400_000)
const findingsOn = (given: Partial<GivenVitals>): readonly Finding[] => advise(factsOf(given), { measuredAt: now, earlier: [] }).findings
const wantedOn = (given: Partial<GivenVitals>, conditions: PersonFacts['conditions'] = []): ReturnType<typeof wantedDepartments> => wantedDepartments(findingsOn(given), conditions)
const aDoctor = (practitionerId: string, given: Partial<Candidate> = {}): Candidate => ({ practitionerId, hospitalId: 'east', name: practitionerId, department: '心血管内科', active: true, availability: { kind: 'unknown' }, rating: null, priceFen: null, ...given })
let serial = 0
const aVisit = (practitionerId: string | null, days: number, ...texts: readonly string[]): VisitRecord => ({ visitId: `v${serial += 1}`, practitionerId, at: daysAgo(days), conditions: texts.map((text) => ({ code: null, system: null, text })) })
const coded = (practitionerId: string, days: number, code: string): VisitRecord => ({ ...aVisit(practitionerId, days), conditions: [{ code, system: 'http://hl7.org/fhir/sid/icd-10', text: null }] })

t.test('a finding → asks for its department [T7]', async (t) => {
  const first = (given: Partial<GivenVitals>): string | undefined => wantedOn(given)[0]?.group
  t.strictSame([
    first(mmHg(165, 95)), first(mmHg(145, 92)), first({ glucose: { ...q(8, 'mmol/L'), context: 'fasting' } }), first(saturation(93)), first({ single: { respiration: q(22, '/min') } }), first({ single: { temperature: q(38.5, 'Cel') } }),
    first({ ecg: { qt: q(480, 'ms'), ecgRate: q(60, '/min'), statement: null, leads: [] } }), first(mmHg(115, 75))
  ], ['cardiology', 'general_medicine', 'endocrinology', 'respiratory', 'respiratory', 'fever_clinic', 'cardiology', 'general_medicine'])
  t.strictSame(wantedOn(mmHg(115, 75), ['diabetes']).map(({ group, because }) => [group, because]), [['endocrinology', { kind: 'condition', group: 'diabetes' }], ['general_medicine', { kind: 'general' }]], 'so does a condition on record')
  const every = wantedOn({ ...mmHg(165, 95), glucose: { ...q(8, 'mmol/L'), context: 'fasting' } }, ['respiratory'])
  t.strictSame(['心内科一病区', '内分泌代谢科', '呼吸与危重症医学科', '全科医学科', '内科门诊', '皮肤科', 'Cardiology', 'Dermatology', null].map((name) => departmentFit(name, every)?.group ?? null),
    ['cardiology', 'endocrinology', 'respiratory', 'general_medicine', 'general_medicine', null, 'cardiology', null, null])
})

t.test('doctors are recommended [T7]', async (t) => {
  const visits = [aVisit('known', 30), aVisit('known', 100), aVisit('other', 400)]
  const doctors = [
    aDoctor('new', { availability: { kind: 'online' }, rating: { sum: 47, count: 10 }, priceFen: 5000 }),
    aDoctor('known', { availability: { kind: 'free_in', minutes: 30 }, rating: { sum: 235, count: 50 }, priceFen: 3000 }),
    aDoctor('skin', { department: '皮肤科', availability: { kind: 'online' } }),
    aDoctor('left', { active: false })
  ]
  const found = recommendDoctors(doctors, { wanted: wantedOn(mmHg(165, 95)), visits, weights, now })

  t.test('whom the person knows before who is online just now; who does not fit or has left is not listed', async (t) => {
    t.strictSame(found.map(({ candidate }) => candidate.practitionerId), ['known', 'new'])
    // Weights of the visits by a half-life of 180 days: 0.8909, 0.6804, 0.2143, so 88.0 % are the known doctor's.
    t.strictSame(found[0]?.factors.map(({ name, value, isKnown }) => [name, value, isKnown]), [['department', 1, true], ['continuity', 0.88, true], ['availability', 0.8, true], ['rating', 0.917, true], ['price', 1, true]])
    t.equal(found[0]?.score, 0.922)
    t.strictSame(found[1]?.factors.map(({ value }) => value), [1, 0, 1, 0.87, 0])
    t.equal(found[1]?.score, 0.687)
  })
  t.test('with the reason in words', async (t) => {
    t.strictSame(found.map((doctor) => recommendationReason(doctor, 'zh')), ['心血管内科适合查看今天的血压读数；您看过这位医生2次；约30分钟后有空；评价折合4.6分。', '心血管内科适合查看今天的血压读数；您还没有看过这位医生；现在在线；评价折合4.3分。'])
    t.equal(found[0] === undefined ? '' : recommendationReason(found[0], 'en'), 'Cardiology suits today\'s reading of blood pressure; you have seen this doctor 2 times; free in about 30 minutes; evaluations amount to 4.6 of 5.')
  })
  t.test('what nobody has said counts the same for all, and says so', async (t) => {
    const [plain] = recommendDoctors([aDoctor('plain')], { wanted: wantedOn(mmHg(165, 95)), visits: [], weights, now })
    t.strictSame(plain?.factors, [
      { name: 'department', value: 1, weight: 0.4, isKnown: true }, { name: 'continuity', value: 0.5, weight: 0.25, isKnown: false }, { name: 'availability', value: 0.5, weight: 0.2, isKnown: false },
      { name: 'rating', value: 0.8, weight: 0.1, isKnown: false }, { name: 'price', value: 0.5, weight: 0.05, isKnown: false }])
    t.match(plain === undefined ? '' : recommendationReason(plain, 'en'), /no visit records.*no roster.*not evaluated yet.*no price/)
  })
  t.test('evaluations of few weigh little', async (t) => {
    t.strictSame([bayesianMean({ sum: 5, count: 1 }), bayesianMean({ sum: 235, count: 50 })].map((value) => value.toFixed(3)), ['4.091', '4.583'])
  })
  t.test('the score lies between 0 and 1, the shares of continuity add up to 1, and the order does not depend on that of the doctors', async (t) => {
    const availability = fc.oneof(fc.constant({ kind: 'online' } as const), fc.constant({ kind: 'full' } as const), fc.constant({ kind: 'unknown' } as const), fc.record({ kind: fc.constant('free_in' as const), minutes: fc.integer({ min: 0, max: 20_000 }) }))
    const some = fc.uniqueArray(fc.record({ practitionerId: fc.stringMatching(/^[a-e]$/), availability, priceFen: fc.option(fc.integer({ min: 0, max: 100_000 }), { nil: null }) }), { selector: ({ practitionerId }) => practitionerId, maxLength: 5 })
    fc.assert(fc.property(some, fc.array(fc.tuple(fc.constantFrom('a', 'b', 'c'), fc.integer({ min: 0, max: 2_000 })), { maxLength: 6 }), (given, seen) => {
      const candidates = given.map(({ practitionerId, ...rest }) => aDoctor(practitionerId, rest))
      const question = { wanted: wantedOn(mmHg(165, 95)), visits: seen.map(([id, days]) => aVisit(id, days)), weights, now }
      const one = recommendDoctors(candidates, question)
      const shares = [...continuityShares(question.visits, now).values()]
      return one.every(({ score }) => score >= 0 && score <= 1) && (shares.length === 0 || Math.abs(shares.reduce((sum, share) => sum + share, 0) - 1) < 1e-9) &&
        JSON.stringify(one) === JSON.stringify(recommendDoctors([...candidates].reverse(), question))
    }), { numRuns: 200 })
    t.pass()
  })
})

t.test('a doctor is chosen out of the visit records [T8]', async (t) => {
  const heart = aDoctor('heart')
  const sugar = aDoctor('sugar', { department: '内分泌科' })
  const skin = aDoctor('skin', { department: '皮肤科' })
  const choose = (given: Partial<GivenVitals>, visits: readonly VisitRecord[], candidates: readonly Candidate[]): ChosenDoctor => chooseDoctor({ findings: findingsOn(given), visits, candidates, now })
  const chosen = (found: ChosenDoctor): string => found.kind === 'chosen' ? `${found.candidate.practitionerId} ${found.because.kind}` : found.because
  const highSugar = { glucose: { ...q(8, 'mmol/L'), context: 'fasting' as const } }

  t.test('who last saw the person for what today\'s finding is about, within a year', async (t) => {
    const visits = [aVisit('sugar', 10, '2型糖尿病'), aVisit('heart', 200, '原发性高血压'), aVisit('skin', 5, '湿疹'), aVisit('skin', 6, '湿疹'), aVisit('skin', 7, '湿疹')]
    const found = choose(mmHg(165, 95), visits, [heart, sugar, skin])
    t.equal(chosen(found), 'heart matching_condition')
    t.equal(choiceReason(found, 'zh'), '今天的血压读数与200天前的就诊（原发性高血压）有关，当时由这位医生接诊。')
    t.equal(choiceReason(found, 'en'), 'Today\'s reading of blood pressure has to do with your visit 200 days ago (原发性高血压), when this doctor saw you.')
    t.equal(chosen(choose(highSugar, visits, [heart, sugar, skin])), 'sugar matching_condition')
    t.equal(chosen(choose({ ...mmHg(185, 95), ...highSugar }, visits, [heart, sugar, skin])), 'heart matching_condition', 'the graver finding decides')
    t.equal(chosen(choose(mmHg(165, 95), [coded('heart', 20, 'I10'), coded('sugar', 10, 'E11.900')], [heart, sugar])), 'heart matching_condition', 'by ICD-10, too')
    t.equal(chosen(choose(mmHg(165, 95), [aVisit('heart', 300, '高血压'), aVisit('sugar', 100, '高血压')], [heart, sugar])), 'sugar matching_condition', 'the last one')
  })
  t.test('else the usual doctor, if of a department that takes the finding', async (t) => {
    const visits = [aVisit('heart', 400, '高血压'), aVisit('heart', 420, '高血压'), aVisit('sugar', 390, '甲状腺结节')]
    const found = choose(mmHg(165, 95), visits, [heart, sugar])
    t.equal(chosen(found), 'heart usual_doctor', 'the visit is more than a year ago')
    t.match(choiceReason(found, 'zh'), /^这是您最常看的医生：记录中看过2次/)
    t.equal(chosen(choose(mmHg(115, 75), [aVisit('skin', 10, '湿疹')], [skin])), 'skin usual_doctor', 'nothing asks for another')
    t.equal(chosen(choose(mmHg(165, 95), [aVisit('skin', 10, '湿疹')], [skin])), 'no_doctor_fits')
  })
  t.test('never one who is not in the records, has left or has no shift', async (t) => {
    t.equal(chosen(choose(mmHg(165, 95), [], [heart])), 'no_visit_names_a_doctor')
    t.equal(chosen(choose(mmHg(165, 95), [aVisit(null, 10, '高血压')], [heart])), 'no_visit_names_a_doctor')
    t.equal(chosen(choose(mmHg(165, 95), [aVisit('heart', 10, '高血压')], [{ ...heart, active: false }, sugar])), 'no_doctor_on_the_roster')
    t.equal(chosen(choose(mmHg(165, 95), [aVisit('heart', 10, '高血压')], [{ ...heart, availability: { kind: 'off' } }])), 'no_doctor_on_the_roster')
    t.match(choiceReason({ kind: 'none', because: 'no_doctor_on_the_roster' }, 'en'), /recommended doctors/)
    const anyVisit = fc.record({ practitionerId: fc.option(fc.constantFrom('heart', 'sugar', 'skin', 'gone'), { nil: null }), days: fc.integer({ min: 0, max: 900 }), text: fc.constantFrom('高血压', '糖尿病', '湿疹') })
    fc.assert(fc.property(fc.array(anyVisit, { maxLength: 8 }), fc.constantFrom<Partial<GivenVitals>>(mmHg(165, 95), highSugar, mmHg(115, 75)), (seen, given) => {
      const visits = seen.map(({ practitionerId, days, text }) => aVisit(practitionerId, days, text))
      const found = choose(given, visits, [heart, sugar, { ...skin, active: false }, aDoctor('stranger')])
      return found.kind === 'none' || (found.candidate.active && visits.some(({ practitionerId }) => practitionerId === found.candidate.practitionerId))
    }), { numRuns: 300 })
  })
})

t.test('readings that come one by one → count together for the day, of each thing the last; an alarm for an hour [T7 T8]', async (t) => {
  const advised = (minutesAgo: number, given: Partial<GivenVitals>): RecordedAdvice => {
    const measuredAt = new Date(now.getTime() - minutesAgo * 60_000)
    return { id: `g-${minutesAgo}`, patientId: 'p', hospitalId: 'east', measuredAt, derivedFrom: [], advice: advise(factsOf(given), { measuredAt, earlier: [] }) }
  }
  const today = (...recent: readonly RecordedAdvice[]): unknown => {
    const { findings, newest, alarm } = todaysFindings(recent, now)
    return [findings.map(({ ruleId, band }) => `${ruleId} ${band}`), newest?.id ?? null, alarm === null ? null : `${alarm.kind} ${alarm.basis.id}`]
  }
  const waist: Partial<GivenVitals> = { single: { waist: q(70, 'cm') } }
  t.strictSame(today(advised(1, waist), advised(2, { glucose: { ...q(8, 'mmol/L'), context: 'fasting' } }), advised(5, mmHg(165, 95))), [['waist normal', 'glucose diabetes_range', 'blood-pressure grade_2'], 'g-1', null])
  t.strictSame(today(advised(1, waist), advised(5, mmHg(190, 95))), [['waist normal', 'blood-pressure red_flag'], 'g-1', 'recheck g-5'], 'the waist does not hide it')
  t.strictSame(today(advised(1, mmHg(85, 50)), advised(8, mmHg(190, 95))), [['blood-pressure.low low', 'news2 single_three'], 'g-1', null], 'measured again it is another')
  t.strictSame(today(advised(1, { consciousness: 'alert' }), advised(8, { consciousness: 'confused' })), [['news2 single_three'], 'g-1', null])
  t.strictSame(today(advised(8, { consciousness: 'confused' })), [['consciousness confused', 'news2 single_three'], 'g-8', 'emergency g-8'])
  t.strictSame(today(advised(61, mmHg(190, 95)), advised(24 * 60 + 1, saturation(80))), [['blood-pressure red_flag'], 'g-61', null])
  t.strictSame(today(), [[], null, null])
})

t.test('conditions of the records', async (t) => {
  const group = (code: string | null, system: string | null, text: string | null = null): string => groupsOf({ code, system, text }).join(' ')
  t.strictSame([group('I10.x00', null), group('E11.9', 'http://hl7.org/fhir/sid/icd-10'), group('J44.1', null), group('O24', null), group('R50.9', null), group('L30.9', null)], ['hypertension', 'diabetes', 'respiratory', 'diabetes pregnancy', 'infection', ''])
  t.strictSame([group('38341003', 'http://snomed.info/sct'), group('44054006', 'http://snomed.info/sct'), group('1', 'http://snomed.info/sct', '支气管哮喘'), group('L30', null, '排除高血压')], ['hypertension', 'diabetes', 'respiratory', ''], 'a code says more than its text')
  t.strictSame([group(null, null, '高血压病2级'), group('BQ01', 'urn:local', '慢阻肺'), group(null, null, null)], ['hypertension', 'respiratory', ''])
  const person = { birthDate: '1977-03-02' as CalendarDate, gender: 'female', isPregnant: null } as const
  const today = '2027-03-01' as CalendarDate
  t.strictSame(personFacts(person, [coded('a', 900, 'I10'), coded('a', 100, 'O80'), coded('a', 5, 'E11')], { now, today }), { ageYears: 49, sex: 'female', isPregnant: true, conditions: ['diabetes', 'hypertension', 'pregnancy'] }, 'the birthday is tomorrow')
  t.match(personFacts(person, [coded('a', 301, 'O80')], { now, today }), { isPregnant: null, conditions: [] }, 'a pregnancy ends')
  t.match(personFacts({ ...person, isPregnant: false }, [coded('a', 100, 'O80')], { now, today }), { isPregnant: false, conditions: [] }, 'the person knows best')
})
