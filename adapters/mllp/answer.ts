import type { Answer } from '../../core/outbound/index.ts'
import { parseMessage } from '../hl7v2/index.ts'

export interface ReadAnswer {
  /** MSA-2. */
  readonly controlId: string
  /** The accept answer of enhanced mode, which another one of the application may follow. */
  readonly isAccept: boolean
  readonly answer: Answer
}

/** Table 0008. */
const verdicts: Readonly<Record<string, Answer['verdict']>> = { AA: 'accepted', CA: 'accepted', AE: 'failed', CE: 'failed', AR: 'rejected', CR: 'rejected' }

/** Null where it acknowledges nothing. A code that the table does not hold says at least that it was not taken. */
export function answerOf (bytes: Buffer): ReadAnswer | null {
  const message = parseMessage(bytes.toString('latin1'))
  const controlId = message.get('MSA-2')
  if (controlId === undefined || controlId === null) return null
  const code = (message.get('MSA-1') ?? '').trim().toUpperCase().slice(0, 2)
  return { controlId, isAccept: code.startsWith('C'), answer: { code, verdict: verdicts[code] ?? 'failed', bytes: Buffer.from(bytes) } }
}
