import { createHash } from 'node:crypto'
import type { Clock } from '../../core/clock.ts'
import { DomainError } from '../../core/errors.ts'
import { objectOf, readSigned, textOf, writeRequest, type Institution } from './envelope.ts'
import type { Exchange } from './exchange.ts'
import type { Signer, Verifier } from './signing.ts'

export interface InsurerOptions {
  readonly exchange: Exchange
  readonly signer: Signer
  /** The insurer's own key. */
  readonly verifier: Verifier
  readonly region: string
  readonly receiver: string
  /** By hospital; the first one speaks where no hospital is meant. */
  readonly institutions: ReadonlyMap<string, Institution>
  /** Real time: the insurer refuses stale messages. */
  readonly clock: Clock
}

/** unknown: no answer, or none that is proven to be the insurer's to this very message. */
export type Called =
  | { readonly kind: 'ok', readonly output: Readonly<Record<string, unknown>>, readonly reference: string }
  | { readonly kind: 'rejected', readonly code: string }
  | { readonly kind: 'unknown' }

export interface InsurerCall {
  readonly infno: string
  /** The same on every repetition, so that the insurer carries it out once. */
  readonly requestId: string
  readonly hospitalId: string | null
  readonly input: Readonly<Record<string, unknown>>
}

export type CallInsurer = (call: InsurerCall) => Promise<Called>

/** One transaction of the interface. What the insurer writes in words is not passed on: it may name the person. */
export function insurerCaller (options: InsurerOptions): CallInsurer {
  return async ({ infno, requestId, hospitalId, input }) => {
    const institution = institutionOf(options, hospitalId)
    if (institution === null) return { kind: 'rejected', code: 'INSTITUTION_UNKNOWN' }
    const msgid = messageIdOf(institution, infno, requestId)
    const sender = { region: options.region, receiver: options.receiver, institution }
    const answer = await answered(options.exchange, writeRequest({ infno, msgid, sender, input, at: options.clock.now() }, options.signer))
    const message = answer === null ? null : readSigned(answer, options.verifier)
    if (message === null || message['inf_refmsgid'] !== msgid) return { kind: 'unknown' }
    const { infcode, err_msg: words } = message
    if (infcode === 0) return { kind: 'ok', output: objectOf(message['output']) ?? {}, reference: msgid }
    return typeof infcode === 'number' ? { kind: 'rejected', code: codeIn(textOf(words), infcode) } : { kind: 'unknown' }
  }
}

/**
 * 发送方报文ID: the institution's 12 characters and 18 digits. The interface suggests date and count; ours follow from
 * the request's own id, so that a repetition and an undo name the same transaction after any restart.
 */
export function messageIdOf (institution: Institution, infno: string, requestId: string): string {
  const digest = createHash('sha256').update(`${infno}:${requestId}`).digest()
  return institution.code.padEnd(12, '0').slice(0, 12) + (digest.readBigUInt64BE() % 10n ** 18n).toString().padStart(18, '0')
}

export function institutionOf ({ institutions }: Pick<InsurerOptions, 'institutions'>, hospitalId: string | null): Institution | null {
  return (hospitalId === null ? [...institutions.values()][0] : institutions.get(hospitalId)) ?? null
}

async function answered (exchange: Exchange, body: string): Promise<string | null> {
  try {
    const answer = await exchange(body)
    return answer.status === 200 ? answer.body : null
  } catch {
    // Whether it arrived nobody knows. What fetch says may quote the request.
    return null
  }
}

/** Insurers begin their words with a code in brackets. */
function codeIn (words: string, infcode: number): string {
  return /^[[【]([A-Z0-9_]{1,40})[\]】]/.exec(words)?.[1] ?? `INFCODE_${infcode}`
}

export const insurerSilent = (): DomainError => new DomainError('OUTSIDE_UNAVAILABLE', 'The insurer did not answer in a way that can be believed. It may be asked again; see that its address is reachable and its key is the one configured.')
export const insurerRefused = (code: string): DomainError => new DomainError('OUTSIDE_REFUSED', `The insurer refused with code ${code}. Look it up in its interface description.`)
