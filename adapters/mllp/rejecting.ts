import { type AckError, type MessageHeader, readHeader } from '../hl7v2/index.ts'
import { freshAck, type Stamping } from './acknowledging.ts'
import type { BrokenFrame } from './frames.ts'

/** An answer to what is not kept: a broken frame, or a message that we failed on. */
export type Reject = (fault: BrokenFrame['kind'] | 'failed', head: Buffer) => Buffer

const errors: Readonly<Record<Parameters<Reject>[0], AckError>> = {
  oversize: {
    code: 'MESSAGE_TOO_LARGE', kind: 'invalid', detail: 'The message is larger than this source may send; raise limits.maxMessageBytes or send less.', place: null, severity: 'E'
  },
  unframed: {
    code: 'MESSAGE_MALFORMED', kind: 'invalid', detail: 'No MLLP frame; begin a message with byte 0B and end it with 1C 0D.', place: null, severity: 'E'
  },
  incomplete: {
    code: 'MESSAGE_MALFORMED', kind: 'invalid', detail: 'The message did not end in time; send it again whole.', place: null, severity: 'E'
  },
  failed: {
    code: 'STORE_UNAVAILABLE', kind: 'unavailable', detail: 'The message could not be taken; send it again later.', place: null, severity: 'E'
  }
}

export function rejectWith (charset: string, stamping: Stamping): Reject {
  return (fault, head) => {
    const header = fault === 'unframed' || !hasWholeHeader(head) ? null : readHeader(head, charset)
    const isEnhanced = header !== null && wantsEnhanced(header)
    return freshAck(header, isEnhanced ? 'CR' : 'AR', errors[fault], stamping)
  }
}

/** Otherwise MSH-10 may be cut short and name another message. */
function hasWholeHeader (head: Buffer): boolean {
  return head.includes(0x0d) || head.includes(0x0a)
}

function wantsEnhanced (header: MessageHeader): boolean {
  return header.raw(15) !== '' || header.raw(16) !== ''
}
