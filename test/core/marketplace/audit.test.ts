import fc from 'fast-check'
import t from 'tap'
import type { CalendarDate } from '../../../core/clock.ts'
import { anaesthetistOf } from '../../../core/marketplace/anaesthesia.ts'
import { auditStates, decideAudit, newAudit, type AuditCase, type AuditEvent, type AuditState } from '../../../core/marketplace/audit-case.ts'
import { isCreditCode } from '../../../core/marketplace/credit-code.ts'
import { findingsOf, isAuditedEdit, type Doctor } from '../../../core/marketplace/doctor.ts'
import { mayView, scopeOf, type Viewer } from '../../../core/marketplace/visibility.ts'

const at = new Date('2027-03-01T12:00:00+08:00')
const owner = { by: 'owner', personId: null }
const [reviewer, second] = [{ by: 'reviewer', personId: null }, { by: 'second', personId: null }]
const rules = { auditByTwo: false, at }
const events: readonly AuditEvent[] = [
  { kind: 'submit', findings: [] }, { kind: 'change', findings: [] }, { kind: 'take' }, { kind: 'approve', reason: null, accepted: [] },
  { kind: 'reject', reason: 'why' }, { kind: 'suspend', reason: 'why' }, { kind: 'resume', reason: 'why' }, { kind: 'revoke', reason: 'why' }
]
const inState = (state: AuditState): AuditCase => ({ ...newAudit('doctor', 'd1'), state, submittedBy: 'owner' })

t.test('an audit [M3]', async (t) => {
  t.test('goes from state to state by this table and no other', async (t) => {
    const table: Readonly<Record<AuditState, Readonly<Record<string, AuditState>>>> = {
      draft: { submit: 'submitted', change: 'draft' },
      submitted: { change: 'submitted', take: 'under_review' },
      under_review: { change: 'submitted', approve: 'approved', reject: 'rejected', revoke: 'revoked' },
      approved: { change: 'changed', suspend: 'suspended', revoke: 'revoked' },
      rejected: { submit: 'submitted', change: 'rejected' },
      changed: { change: 'changed', take: 'under_review', revoke: 'revoked' },
      suspended: { resume: 'approved', revoke: 'revoked' },
      revoked: {}
    }
    for (const state of auditStates) {
      for (const event of events) {
        const expected = table[state][event.kind]
        const step = (): AuditCase => decideAudit(inState(state), event, event.kind === 'submit' || event.kind === 'change' ? owner : reviewer, rules)
        if (expected === undefined) t.throws(step, { code: 'AUDIT_STATE_REFUSED' }, `${state} × ${event.kind}`)
        else t.equal(step().state, expected, `${state} × ${event.kind}`)
      }
    }
  })

  t.test('is taken up and decided by somebody else than who handed it in, and where two are asked for by two', async (t) => {
    const submitted = decideAudit(newAudit('doctor', 'd1'), { kind: 'submit', findings: [] }, owner, rules)
    t.throws(() => decideAudit(submitted, { kind: 'take' }, owner, rules), { code: 'DECISION_NEEDS_ANOTHER_PERSON' })
    t.throws(() => decideAudit(submitted, { kind: 'take' }, { by: 'other', personId: 'd1' }, rules), { code: 'DECISION_NEEDS_ANOTHER_PERSON' }, 'nor by the doctor in another role')
    const taken = decideAudit(submitted, { kind: 'take' }, reviewer, rules)
    const approve: AuditEvent = { kind: 'approve', reason: null, accepted: [] }
    t.equal(decideAudit(taken, approve, reviewer, rules).state, 'approved')
    t.throws(() => decideAudit(taken, approve, reviewer, { ...rules, auditByTwo: true }), { code: 'DECISION_NEEDS_ANOTHER_PERSON' })
    t.match(decideAudit(taken, approve, second, { ...rules, auditByTwo: true }), { state: 'approved', takenBy: 'reviewer', decidedBy: 'second', wasApproved: true })
  })

  t.test('is approved with a finding only where that was accepted by name and with a reason', async (t) => {
    const taken: AuditCase = { ...inState('under_review'), findings: ['licence_under_three_years'] }
    t.throws(() => decideAudit(taken, { kind: 'approve', reason: 'seen', accepted: ['evidence_missing'] }, reviewer, rules), { code: 'AUDIT_FINDING_OPEN', reasons: ['licence_under_three_years'] })
    t.throws(() => decideAudit(taken, { kind: 'approve', reason: null, accepted: ['licence_under_three_years'] }, reviewer, rules), { code: 'REQUEST_INVALID' })
    t.equal(decideAudit(taken, { kind: 'approve', reason: 'seen', accepted: ['licence_under_three_years'] }, reviewer, rules).state, 'approved')
  })

  t.test('in whatever order things happen → refuses without change, and nothing is approved that nobody took up', async () => {
    fc.assert(fc.property(fc.array(fc.constantFrom(...events), { maxLength: 40 }), (happened) => {
      let audit = newAudit('doctor', 'd1')
      for (const event of happened) {
        const before = audit
        try {
          audit = decideAudit(audit, event, event.kind === 'submit' || event.kind === 'change' ? owner : reviewer, rules)
          if (audit.version !== before.version + 1) return false
          if (audit.state === 'approved' && event.kind === 'approve' && before.takenBy === null) return false
        } catch {
          if (audit !== before) return false
        }
      }
      return true
    }), { numRuns: 500 })
  })
})

const aDoctor = (given: Partial<Doctor> = {}): Doctor => ({
  id: 'd1', accountId: 'a1', name: '沈示例', hospitalId: 'east', employer: '东湖医院', staffNumber: null, title: '主任医师', licenceNumber: '110110000009001', licensedOn: '2015-07-01' as CalendarDate,
  specialty: 'anaesthesia', phone: 'sealed', phoneTail: '0001', introduction: '', registeredAt: at, changedAt: at, ...given
})

t.test('a doctor\'s papers [M3]', async (t) => {
  const seen = { known: null, hasEvidence: true, today: '2027-03-01' as CalendarDate }
  t.test('show what a reviewer has to look at', async (t) => {
    t.strictSame(findingsOf(aDoctor(), seen), [])
    t.strictSame(findingsOf(aDoctor({ licensedOn: '2024-03-02' as CalendarDate }), seen), ['licence_under_three_years'])
    t.strictSame(findingsOf(aDoctor({ licensedOn: '2024-02-29' as CalendarDate }), seen), [], 'three years of practice (D6)')
    t.strictSame(findingsOf(aDoctor({ hospitalId: null, licenceNumber: 'A-1' }), { ...seen, known: { name: '沈另名' }, hasEvidence: false }), ['name_differs_at_hospital', 'employer_unknown', 'evidence_missing', 'licence_form_unusual'])
  })

  t.test('go back to review when name, employer, title or licence change, and not for phone or introduction', async (t) => {
    for (const edit of [{ name: 'x' }, { hospitalId: 'west' }, { employer: 'x' }, { title: 'x' }, { licenceNumber: 'x' }, { licensedOn: '2016-01-01' as CalendarDate }, { specialty: 'other' as const }]) t.ok(isAuditedEdit(aDoctor(), aDoctor(edit)))
    for (const edit of [{ phone: 'x', phoneTail: '0002' }, { introduction: 'x' }]) t.notOk(isAuditedEdit(aDoctor(), aDoctor(edit)))
  })
})

t.test('a unified social credit code → is checked by GB 32100; one wrong or two exchanged characters are found [M3]', async (t) => {
  const known = '91350100M000100Y43'
  t.ok(isCreditCode(known))
  for (const wrong of ['', '91350100M000100Y4', '91350100M000100Y433', '91350100M000100Y4O', '91350100m000100y43']) t.notOk(isCreditCode(wrong))
  const characters = [...'0123456789ABCDEFGHJKLMNPQRTUWXY']
  fc.assert(fc.property(fc.nat(17), fc.constantFrom(...characters), (place, character) => {
    const changed = known.slice(0, place) + character + known.slice(place + 1)
    return isCreditCode(changed) === (changed === known)
  }), { numRuns: 600 })
  for (let place = 0; place < 17; place += 1) {
    const exchanged = known.slice(0, place) + known.charAt(place + 1) + known.charAt(place) + known.slice(place + 2)
    t.equal(isCreditCode(exchanged), exchanged === known, exchanged)
  }
})

t.test('who may see a doctor → is the same for one and for a list [M4 M5 acc:TM-09]', async () => {
  const hospitals = fc.constantFrom('east', 'west', 'third')
  const viewers: fc.Arbitrary<Viewer> = fc.oneof(
    fc.constant<Viewer>({ kind: 'platform' }), fc.constant<Viewer>({ kind: 'nobody' }),
    fc.record({ kind: fc.constant('patient' as const), admittedTo: fc.array(hospitals, { maxLength: 2 }) }),
    fc.record({ kind: fc.constant('hospital' as const), hospitalId: hospitals, seesAll: fc.boolean() }),
    fc.record({ kind: fc.constant('doctor' as const), doctorId: fc.constantFrom('d1', 'd2', null) })
  )
  const doctors = fc.record({ id: fc.constantFrom('d1', 'd2'), hospitalId: fc.option(hospitals), specialty: fc.constantFrom('anaesthesia' as const, 'other' as const) })
  fc.assert(fc.property(viewers, doctors, (viewer, doctor) => {
    const scope = scopeOf(viewer)
    const isListed = scope !== null && (scope.hospitalIds === null || (doctor.hospitalId !== null && scope.hospitalIds.includes(doctor.hospitalId))) && (scope.doctorId === null || scope.doctorId === doctor.id) &&
      (!scope.onlyAnaesthesia || doctor.specialty === 'anaesthesia' || (scope.wholeHospitalId !== null && doctor.hospitalId === scope.wholeHospitalId))
    const isOfPatient = viewer.kind !== 'patient' || !mayView(doctor, viewer) || (doctor.specialty === 'anaesthesia' && viewer.admittedTo.includes(doctor.hospitalId ?? ''))
    return isListed === mayView(doctor, viewer) && isOfPatient
  }), { numRuns: 2_000 })
})

t.test('an anaesthesia → counts for whom the hospital names, once it is done [M6]', async (t) => {
  const facts = { id: 'p1', status: 'completed', codes: ['00.00'], anaesthetistId: 'd1', performerId: 'surgeon', performedAt: at }
  t.equal(anaesthetistOf(facts), 'd1')
  t.equal(anaesthetistOf({ ...facts, anaesthetistId: null }), null, 'a surgeon gives none')
  t.equal(anaesthetistOf({ ...facts, anaesthetistId: null, codes: ['399097000', 'http://snomed.info/sct|399097000'], performerId: 'd2' }), 'd2')
  t.equal(anaesthetistOf({ ...facts, status: 'entered-in-error' }), null)
})
