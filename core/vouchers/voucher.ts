import type { CalendarDate } from '../clock.ts'

/**
 * 电子服务券. One voucher of a batch; with more than one use it goes round once for each.
 *
 * generated → sent (to a community) → converted (into its code) → issued (to a person)
 * issued → booked → issued (cancelled, refused, not come) · issued | booked → used (arrived, use confirmed)
 * used → examined (the examination is done) → redeemed, or issued again while uses are left
 * used → issued (left without examination) · redeemed | issued → issued (a redemption was rolled back)
 * generated | sent | converted | issued → void (by decision) | expired (by time)
 */
export const voucherStates = ['generated', 'sent', 'converted', 'issued', 'booked', 'used', 'examined', 'redeemed', 'void', 'expired'] as const
export type VoucherState = typeof voucherStates[number]

export interface Voucher {
  /** UUID, random: nobody guesses one from another. The code of the voucher carries its 16 bytes. */
  readonly id: string
  /** Number of its batch, and its place in it from 1 on: together they make its number (voucher-number.ts). */
  readonly batch: number
  readonly seq: number
  readonly state: VoucherState
  /** Null until it is sent to one. */
  readonly communityId: string | null
  /** The record of the person to whom it was issued; null before. */
  readonly patientId: string | null
  /** Sealed; the phone that the community wrote down (V-16). */
  readonly contact: string | null
  /** How often it may be redeemed, and how often it was. */
  readonly uses: number
  readonly redeemed: number
  /** Of the batch: from this instant on and before that one. */
  readonly validFrom: Date
  readonly validUntil: Date
  /** The one that stands. A booking made in time is honoured to its end, after the validity too (D-14). */
  readonly appointment: BookedFor | null
  /** How often an appointment was given up or not kept (D-13). */
  readonly rebookings: number
  /** The use under way; null where there is none. */
  readonly useId: string | null
  readonly issuedAt: Date | null
  /** Grows with every change: whoever saves names the one that was read. */
  readonly version: number
}

export interface BookedFor {
  readonly id: string
  readonly hospitalId: string
  readonly startsAt: Date
  /** The end of its day: so long the voucher is good for it. */
  readonly honouredUntil: Date
}

/** 批次. Vouchers of one kind. */
export interface VoucherBatch {
  /** Given by the store; the vouchers carry it. */
  readonly number: number
  readonly id: string
  readonly campaignId: string
  /** 目标人群: code of a target group. */
  readonly group: string
  readonly examination: Examination
  /** Where it may be used. */
  readonly hospitalIds: readonly string[]
  /** 发放科室. The department that gives the vouchers out. */
  readonly department: string
  /** First and last day, both whole. */
  readonly firstDay: CalendarDate
  readonly lastDay: CalendarDate
  readonly validFrom: Date
  readonly validUntil: Date
  readonly uses: number
  readonly count: number
  /** How many are there, and how many have a community, in the order of their places. */
  readonly generated: number
  readonly allocated: number
  /** Null: it is not recalled. From then on no voucher of it is handed out, booked or used. */
  readonly voidedAt: Date | null
  readonly createdAt: Date
  readonly by: string
}

/** 检查项目. What the voucher is good for. */
export interface Examination {
  readonly name: string
  /** By any of these the hospitals' systems name it: `code`, or `system|code`. */
  readonly codes: readonly string[]
}

/** 活动. Batches that belong together: of all of them a person gets `perPerson` vouchers at most. */
export interface VoucherCampaign {
  readonly id: string
  readonly name: string
  readonly perPerson: number
  readonly createdAt: Date
  readonly by: string
}

/** 目标人群 (V-01), as data. What is known of a person must not contradict it; the rest the community has seen. */
export interface TargetGroup {
  readonly code: string
  readonly name: string
  readonly english: string
  /** In whole years; null: any. */
  readonly fromAge: number | null
  readonly gender: 'female' | 'male' | null
}

/** Whether time is left at an instant. */
export const isInTime = ({ validFrom, validUntil }: Pick<Voucher, 'validFrom' | 'validUntil'>, at: Date): boolean => validFrom <= at && at < validUntil
