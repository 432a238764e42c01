import type { Permission } from './permission.ts'
import type { Principal, Role } from './principal.ts'
import { scopesAllow } from './scopes.ts'

/**
 * own: the caller's person and wards. organization: records of the caller's hospital, so nothing for a caller without
 * one. books: the same, but a caller without a hospital works for all of them (head office). all: no limit.
 */
type Scope = 'own' | 'organization' | 'books' | 'all'

const personal = { 'me.read': 'all', 'directory.read': 'all', 'patient.read': 'own', 'account.use': 'own', 'profile.read': 'own', 'profile.write': 'own', 'record.read': 'own', 'visit.read': 'own', 'charge.read': 'own', 'statement.read': 'own',
  'visit.register': 'own', 'visit.check_in': 'own', 'appointment.read': 'own', 'appointment.book': 'own', 'vitals.write': 'own', 'advice.read': 'own', 'doctor.recommend': 'own', 'face.consent': 'own', 'contract.read': 'own', 'contract.sign': 'own', 'score.read': 'own', 'bill.read': 'own', 'dispute.open': 'own', 'payment.create': 'own', 'payment.read': 'own', 'escrow.read': 'own', 'voucher.read': 'own', 'voucher.present': 'own', 'voucher_code.read': 'own', 'dialogue.use': 'own',
  'notice.receive': 'own', 'consultation.read': 'own', 'consultation.create': 'own', 'after_sales.read': 'own', 'doctor_fee.read': 'all' } as const
const clinical = { 'me.read': 'all', 'directory.read': 'all', 'patient.read': 'organization', 'record.read': 'organization', 'visit.read': 'organization', 'appointment.read': 'organization' } as const
const accounts = { 'charge.read': 'organization', 'statement.read': 'organization' } as const
/** What happens at a counter or kiosk with the person there. */
const counter = { 'identity.read': 'organization', 'patient.register': 'organization', 'visit.register': 'organization', 'visit.check_in': 'organization', 'release.check': 'organization', 'appointment.read': 'organization', 'appointment.book': 'organization',
  'contract.read': 'organization', 'contract.sign': 'organization', 'bill.read': 'organization', 'payment.create': 'organization', 'payment.read': 'organization', 'voucher_code.verify': 'organization' } as const
/** 测量、建议、荐医: for the person who is there. */
const care = { 'vitals.write': 'organization', 'advice.read': 'organization', 'doctor.recommend': 'organization' } as const
/** 问诊派单与价格, for the hospital's own doctors. */
const consulting = { 'consultation.read': 'organization', 'consultation.assign': 'organization', 'after_sales.read': 'organization', 'doctor_fee.read': 'all', 'doctor_fee.write': 'organization' } as const
/** 服务券核销 at a hospital. */
const redeeming = { 'voucher.read': 'organization', 'voucher.use': 'organization', 'voucher.roll_back': 'organization' } as const
/** 服务券后台: what is paid out in vouchers is decided by whoever decides of money. */
const vouching = { 'voucher.read': 'books', 'voucher.manage': 'books', 'voucher.roll_back': 'books',
  'voucher_code.read': 'books', 'voucher_code.verify': 'books', 'offline_use.read': 'books', 'offline_use.settle': 'books' } as const
/** 钱包: a doctor's own, or the hospital's (adapters/http/escrow/wallet-of.ts). */
const earning = { 'wallet.read': 'organization', 'wallet.withdraw': 'organization' } as const
/** A hospital that buys. */
const buying = { 'payment.create': 'organization', 'payment.read': 'organization', 'escrow.read': 'organization' } as const
/** Money and default, of one hospital or all. */
const money = { 'contract.read': 'books', 'contract.manage': 'books', 'bill.read': 'books', 'bill.decide': 'books', 'dispute.answer': 'books', 'default.read': 'books', 'payment.read': 'books', 'refund.request': 'books',
  'refund.approve': 'books', 'escrow.read': 'books', 'wallet.read': 'books', 'wallet.decide': 'books', 'reconciliation.read': 'books', 'reconciliation.operate': 'books', 'books.export': 'books', 'feed.read': 'books', 'feed.release': 'books' } as const
const inspection = { 'escrow.read': 'all', 'wallet.read': 'all', 'contract.read': 'all', 'bill.read': 'all', 'default.read': 'all', 'payment.read': 'all', 'reconciliation.read': 'all', 'books.export': 'all', 'feed.read': 'all' } as const
/** The technical side sees messages, since it repairs them, and so what becomes of each: records, visits, charges. */
const technical = { 'me.read': 'all', 'directory.read': 'all', 'patient.read': 'all', 'patient.link': 'all', 'record.read': 'all', 'visit.read': 'all', 'appointment.read': 'all', 'appointment.operate': 'all',
  'charge.read': 'all', 'statement.read': 'all', 'message.read': 'all', 'message.operate': 'all', 'message.convert': 'all', 'mapping.operate': 'all', 'queue.operate': 'all', 'destination.operate': 'all', 'operations.read': 'all',
  'job.run': 'all', 'clock.move': 'all', 'simulator.operate': 'all', 'face.review': 'all', 'face.operate': 'all',
  'voucher.read': 'all', 'voucher.manage': 'all', 'voucher.roll_back': 'all', 'voucher_code.read': 'all', 'voucher_code.verify': 'all', 'offline_use.read': 'all', 'offline_use.settle': 'all' } as const
/** 邀约、评价、打赏、投诉: whoever pays. */
const inviting = <Scope extends 'own' | 'organization'>(scope: Scope) => ({ 'invitation.read': scope, 'invitation.make': scope, 'evaluation.read': scope, 'evaluation.write': scope, 'tip.read': scope, 'tip.give': scope, 'complaint.read': scope, 'complaint.make': scope, 'star.read': scope }) as const
/** The one who is invited. */
const invited = { 'invitation.read': 'organization', 'invitation.answer': 'organization', 'evaluation.read': 'all', 'tip.read': 'organization', 'complaint.read': 'organization', 'complaint.appeal': 'organization', 'star.read': 'all' } as const
/** What the platform sees of it. */
const judging = { 'invitation.read': 'all', 'evaluation.read': 'all', 'tip.read': 'all', 'complaint.read': 'all', 'star.read': 'all' } as const
/** 会员: whoever buys one. */
const joining = <Scope extends 'own' | 'organization'>(scope: Scope) => ({ 'membership.read': scope, 'membership.buy': scope, 'membership.use': scope }) as const
/** 麻醉医师市场: whoever looks for a doctor, or registers as one or as a hospital by an account. */
const marketing = { 'doctor.read': 'own', 'doctor.register': 'own', 'hospital.register': 'own', 'qualification.read': 'own', 'admission.declare': 'own' } as const
const marketed = { 'doctor.read': 'organization', 'doctor.register': 'organization', 'doctor_calendar.write': 'organization', 'qualification.read': 'organization' } as const
/** What the platform sees of it. */
const overseeing = { 'doctor.read': 'all', 'qualification.read': 'all', 'membership.read': 'all' } as const
/** 病历、处方、病假单、药品订单: the person's own. */
const documented = { 'document.read': 'own', 'prescription.read': 'own', 'drug_order.read': 'own', 'drug_order.make': 'own' } as const
/** 防统方: of a hospital's prescriptions nobody has a list but its pharmacists for their review, and doctors of their own. */
const documenting = { 'document.read': 'organization', 'document.write': 'organization', 'prescription.read': 'organization' } as const
const dispensing = { 'prescription.read': 'organization', 'prescription.review': 'organization', 'drug_order.read': 'organization', 'drug_order.fulfil': 'organization', 'drug_order.hand_over': 'organization' } as const
const bystander = { 'me.read': 'all' } as const

/** The whole policy: role → permission → scope. What is not here is refused. */
const policy: Readonly<Record<Role, Readonly<Partial<Record<Permission, Scope>>>>> = {
  patient: { ...documented, ...joining('own'), ...marketing, ...personal, ...inviting('own') },
  guardian: { ...documented, ...joining('own'), ...marketing, ...personal, ...inviting('own') },
  doctor: { ...earning, ...documenting, 'dialogue.use': 'all', ...marketed, ...invited, ...clinical, ...care, 'notice.receive': 'own', 'consultation.read': 'organization', 'consultation.answer': 'organization', 'doctor_fee.read': 'all', 'doctor_fee.write': 'organization', 'release.check': 'organization' },
  pharmacist: { ...dispensing, ...clinical, 'release.check': 'organization' },
  support: { 'dialogue.use': 'all', ...overseeing, ...judging, 'evaluation.moderate': 'all', 'complaint.investigate': 'all', ...bystander, 'directory.read': 'all', 'consultation.read': 'all', 'consultation.assign': 'all', 'after_sales.read': 'all', 'after_sales.support': 'all', 'doctor_fee.read': 'all' },
  reviewer: { ...overseeing, 'qualification.decide': 'all', ...judging, 'invitation.rule': 'all', 'complaint.decide': 'all', ...bystander, 'directory.read': 'all', 'consultation.read': 'all', 'after_sales.read': 'all', 'after_sales.review': 'all' },
  desk: { 'drug_order.read': 'organization', 'drug_order.hand_over': 'organization', ...clinical, ...accounts, ...counter, ...redeeming, ...consulting, 'consultation.create': 'organization', 'appointment.operate': 'organization', ...care, 'dispute.open': 'organization', 'refund.request': 'organization', 'identity.confirm': 'organization', 'scene.create': 'all', 'face.review': 'organization', 'face.consent': 'organization' },
  community: { ...bystander, 'directory.read': 'all', 'voucher.read': 'organization', 'voucher.issue': 'organization', 'voucher_code.read': 'organization', 'voucher_code.verify': 'organization' },
  hospital: { ...earning, ...buying, 'dialogue.use': 'all', ...joining('organization'), 'doctor.read': 'organization', 'hospital.register': 'organization', 'qualification.read': 'organization', ...inviting('organization'), 'invitation.approve': 'organization', ...clinical, ...accounts, ...redeeming, ...consulting, 'voucher_code.verify': 'organization', 'voucher_use.sync': 'organization', 'offline_use.read': 'organization', 'appointment.book': 'organization', 'appointment.operate': 'organization', 'ledger.read': 'organization', 'release.check': 'organization', 'contract.read': 'organization', 'bill.read': 'organization', 'visit.register': 'organization', 'visit.check_in': 'organization' },
  terminal: { ...bystander, ...counter, ...care, 'consultation.read': 'organization', 'consultation.create': 'organization', 'doctor_fee.read': 'all', 'scene.create': 'all', 'face.identify': 'organization', 'face.enrol': 'organization' },
  bureau: { ...bystander, 'feed.read': 'all', 'feed.acknowledge': 'all' },
  finance: { 'membership.read': 'books', 'membership.refund': 'books', 'doctor.read': 'all', ...bystander, 'directory.read': 'all', 'charge.read': 'books', 'statement.read': 'books', 'ledger.read': 'books', ...money, ...vouching },
  operator: { ...technical, 'hospital.manage': 'all', 'doctor.read': 'all', 'membership.read': 'all' },
  auditor: { ...overseeing, ...judging, ...bystander, 'voucher.read': 'all', 'directory.read': 'all', 'charge.read': 'all', 'statement.read': 'all', 'ledger.read': 'all', 'audit.read': 'all', 'offline_use.read': 'all', ...inspection },
  administrator: { 'document.delete': 'all', ...overseeing, 'hospital.manage': 'all', 'membership.manage': 'all', ...technical, 'ledger.read': 'all', 'audit.read': 'all', 'client.manage': 'all', ...inspection },
  integrator: { ...bystander, 'directory.read': 'all', 'message.convert': 'all', 'record.read': 'books', 'record.write': 'books', 'charge.read': 'books', 'scene.create': 'all', 'release.check': 'books', 'visit.register': 'books', 'visit.check_in': 'books', 'appointment.read': 'books', 'appointment.book': 'books', 'appointment.operate': 'books' }
}

/** Whether a role acts for own records, not for an organization. */
export function isPersonal (role: Role): boolean {
  return role === 'patient' || role === 'guardian'
}

/** How far a permission carries a caller. */
export type Reach =
  | { readonly kind: 'none' }
  | { readonly kind: 'own' }
  | { readonly kind: 'organization', readonly hospitalId: string }
  | { readonly kind: 'all' }

/** What the role and the token's own scopes allow together; `type` is the FHIR type that is touched, if any. */
export function reachOf (principal: Principal, permission: Permission, type?: string): Reach {
  const scope = policy[principal.role][permission]
  if (scope === undefined || !scopesAllow(principal.scopes, { permission, context: isPersonal(principal.role) ? 'patient' : 'system', type })) return { kind: 'none' }
  if (scope === 'all' || scope === 'own') return { kind: scope }
  if (principal.organizationId !== null) return { kind: 'organization', hospitalId: principal.organizationId }
  return scope === 'books' ? { kind: 'all' } : { kind: 'none' }
}

/** A caller with the patient ids that are the caller's own: the person's tied records and the wards'. */
export interface Caller {
  readonly principal: Principal
  readonly patientIds: readonly string[]
}

/** The thing that is asked for: whose it is, and which hospital's. */
export interface Target {
  readonly patientId: string | null
  readonly hospitalId: string | null
  /** Its FHIR type, where it is a FHIR resource: scopes may name single types. */
  readonly type?: string
}

/**
 * denied: the role or the token has no such right. hidden: it has, but not to this thing, which is then answered like a thing that
 * does not exist, so that nobody learns from refusals what exists.
 */
export type Decision = 'allowed' | 'hidden' | 'denied'

export function decide (caller: Caller, permission: Permission, target: Target): Decision {
  const reach = reachOf(caller.principal, permission, target.type)
  switch (reach.kind) {
    case 'none': return 'denied'
    case 'all': return 'allowed'
    case 'organization': return target.hospitalId === reach.hospitalId ? 'allowed' : 'hidden'
    case 'own': return target.patientId !== null && caller.patientIds.includes(target.patientId) ? 'allowed' : 'hidden'
  }
}

/** The same decision as a filter for lists: null sets no limit, an empty list of patients finds nothing. */
export interface Limits {
  readonly patientIds: readonly string[] | null
  readonly hospitalId: string | null
}

export function limitsOf (caller: Caller, permission: Permission, type?: string): Limits | null {
  const reach = reachOf(caller.principal, permission, type)
  switch (reach.kind) {
    case 'none': return null
    case 'all': return { patientIds: null, hospitalId: null }
    case 'organization': return { patientIds: null, hospitalId: reach.hospitalId }
    case 'own': return { patientIds: caller.patientIds, hospitalId: null }
  }
}
