import { DomainError } from '../errors.ts'
import { hasSeat, type Invitation, type InvitationDue, type InvitationState } from './invitation.ts'
import { dayMs, minuteMs, type InvitationSettings } from './settings.ts'

export type InvitationCommand =
  | { readonly kind: 'pay' }
  /** It has the doctor's time and is shown to the doctor, or to the doctor's hospital first. */
  | { readonly kind: 'offer' }
  /** The time was given away before it was paid; what comes in goes back by itself. */
  | { readonly kind: 'miss', readonly reason: string }
  /** The hospital has closed the time, or it has begun with nobody's word. */
  | { readonly kind: 'lose', readonly reason: string }
  | { readonly kind: 'approve' }
  | { readonly kind: 'refuse', readonly reason: string }
  /** The doctor's first word. */
  | { readonly kind: 'talk' }
  | { readonly kind: 'accept' }
  | { readonly kind: 'decline', readonly reason: string }
  | { readonly kind: 'cancel', readonly reason: string }
  | { readonly kind: 'perform' }
  | { readonly kind: 'not_provided', readonly by: 'doctor' | 'payer', readonly reason: string }
  | { readonly kind: 'confirm' }
  /** The platform's word on a service that the doctor says was given and the payer that it was not. */
  | { readonly kind: 'rule', readonly wasProvided: boolean, readonly reason: string }
  | { readonly kind: 'settle' }
  | { readonly kind: 'evaluate' }
  /** What was due at `dueAt` has not come. */
  | { readonly kind: 'time_out' }

type Of<Kind extends InvitationCommand['kind']> = Extract<InvitationCommand, { readonly kind: Kind }>
interface Circumstances {
  readonly settings: InvitationSettings
  readonly at: Date
}
type Change = Partial<Invitation> & Pick<Invitation, 'state'>
type Decider<Kind extends InvitationCommand['kind']> = (invitation: Invitation, command: Of<Kind>, around: Circumstances) => Change

/** From which states each thing may happen (domain §1.4). */
export const mayHappenIn: Readonly<Record<InvitationCommand['kind'], readonly InvitationState[]>> = {
  pay: ['draft'],
  offer: ['paid'],
  miss: ['draft'],
  lose: ['offered', 'home_hospital_approval', 'negotiating', 'accepted'],
  approve: ['home_hospital_approval'],
  refuse: ['home_hospital_approval'],
  talk: ['offered'],
  accept: ['offered', 'negotiating'],
  decline: ['offered', 'negotiating'],
  cancel: ['draft', 'paid', 'offered', 'home_hospital_approval', 'negotiating', 'accepted'],
  perform: ['accepted'],
  not_provided: ['accepted', 'performed'],
  confirm: ['performed', 'contested'],
  rule: ['contested'],
  settle: ['confirmed'],
  evaluate: ['settled'],
  time_out: ['draft', 'offered', 'home_hospital_approval', 'negotiating', 'accepted', 'performed']
}

/** The invitation after a command. Refuses with INVITATION_STATE_REFUSED and INVITATION_NOT_NOW; what is refused changes nothing. */
export function decideInvitation (invitation: Invitation, command: InvitationCommand, around: Circumstances): Invitation {
  if (!mayHappenIn[command.kind].includes(invitation.state)) throw new DomainError('INVITATION_STATE_REFUSED', `An invitation that is ${invitation.state} does not take this step. Read it again.`)
  const decide = deciders[command.kind] as (invitation: Invitation, command: InvitationCommand, around: Circumstances) => Change
  return { ...invitation, ...nothingDue, ...decide(invitation, command, around) }
}

const nothingDue = { dueAt: null, dueFor: null }

function due (dueFor: InvitationDue, from: Date, ms: number): Pick<Invitation, 'dueAt' | 'dueFor'> {
  return { dueFor, dueAt: new Date(from.getTime() + ms) }
}

/** … or when the time begins, for nobody can agree to it after that. */
function dueBefore ({ startsAt }: Invitation, dueFor: InvitationDue, at: Date, minutes: number): Pick<Invitation, 'dueAt' | 'dueFor'> {
  const { dueAt } = due(dueFor, at, minutes * minuteMs)
  return { dueFor, dueAt: startsAt !== null && dueAt !== null && startsAt < dueAt ? startsAt : dueAt }
}

const ended = (state: InvitationState, reason: string, at: Date): Change => ({ state, reason, endedAt: at })

const deciders: { readonly [Kind in InvitationCommand['kind']]: Decider<Kind> } = {
  pay: (_invitation, _command, { at }) => ({ state: 'paid', paidAt: at }),
  offer: (invitation, _command, { at, settings }) => invitation.needsApproval
    ? { state: 'home_hospital_approval', ...dueBefore(invitation, 'approve', at, settings.approvalMinutes) }
    : { state: 'offered', ...dueBefore(invitation, 'answer', at, settings.answerMinutes) },
  miss: (_invitation, { reason }, { at }) => ended('expired', reason, at),
  lose: ({ state }, { reason }, { at }) => ended(state === 'accepted' ? 'not_provided' : 'expired', reason, at),
  approve: (invitation, _command, { at, settings }) => ({ state: 'negotiating', ...dueBefore(invitation, 'negotiate', at, settings.negotiateMinutes) }),
  refuse: (_invitation, { reason }, { at }) => ended('declined', reason, at),
  talk: (invitation, _command, { at, settings }) => ({ state: 'negotiating', ...dueBefore(invitation, 'negotiate', at, settings.negotiateMinutes) }),
  accept: accepted,
  decline: (_invitation, { reason }, { at }) => ended('declined', reason, at),
  cancel: cancelled,
  perform: performed,
  not_provided: notProvided,
  confirm: () => ({ state: 'confirmed' }),
  rule: (_invitation, { wasProvided, reason }, { at }) => wasProvided ? { state: 'confirmed', reason } : ended('not_provided', reason, at),
  settle: (_invitation, _command, { at }) => ({ state: 'settled', endedAt: at }),
  evaluate: () => ({ state: 'evaluated' }),
  time_out: timedOut
}

const notNow = (detail: string): DomainError => new DomainError('INVITATION_NOT_NOW', detail)

function accepted ({ startsAt, endsAt }: Invitation, _command: Of<'accept'>, { at, settings }: Circumstances): Change {
  if (startsAt !== null && startsAt <= at) throw notNow('The time of this invitation has begun. Decline it; the payer may choose another time.')
  return { state: 'accepted', acceptedAt: at, ...due('perform', endsAt ?? at, settings.performDays * dayMs) }
}

function cancelled ({ state, startsAt }: Invitation, { reason }: Of<'cancel'>, { at }: Circumstances): Change {
  if (state === 'accepted' && startsAt !== null && startsAt <= at) throw notNow('The agreed time has begun. If the doctor did not come, say that it was not provided.')
  return ended('cancelled', reason, at)
}

function performed ({ startsAt }: Invitation, _command: Of<'perform'>, { at, settings }: Circumstances): Change {
  if (startsAt !== null && startsAt > at) throw notNow('The agreed time has not begun. Say it afterwards.')
  return { state: 'performed', performedAt: at, ...due('confirm', at, settings.confirmDays * dayMs) }
}

/** The doctor may say so at any time; the payer once the time has begun. Against the doctor's own word the platform decides. */
function notProvided ({ state, startsAt }: Invitation, { by, reason }: Of<'not_provided'>, { at }: Circumstances): Change {
  if (by === 'payer' && state === 'performed') return { state: 'contested', reason }
  if (by === 'payer' && startsAt !== null && startsAt > at) throw notNow('The agreed time has not begun. Cancel it instead.')
  return ended('not_provided', reason, at)
}

function timedOut (invitation: Invitation, _command: Of<'time_out'>, { at, settings }: Circumstances): Change {
  const { dueAt, dueFor, asks } = invitation
  if (dueAt === null || dueFor === null || dueAt > at) throw notNow('Nothing is due.')
  switch (dueFor) {
    case 'pay': return ended('expired', 'not_paid', at)
    case 'answer': return ended('expired', 'no_answer', at)
    case 'approve': return ended('expired', 'no_approval', at)
    case 'negotiate': return ended('expired', 'no_agreement', at)
    case 'confirm': return { state: 'confirmed' }
    case 'perform': return asks >= settings.mostAsks
      ? ended('not_provided', 'nobody_said_so', at)
      : { state: 'accepted', asks: asks + 1, ...due('perform', dueAt, settings.performDays * dayMs) }
  }
}

/** Its seat after a step: taken for now, for good, given back, or as before. */
export function seatChange (before: Invitation, after: Invitation): 'hold' | 'book' | 'free' | null {
  if (!hasSeat(before) && hasSeat(after)) return 'hold'
  if (hasSeat(before) && !hasSeat(after)) return 'free'
  return before.state !== 'accepted' && after.state === 'accepted' && after.slotId !== null ? 'book' : null
}
