import type { CalendarDate } from '../clock.ts'
import type { DenyList, ListedBatch } from './deny-list.ts'
import { readVoucherCode, type CodeRead, type VerifySignature } from './voucher-code.ts'

interface OfflineLook {
  /** The list as the module has it, opened; null where it never got one. */
  readonly list: DenyList | null
  readonly verify: VerifySignature
  readonly hospitalId: string
  readonly now: Date
  readonly today: CalendarDate
  /** Whether this module took the voucher since it was last online. */
  readonly wasTakenHere: (voucherId: string) => boolean
}

/**
 * accepted: the use may be noted as pending; it counts when the line is back and the use was synchronised. A voucher
 * that runs out today may be used today; a booking beyond it is known online only.
 */
export type OfflineVerdict =
  | { readonly kind: 'accepted', readonly voucherId: string, readonly validUntil: CalendarDate, readonly batch: ListedBatch, readonly listSequence: number }
  | { readonly kind: 'refused', readonly reason: OfflineReason }

/** batch_not_listed: recalled, over, or younger than the list. */
export type OfflineReason = Exclude<CodeRead['kind'], 'genuine'> | 'list_missing' | 'list_stale' | 'not_yet_valid' | 'expired' | 'denied' | 'batch_not_listed' | 'other_hospital' | 'used_here'

/** 离线验券. What a hospital's module decides with no line: the code by itself, then the signed list, then its own notes. */
export function verifyOffline (text: string, { list, verify, hospitalId, now, today, wasTakenHere }: OfflineLook): OfflineVerdict {
  const read = readVoucherCode(text, verify)
  if (read.kind !== 'genuine') return refused(read.kind)
  const { voucherId, validFrom, validUntil } = read.code
  if (list === null) return refused('list_missing')
  if (now >= list.validUntil || now < new Date(list.issuedAt.getTime() - clockSkewMs)) return refused('list_stale')
  if (today < validFrom) return refused('not_yet_valid')
  if (today > validUntil) return refused('expired')
  if (list.denies(voucherId)) return refused('denied')
  const batch = list.batches.find(({ batch }) => batch === read.code.batch)
  if (batch === undefined) return refused('batch_not_listed')
  if (!batch.hospitals.includes(hospitalId)) return refused('other_hospital')
  return wasTakenHere(voucherId) ? refused('used_here') : { kind: 'accepted', voucherId, validUntil, batch, listSequence: list.sequence }
}

function refused (reason: OfflineReason): OfflineVerdict {
  return { kind: 'refused', reason }
}

/** How far a module's clock may be off. */
export const clockSkewMs = 300_000
