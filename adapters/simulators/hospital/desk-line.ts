import { printSegments, type SegmentContent } from '../../hl7v2/index.ts'
import { beijingTime } from './dialect.ts'

/** A desk of a HIS that answers what it is asked and tells of what it did. */
export interface DeskOptions {
  readonly application: string
  readonly facility: string
  readonly letter: string
  /** Business time. */
  readonly now: () => Date
  /** Sends one message to whoever listens to this hospital; settles when it is answered. */
  readonly send: (message: { readonly controlId: string, readonly text: string }) => Promise<unknown>
}

export interface DeskLine {
  /** Of the next message. Each is later than the one before, also while the business clock stands still. */
  readonly header: (type: readonly [string, string, string]) => SegmentContent
  /** Of the message whose header was made last. */
  readonly controlId: () => string
  /** One after the other, as they happened; what it is made of begins with a header. */
  readonly tell: (segments: readonly SegmentContent[]) => void
  readonly settled: () => Promise<void>
}

/** `desk` stands in its control ids. */
export function deskLine ({ application, facility, letter, now, send }: DeskOptions, desk: string): DeskLine {
  const state = { count: 0, lastMs: 0, last: Promise.resolve() as Promise<unknown> }
  const controlId = (): string => `${letter}${desk}${String(state.count).padStart(6, '0')}`
  return {
    controlId,
    header: (type) => {
      state.lastMs = Math.max(now().getTime(), state.lastMs + 1)
      const at = new Date(state.lastMs)
      state.count += 1
      return { name: 'MSH', fields: { 3: application, 4: facility, 5: 'YIQIAO', 6: 'YIQIAO', 7: `${beijingTime(at)}.${String(at.getUTCMilliseconds()).padStart(3, '0')}+0800`, 9: type, 10: controlId(), 11: 'P', 12: '2.5.1', 17: 'CHN', 18: 'UNICODE UTF-8' } }
    },
    tell: (segments) => {
      const message = { controlId: controlId(), text: printSegments(segments) }
      state.last = state.last.then(() => send(message)).catch(() => undefined)
    },
    settled: async () => { await state.last }
  }
}
