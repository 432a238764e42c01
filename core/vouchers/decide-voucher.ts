import { DomainError } from '../errors.ts'
import { isInTime, type BookedFor, type Voucher, type VoucherState } from './voucher.ts'
import type { VoucherHappening } from './voucher-event.ts'

export type VoucherCommand =
  | { readonly kind: 'send', readonly communityId: string }
  | { readonly kind: 'convert' }
  | { readonly kind: 'issue', readonly patientId: string, readonly contact: string | null }
  | { readonly kind: 'book', readonly appointment: BookedFor }
  /** The appointment has another time, or its hospital another place in it. */
  | { readonly kind: 'rebook', readonly appointment: BookedFor }
  /** 取消、爽约. `isGivenUp`: by the person, which counts (D-13). */
  | { readonly kind: 'release', readonly isGivenUp: boolean, readonly reason: string }
  | { readonly kind: 'use', readonly useId: string, readonly hospitalId: string }
  | { readonly kind: 'leave', readonly hospitalId: string, readonly reason: string }
  | { readonly kind: 'examine', readonly hospitalId: string }
  | { readonly kind: 'redeem', readonly hospitalId: string }
  | { readonly kind: 'roll_back', readonly useId: string, readonly hospitalId: string, readonly reason: string }
  | { readonly kind: 'void', readonly reason: string }
  | { readonly kind: 'expire' }

/** What a command makes of a voucher. */
export interface VoucherDecision {
  readonly after: Voucher
  readonly what: VoucherHappening
  readonly hospitalId: string | null
  readonly subjectId: string | null
  readonly reason: string | null
}

/** 状态机. From which states each thing may happen, as a table (domain §1.4). */
export const mayHappenIn: Readonly<Record<VoucherHappening, readonly VoucherState[]>> = {
  generated: [],
  sent: ['generated'],
  converted: ['sent'],
  issued: ['converted'],
  booked: ['issued'],
  rebooked: ['booked'],
  released: ['booked'],
  used: ['issued', 'booked'],
  left: ['used'],
  examined: ['used'],
  redeemed: ['examined'],
  rolled_back: ['redeemed', 'issued', 'booked', 'used', 'examined', 'void', 'expired'],
  voided: ['generated', 'sent', 'converted', 'issued'],
  expired: ['generated', 'sent', 'converted', 'issued']
}

type Of<Kind extends VoucherCommand['kind']> = Extract<VoucherCommand, { readonly kind: Kind }>
type Deciders = { readonly [Kind in VoucherCommand['kind']]: (voucher: Voucher, command: Of<Kind>, at: Date) => Decided }
interface Decided {
  readonly what: VoucherHappening
  readonly change: Partial<Voucher> & Pick<Voucher, 'state'>
  readonly hospitalId?: string | null
  readonly subjectId?: string | null
  readonly reason?: string | null
}

/** The voucher after a command, at the next version. Refuses with VOUCHER_STATE_REFUSED, VOUCHER_NOT_IN_TIME, VOUCHER_REBOOKINGS_USED, VOUCHER_BOOKED_ELSEWHERE; a refused command changes nothing. */
export function decideVoucher (voucher: Voucher, command: VoucherCommand, at: Date): VoucherDecision {
  const decide = deciders[command.kind] as (voucher: Voucher, command: VoucherCommand, at: Date) => Decided
  const { what, change, hospitalId = null, subjectId = null, reason = null } = decide(voucher, command, at)
  if (!mayHappenIn[what].includes(voucher.state)) throw stateRefused(voucher.state)
  return { after: { ...voucher, ...change, version: voucher.version + 1 }, what, hospitalId, subjectId, reason }
}

const words: Readonly<Partial<Record<VoucherState, string>>> = {
  redeemed: 'This voucher is redeemed.', void: 'This voucher is void.', expired: 'This voucher has expired.', booked: 'This voucher has an appointment. Cancel it first.',
  used: 'This voucher is in use at a hospital.', examined: 'The examination of this voucher is done.', issued: 'This voucher was handed out to a person, and is not in use.'
}

function stateRefused (state: VoucherState): DomainError {
  return new DomainError('VOUCHER_STATE_REFUSED', words[state] ?? `This voucher is ${state}. It goes from the back office to a community, and from there to a person.`, undefined, [state])
}

const deciders: Deciders = {
  send: (_voucher, { communityId }) => ({ what: 'sent', change: { state: 'sent', communityId } }),
  convert: (voucher, _command, at) => notOver(voucher, at, { what: 'converted', change: { state: 'converted' } }),
  issue: (voucher, { patientId, contact }, at) => notOver(voucher, at, { what: 'issued', change: { state: 'issued', patientId, contact, issuedAt: at } }),
  book: (_voucher, { appointment }) => ({ what: 'booked', change: { state: 'booked', appointment }, hospitalId: appointment.hospitalId, subjectId: appointment.id }),
  rebook: (_voucher, { appointment }) => ({ what: 'rebooked', change: { state: 'booked', appointment }, hospitalId: appointment.hospitalId, subjectId: appointment.id }),
  release: ({ appointment, rebookings }, { isGivenUp, reason }) => ({ what: 'released', change: { state: 'issued', appointment: null, rebookings: rebookings + (isGivenUp ? 1 : 0) }, hospitalId: appointment?.hospitalId ?? null, subjectId: appointment?.id ?? null, reason }),
  use: used,
  leave: ({ useId }, { hospitalId, reason }) => ({ what: 'left', change: { state: 'issued', useId: null, appointment: null }, hospitalId, subjectId: useId, reason }),
  examine: ({ useId }, { hospitalId }) => ({ what: 'examined', change: { state: 'examined' }, hospitalId, subjectId: useId }),
  redeem: redeemed,
  roll_back: rolledBack,
  void: (_voucher, { reason }) => ({ what: 'voided', change: { state: 'void' }, reason }),
  expire: expired
}

function notOver (voucher: Voucher, at: Date, decided: Decided): Decided {
  if (mayHappenIn[decided.what].includes(voucher.state) && at >= voucher.validUntil) throw notInTime(voucher, at)
  return decided
}

function notInTime ({ validFrom }: Voucher, at: Date): DomainError {
  return new DomainError('VOUCHER_NOT_IN_TIME', at < validFrom ? 'This voucher is not valid yet. See its first day.' : 'The last day of this voucher is over.', undefined, [at < validFrom ? 'not_yet_valid' : 'expired'])
}

/**
 * V-19, I-41: to be booked and to be examined and valid and not redeemed, or no appointment. The one that is confirmed or
 * moved (`isOwn`) stands in nobody's way.
 */
export function refuseBooking (voucher: Voucher, { isOwn, mostRebookings }: { readonly isOwn: boolean, readonly mostRebookings: number }, at: Date): void {
  if (voucher.state !== 'issued' && !(isOwn && voucher.state === 'booked')) throw stateRefused(voucher.state)
  if (!isInTime(voucher, at)) throw notInTime(voucher, at)
  if (!isOwn && voucher.rebookings > mostRebookings) throw new DomainError('VOUCHER_REBOOKINGS_USED', `An appointment for a voucher can be given up ${mostRebookings} times. Ask at the community, or use it without an appointment.`)
}

/** D-14: a booking made in time is honoured. */
function used (voucher: Voucher, { useId, hospitalId }: Of<'use'>, at: Date): Decided {
  const { state, appointment } = voucher
  if (state === 'booked' && appointment !== null) {
    if (appointment.hospitalId !== hospitalId) throw new DomainError('VOUCHER_BOOKED_ELSEWHERE', 'This voucher has an appointment at another hospital. The person cancels it first.')
    if (at < voucher.validFrom || at >= latest(voucher.validUntil, appointment.honouredUntil)) throw notInTime(voucher, at)
  } else if (state === 'issued' && !isInTime(voucher, at)) throw notInTime(voucher, at)
  return { what: 'used', change: { state: 'used', useId }, hospitalId, subjectId: useId }
}

const latest = (one: Date, other: Date): Date => one > other ? one : other

/** With uses left it is in the person's hand again (D-12). */
function redeemed ({ redeemed: before, uses, useId }: Voucher, { hospitalId }: Of<'redeem'>): Decided {
  const count = before + 1
  return { what: 'redeemed', change: { state: count < uses ? 'issued' : 'redeemed', redeemed: count, useId: null, appointment: null }, hospitalId, subjectId: useId }
}

/** What was recalled or ran out meanwhile stays so, but for the count. */
function rolledBack ({ state, redeemed: before }: Voucher, { useId, hospitalId, reason }: Of<'roll_back'>): Decided {
  if (before < 1) throw stateRefused(state)
  return { what: 'rolled_back', change: { state: state === 'redeemed' ? 'issued' : state, redeemed: before - 1 }, hospitalId, subjectId: useId, reason }
}

function expired (voucher: Voucher, _command: Of<'expire'>, at: Date): Decided {
  if (at < voucher.validUntil) throw stateRefused(voucher.state)
  return { what: 'expired', change: { state: 'expired' } }
}
