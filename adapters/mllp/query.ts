import { DomainError } from '../../core/errors.ts'
import { parseMessage } from '../hl7v2/index.ts'
import { dial, detailOf, type Dialled } from './dial.ts'
import { frame, makeFramer } from './frames.ts'

export interface MllpQueryOptions extends Dialled {
  /** From dialling to the whole answer. */
  readonly timeoutMs: number
}

const mostAnswerBytes = 1024 * 1024

/**
 * Asks over a connection of its own, so that a question never waits behind what is sent to the same system; settles
 * with the whole answer (RSP), whose MSA-2 names the question. Refuses with OUTSIDE_DOWN and OUTSIDE_UNAVAILABLE.
 */
export function mllpQuery ({ timeoutMs, ...dialled }: MllpQueryOptions, { controlId, content }: { readonly controlId: string, readonly content: Uint8Array }): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const socket = dial(dialled)
    const framer = makeFramer({ maxMessageBytes: mostAnswerBytes })
    let isUp = false
    const finish = (settle: () => void): void => {
      clearTimeout(timer)
      socket.destroy()
      settle()
    }
    const fail = (code: 'OUTSIDE_DOWN' | 'OUTSIDE_UNAVAILABLE', detail: string): void => { finish(() => { reject(new DomainError(code, detail)) }) }
    const timer = setTimeout(() => { fail('OUTSIDE_UNAVAILABLE', 'No answer to the query came in time.') }, timeoutMs)
    socket.once(dialled.tls === null ? 'connect' : 'secureConnect', () => {
      isUp = true
      socket.write(frame(content))
    })
    socket.on('error', (error: NodeJS.ErrnoException) => { fail(isUp ? 'OUTSIDE_UNAVAILABLE' : 'OUTSIDE_DOWN', detailOf(error)) })
    socket.on('close', () => { fail('OUTSIDE_UNAVAILABLE', 'The connection was closed before the answer came.') })
    socket.on('data', (bytes: Buffer) => {
      for (const event of framer.push(bytes)) {
        if (event.kind !== 'frame') return fail('OUTSIDE_UNAVAILABLE', 'What came back is no HL7 message. Check that the port is the destination\'s.')
        const answer = Buffer.from(event.bytes)
        if (isAnswerTo(answer, controlId)) return finish(() => { resolve(answer) })
      }
    })
  })
}

/** An accept acknowledgement (CA) comes first in enhanced mode; the answer itself follows. */
function isAnswerTo (bytes: Buffer, controlId: string): boolean {
  const message = parseMessage(bytes.toString('latin1'))
  const isAccept = message.get('MSH-9.1') === 'ACK' && message.get('MSA-1') === 'CA'
  return !isAccept && (message.get('MSA-2') ?? '').trim().toUpperCase() === controlId.toUpperCase()
}
