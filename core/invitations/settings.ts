import type { Fen } from '../money.ts'
import type { InvitationPayee } from './invitation.ts'

/** What the deployment decides of invitations (SITE_CONFIG invitations). */
export interface InvitationSettings {
  readonly payMinutes: number
  readonly answerMinutes: number
  readonly approvalMinutes: number
  readonly negotiateMinutes: number
  /** After the slot, or the acceptance of a consult without one: by then it must be said to be performed, else both are asked, so often, at the same distance. */
  readonly performDays: number
  readonly mostAsks: number
  readonly confirmDays: number
  /** 平台服务费, 0 to 1000. */
  readonly feePermille: number
  readonly payee: { readonly patient: InvitationPayee, readonly hospital: InvitationPayee }
  /** Only invitations that the doctor accepted count for the star level; else all that were received and paid. */
  readonly starsCountAcceptedOnly: boolean
  readonly appealDays: number
  /** 打赏 (D3). */
  readonly tips: { readonly enabled: boolean, readonly mostFen: Fen, readonly feePermille: number }
}

export const minuteMs = 60_000
export const dayMs = 86_400_000
