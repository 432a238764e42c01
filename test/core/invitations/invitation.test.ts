import fc from 'fast-check'
import t from 'tap'
import { DomainError } from '../../../core/errors.ts'
import { decideComplaint, decideInvitation, hasSeat, invitationStates, mayHappenIn, type Complaint, type ComplaintCommand, type Invitation, type InvitationCommand } from '../../../core/invitations/index.ts'
import { anInvitation, invitationSettings as settings, monday } from '../../fixtures/invitations.ts'

const later = (hours: number, from = monday): Date => new Date(from.getTime() + hours * 3_600_000)
const step = (invitation: Invitation, command: InvitationCommand, at = later(1)): Invitation => decideInvitation(invitation, command, { settings, at })
const accepted = (): Invitation => step(anInvitation({ state: 'negotiating', paidAt: monday }), { kind: 'accept' })

t.test('an invitation', async (t) => {
  t.test('goes from the payment to the evaluation, each step with the time for the next one [M7 M8]', async (t) => {
    const paid = step(anInvitation(), { kind: 'pay' })
    t.match(paid, { state: 'paid', paidAt: later(1), dueAt: null })
    const offered = step(paid, { kind: 'offer' })
    t.match(offered, { state: 'offered', dueFor: 'answer', dueAt: later(24) })
    const negotiating = step(offered, { kind: 'talk' }, later(2))
    t.match(negotiating, { state: 'negotiating', dueFor: 'negotiate', dueAt: later(24) }, 'nobody agrees after the time has begun')
    const agreed = step(negotiating, { kind: 'accept' }, later(3))
    t.match(agreed, { state: 'accepted', dueFor: 'perform', dueAt: later(72, agreed.endsAt ?? monday) })
    const performed = step(agreed, { kind: 'perform' }, later(25))
    t.match(performed, { state: 'performed', dueFor: 'confirm', dueAt: later(25 + 7 * 24) })
    const settled = step(step(performed, { kind: 'confirm' }), { kind: 'settle' })
    t.match(step(settled, { kind: 'evaluate' }), { state: 'evaluated', dueAt: null })
  })

  t.test('of another hospital → waits for the approval of the doctor\'s own one first (D2)', async (t) => {
    const waiting = step(anInvitation({ state: 'paid', needsApproval: true }), { kind: 'offer' })
    t.match(waiting, { state: 'home_hospital_approval', dueFor: 'approve' })
    t.throws(() => step(waiting, { kind: 'accept' }), { code: 'INVITATION_STATE_REFUSED' })
    t.match(step(waiting, { kind: 'approve' }), { state: 'negotiating' })
    t.match(step(waiting, { kind: 'refuse', reason: 'needed here' }), { state: 'declined', reason: 'needed here' })
  })

  t.test('with nobody\'s word in time → ends, and the reason says which [M10]', async (t) => {
    const overdue = (state: Invitation['state'], dueFor: Invitation['dueFor']): Invitation => step(anInvitation({ state, dueFor, dueAt: monday, paidAt: monday }), { kind: 'time_out' })
    t.match(overdue('draft', 'pay'), { state: 'expired', reason: 'not_paid' })
    t.match(overdue('offered', 'answer'), { state: 'expired', reason: 'no_answer' })
    t.match(overdue('home_hospital_approval', 'approve'), { state: 'expired', reason: 'no_approval' })
    t.match(overdue('negotiating', 'negotiate'), { state: 'expired', reason: 'no_agreement' })
    t.match(overdue('performed', 'confirm'), { state: 'confirmed' }, 'the payer\'s silence is consent')
    t.throws(() => step(anInvitation({ dueAt: later(2), dueFor: 'pay' }), { kind: 'time_out' }), { code: 'INVITATION_NOT_NOW' })
  })

  t.test('of which nobody says that it was performed → is asked for three times, then the money goes back [M10]', async (t) => {
    let asked = accepted()
    for (const asks of [1, 2, 3]) {
      asked = step(asked, { kind: 'time_out' }, asked.dueAt ?? monday)
      t.match(asked, { state: 'accepted', asks })
    }
    t.match(step(asked, { kind: 'time_out' }, asked.dueAt ?? monday), { state: 'not_provided', reason: 'nobody_said_so' })
  })

  t.test('is cancelled before its time; from then on it was provided or it was not', async (t) => {
    const agreed = accepted()
    t.match(step(agreed, { kind: 'cancel', reason: 'postponed' }, later(23)), { state: 'cancelled' })
    t.throws(() => step(agreed, { kind: 'cancel', reason: 'late' }, later(24)), { code: 'INVITATION_NOT_NOW' })
    t.throws(() => step(agreed, { kind: 'not_provided', by: 'payer', reason: 'absent' }, later(23)), { code: 'INVITATION_NOT_NOW' })
    t.match(step(agreed, { kind: 'not_provided', by: 'payer', reason: 'absent' }, later(24)), { state: 'not_provided' })
    t.match(step(agreed, { kind: 'not_provided', by: 'doctor', reason: 'ill' }, later(2)), { state: 'not_provided' })
    t.throws(() => step(agreed, { kind: 'perform' }, later(23)), { code: 'INVITATION_NOT_NOW' })
  })

  t.test('that the doctor calls performed and the payer does not → is decided by the platform', async (t) => {
    const contested = step(anInvitation({ state: 'performed', paidAt: monday }), { kind: 'not_provided', by: 'payer', reason: 'nobody came' })
    t.match(contested, { state: 'contested', dueAt: null })
    t.match(step(contested, { kind: 'rule', wasProvided: true, reason: 'protocol seen' }), { state: 'confirmed' })
    t.match(step(contested, { kind: 'rule', wasProvided: false, reason: 'no protocol' }), { state: 'not_provided' })
    t.match(step(contested, { kind: 'confirm' }), { state: 'confirmed' }, 'the payer may give in')
  })

  const commands: fc.Arbitrary<InvitationCommand> = fc.constantFrom<InvitationCommand>(
    { kind: 'pay' }, { kind: 'offer' }, { kind: 'miss', reason: 'x' }, { kind: 'lose', reason: 'x' }, { kind: 'approve' }, { kind: 'refuse', reason: 'x' }, { kind: 'talk' }, { kind: 'accept' }, { kind: 'decline', reason: 'x' },
    { kind: 'cancel', reason: 'x' }, { kind: 'perform' }, { kind: 'not_provided', by: 'doctor', reason: 'x' }, { kind: 'not_provided', by: 'payer', reason: 'x' }, { kind: 'confirm' }, { kind: 'rule', wasProvided: true, reason: 'x' },
    { kind: 'rule', wasProvided: false, reason: 'x' }, { kind: 'settle' }, { kind: 'evaluate' }, { kind: 'time_out' })

  t.test('whatever happens in whatever order → refused steps change nothing, an end is an end, and what has ended has no seat and nothing due [M7 M10]', async () => {
    const ends: readonly Invitation['state'][] = ['declined', 'expired', 'not_provided', 'cancelled', 'evaluated']
    fc.assert(fc.property(fc.array(fc.tuple(commands, fc.integer({ min: 0, max: 100 })), { maxLength: 30 }), fc.boolean(), (steps, needsApproval) => {
      let invitation = anInvitation({ needsApproval })
      let at = monday
      for (const [command, hours] of steps) {
        at = later(hours, at)
        const before = invitation
        try {
          invitation = decideInvitation(before, command, { settings, at })
        } catch (error) {
          if (!(error instanceof DomainError)) return false
          if (invitation !== before) return false
          continue
        }
        if (ends.includes(before.state) || !mayHappenIn[command.kind].includes(before.state)) return false
        if (ends.includes(invitation.state) && invitation.dueAt !== null) return false
        if (['declined', 'expired', 'not_provided', 'cancelled'].includes(invitation.state) && (hasSeat(invitation) || invitation.endedAt === null)) return false
      }
      return invitationStates.includes(invitation.state)
    }), { numRuns: 5_000 })
  })
})

t.test('a complaint', async (t) => {
  const open: Complaint = {
    id: 'c', invitationId: 'i', hospitalId: 'east', doctorId: 'd', payer: { kind: 'person', patientId: 'anna' }, words: 'late', state: 'open', by: 'anna', openedAt: monday,
    takenBy: null, findings: null, decidedBy: null, decidedAt: null, reason: null, appeal: null
  }
  const change = (complaint: Complaint, command: ComplaintCommand, by: string, at = monday): Complaint => decideComplaint(complaint, command, { by, at })
  const found = change(change(open, { kind: 'take' }, 'support'), { kind: 'note', findings: 'arrived at ten' }, 'support')
  const upheld = change(found, { kind: 'decide', isUpheld: true, reason: 'an hour late' }, 'reviewer')
  const appealed = change(upheld, { kind: 'appeal', words: 'the theatre was closed', appealDays: 15 }, 'doctor', later(15 * 24))

  t.test('is looked into by one and decided by another person [M14]', async (t) => {
    t.throws(() => change(open, { kind: 'decide', isUpheld: true, reason: 'x' }, 'reviewer'), { code: 'COMPLAINT_STATE_REFUSED' })
    t.throws(() => change(change(open, { kind: 'take' }, 'support'), { kind: 'decide', isUpheld: true, reason: 'x' }, 'reviewer'), { code: 'COMPLAINT_STATE_REFUSED' }, 'nothing was found out')
    t.throws(() => change(found, { kind: 'decide', isUpheld: true, reason: 'x' }, 'support'), { code: 'DECISION_NEEDS_ANOTHER_PERSON' })
    t.match(upheld, { state: 'upheld', decidedBy: 'reviewer' })
    t.match(change(found, { kind: 'decide', isUpheld: false, reason: 'x' }, 'reviewer'), { state: 'dismissed' })
  })

  t.test('that was upheld → may be appealed against for fifteen days, once, and a third person decides', async (t) => {
    t.throws(() => change(upheld, { kind: 'appeal', words: 'x', appealDays: 15 }, 'doctor', later(15 * 24 + 1)), { code: 'COMPLAINT_APPEAL_OVER' })
    t.throws(() => change(appealed, { kind: 'decide_appeal', isOverturned: true, reason: 'x' }, 'reviewer'), { code: 'DECISION_NEEDS_ANOTHER_PERSON' })
    t.match(change(appealed, { kind: 'decide_appeal', isOverturned: true, reason: 'so it was' }, 'reviewer2'), { state: 'overturned', appeal: { decision: 'overturned' } })
    const kept = change(appealed, { kind: 'decide_appeal', isOverturned: false, reason: 'it was open' }, 'reviewer2')
    t.match(kept, { state: 'upheld', appeal: { decision: 'kept' } })
    t.throws(() => change(kept, { kind: 'appeal', words: 'again', appealDays: 15 }, 'doctor'), { code: 'COMPLAINT_STATE_REFUSED' })
  })
})

