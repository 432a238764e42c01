/** What the deployment decides of bookings (SITE_CONFIG appointments). */
export interface AppointmentSettings {
  /** A seat that is held and not confirmed goes back after so long. */
  readonly holdMinutes: number
  /** 候补. A freed seat is kept so long for the first in line. */
  readonly offerMinutes: number
  /** 退号截止. The person may cancel or move until so long before the start. */
  readonly changeMinutes: number
  /** 改约上限 (D-13). */
  readonly mostMoves: number
  /** Whether a person may have two appointments at one time. */
  readonly mayOverlap: boolean
  /** After the end of the slot: who has not come by then did not come. */
  readonly noShowMinutes: number
}

export const minuteMs = 60_000
