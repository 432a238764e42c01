import type { CalendarDate } from '../clock.ts'
import type { FaceConsent, LegalBasis } from './face-consent.ts'
import { isUnder14 } from './is-under-14.ts'

/** Why a face may not be processed. withdrawn: by the person, or by the newest word of the hospital. */
export type Denial = 'no_consent' | 'withdrawn' | 'guardian_needed' | 'birth_date_needed'

export type MayProcess =
  | { readonly may: true, readonly because: 'consent' | 'legal_basis' }
  | { readonly may: false, readonly because: Denial }

export interface FaceFacts {
  /** Of all records of the person at the hospital, newest first. */
  readonly consents: readonly FaceConsent[]
  /** When the person withdrew with us, whatever the hospital says since. */
  readonly tombstoneAt: Date | null
  readonly birthDate: CalendarDate | null
  readonly basis: LegalBasis | null
}

/**
 * 处理规则 (telemedicine.md D5, 个人信息保护法 art. 29–31, 人脸识别技术应用安全管理办法). The newest word counts. What the person withdrew with us
 * only they can give again: a flag that the hospital sends day by day is no new consent. A law that a hospital relies on carries no child
 * under 14, and nobody whose age is not known, without a consent.
 */
export function mayProcessFace ({ consents, tombstoneAt, birthDate, basis }: FaceFacts, today: CalendarDate): MayProcess {
  if (isBuried(consents, tombstoneAt)) return { may: false, because: 'withdrawn' }
  const [newest] = consents
  if (newest?.state === 'withdrawn') return { may: false, because: 'withdrawn' }
  const isChild = birthDate !== null && isUnder14(birthDate, today)
  if (newest !== undefined) {
    const firstWithdrawn = consents.findIndex(({ state }) => state === 'withdrawn')
    const standing = firstWithdrawn < 0 ? consents : consents.slice(0, firstWithdrawn)
    return isChild && !standing.some(({ guardianPatientId }) => guardianPatientId !== null) ? { may: false, because: 'guardian_needed' } : { may: true, because: 'consent' }
  }
  if (basis === null) return { may: false, because: 'no_consent' }
  if (birthDate === null) return { may: false, because: 'birth_date_needed' }
  return isChild ? { may: false, because: 'guardian_needed' } : { may: true, because: 'legal_basis' }
}

/** Whether a withdrawal with us stands: no consent that was asked by us is newer. */
export function isBuried (consents: readonly FaceConsent[], tombstoneAt: Date | null): boolean {
  return tombstoneAt !== null && !consents.some(({ channel, state, at }) => channel !== 'his' && state === 'given' && at > tombstoneAt)
}
