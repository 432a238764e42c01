import { createHmac, timingSafeEqual } from 'node:crypto'
import type { Party } from '../../core/dialogue/index.ts'

/** Whom a ticket lets in, and where: one party of one dialogue. */
interface Admitted {
  readonly threadId: string
  readonly party: Party
}

export interface RoomTickets {
  readonly issue: (admitted: Admitted, until: Date) => string
  /** Null: forged, changed, of another installation, or over. */
  readonly open: (ticket: string, now: Date) => Admitted | null
}

interface Claims {
  readonly thr: string
  readonly knd: Party['kind']
  readonly sub: string
  readonly exp: number
}

const encoded = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
const header = encoded({ alg: 'HS256', typ: 'yq-room' })

/** JWS compact (RFC 7515) with HS256. The header is never read: only what we would write ourselves is taken. */
export function roomTickets (key: Uint8Array): RoomTickets {
  const signed = (text: string): Buffer => createHmac('sha256', key).update(text).digest()
  return {
    issue: ({ threadId, party }, until) => {
      const text = `${header}.${encoded({ thr: threadId, knd: party.kind, sub: party.id, exp: Math.floor(until.getTime() / 1000) } satisfies Claims)}`
      return `${text}.${signed(text).toString('base64url')}`
    },
    open: (ticket, now) => {
      const [first, body = '', proof = ''] = ticket.split('.', 4)
      const given = Buffer.from(proof, 'base64url')
      const due = signed(`${header}.${body}`)
      if (first !== header || given.length !== due.length || !timingSafeEqual(given, due)) return null
      const { thr, knd, sub, exp } = JSON.parse(Buffer.from(body, 'base64url').toString()) as Claims
      return now.getTime() >= exp * 1000 ? null : { threadId: thr, party: { kind: knd, id: sub } }
    }
  }
}
