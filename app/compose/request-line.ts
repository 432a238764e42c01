import { decodeText, encodeText, parseMessage, printSchedulingQuery, printTimeStamp, readHeader, resolveCharset, schedulingOutcomeOf, zoneOffsetIn } from '../../adapters/hl7v2/index.ts'
import { mllpQuery, type MllpClientTls } from '../../adapters/mllp/index.ts'
import { DomainError } from '../../core/errors.ts'
import type { NewMessage } from '../../core/inbox/index.ts'
import type { Answer, Carrier } from '../../core/outbound/index.ts'
import type { MllpDestinationConfig, MllpSourceConfig } from '../site-config.ts'
import { answerMessage, type AnswerMessageDeps } from './answer-message.ts'

export interface RequestLineDeps extends AnswerMessageDeps {
  /** Whose messages the answers are read as; null: the hospital has no line to us, so its answers tell nothing. */
  readonly source: MllpSourceConfig | null
  /** Keeps a message; settles when it is on disk. */
  readonly receive: (message: NewMessage) => Promise<unknown>
}

type Sending = Parameters<Carrier['send']>[0]

const typeOf = (bytes: Uint8Array): string => readHeader(Buffer.from(bytes), 'utf8')?.component(9, 1) ?? ''

/** What is asked, and the message in which a HIS answers: SRM an appointment, REF a consultation or referral. */
const replies: Readonly<Record<string, string>> = { SRM: 'SRR', REF: 'RRI' }

/**
 * A request for an appointment (SRM) or a consultation (REF) is answered by SRR or RRI on the same line: whatever it says,
 * also that it is pending, it is what was asked for, so the request is done and the answer goes the way of all messages. A
 * plain acknowledgement only says that the request is there; its answer comes by the hospital's own line. After silence
 * the hospital is asked what it has of an appointment (SQM^S25), where it can be, so that a request is never made twice;
 * a REF is sent again under its own number.
 */
export function requestLine <Line extends Carrier> (line: Line, config: MllpDestinationConfig, deps: RequestLineDeps & { readonly tls: MllpClientTls | null }): Line {
  const { source, receive } = deps
  if (source === null) return line
  const take = async (raw: Buffer): Promise<void> => { await receive(answerMessage(raw, deps, source)) }
  const send = async (message: Sending): Promise<Answer> => {
    const answer = await line.send(message)
    const reply = replies[typeOf(message.content)]
    if (reply === undefined || typeOf(answer.bytes) !== reply) return answer
    await take(Buffer.from(answer.bytes))
    return { ...answer, verdict: 'accepted' }
  }
  if (config.answersSchedulingQuery !== true) return { ...line, send }
  return {
    ...line,
    send,
    ask: async ({ content }: Sending): Promise<Answer | null> => {
      if (typeOf(content) !== 'SRM') return null
      const { raw, outcome } = await ask(config, deps, content)
      if (outcome === 'failed') throw new DomainError('OUTSIDE_UNAVAILABLE', 'The hospital could not tell what became of a request. It is asked again before the request is sent again.')
      if (outcome === 'nothing') return null
      await take(raw)
      return { code: parseMessage(raw.toString('latin1')).get('MSA-1') ?? 'AA', verdict: 'accepted', bytes: raw }
    }
  }
}

async function ask (config: MllpDestinationConfig, { clock, ids, zone, tls }: RequestLineDeps & { readonly tls: MllpClientTls | null }, request: Uint8Array): Promise<{ readonly raw: Buffer, readonly outcome: ReturnType<typeof schedulingOutcomeOf> }> {
  const { host, port, hospital, application, facility, version, charset, ackTimeoutMs } = config
  const iconv = resolveCharset(charset) ?? 'utf8'
  const controlId = ids.next().replaceAll('-', '').slice(-20)
  const text = printSchedulingQuery({
    sendingFacility: hospital, receivingApplication: application, receivingFacility: facility, version, charset: iconv === 'utf8' ? 'UNICODE UTF-8' : charset, controlId,
    at: printTimeStamp(clock.now(), zoneOffsetIn(zone)), request: decodeText(Buffer.from(request), iconv)
  })
  const raw = await mllpQuery({ host, port, tls, timeoutMs: ackTimeoutMs }, { controlId, content: encodeText(text, iconv) })
  return { raw, outcome: schedulingOutcomeOf(decodeText(raw, readHeader(raw, iconv)?.charset ?? iconv)) }
}
