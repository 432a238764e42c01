import { DomainError } from '../errors.ts'
import type { KeptNotice, NoticeBook } from './ports.ts'

export const noNotice = (): DomainError => new DomainError('NOTICE_NOT_FOUND', 'No notice has this key; list the notices of the person.')

/** 已读. Opened in the app by whom it is for: that proves it, unless it is proven already. */
export function asRead (kept: KeptNotice, proofId: string, at: Date): KeptNotice {
  if (kept.state === 'read' || kept.state === 'suppressed') return kept
  return { ...kept, state: 'read', sentAt: kept.sentAt ?? at, channel: kept.channel ?? 'push', proofId: kept.proofId ?? proofId, provenAt: kept.provenAt ?? at, lookAt: null }
}

/** 挂号信. What went by hand, with the number of the letter and the day it was signed for. */
export function asLetter (kept: KeptNotice, { letterNumber, sentAt, deliveredAt }: { readonly letterNumber: string, readonly sentAt: Date, readonly deliveredAt: Date }): KeptNotice {
  if (kept.provenAt !== null) return kept
  return { ...kept, state: 'delivered', channel: 'letter', sentAt, provenAt: deliveredAt, proofId: letterNumber, reason: null, lookAt: null }
}

export async function changeNotice ({ notices }: { readonly notices: NoticeBook }, key: string, change: (kept: KeptNotice) => KeptNotice): Promise<KeptNotice> {
  const kept = await notices.findKept(key)
  if (kept === null) throw noNotice()
  const changed = change(kept)
  await notices.keep(changed)
  return changed
}
