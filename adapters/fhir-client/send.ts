import type { Clock } from '../../core/clock.ts'
import { DomainError } from '../../core/errors.ts'
import { exchange, type Answer, type ExchangeLimits } from './exchange.ts'
import { passingStatuses, waitBeforeRetry } from './retry-after.ts'
import type { Tokens } from './tokens.ts'

export interface SendOptions {
  readonly origin: string
  readonly tokens: Tokens
  readonly limits: ExchangeLimits
  /** Of a read; a write is sent once, whoever caused it knows when to send it again. */
  readonly attempts: number
  readonly longestWaitMs: number
  /** Real time. */
  readonly wallClock: Clock
  readonly sleep: (ms: number, closing: AbortSignal | null) => Promise<void>
}

export interface Request {
  readonly method: string
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | null
}

/**
 * Sends with our token, once more with a new one where the server no longer takes the old one, and reads again what
 * may pass in a moment. Answers whatever the server answers in the end; refuses only where no answer came.
 */
export async function send (options: SendOptions, request: Request): Promise<Answer> {
  if (new URL(request.url).origin !== options.origin) {
    throw new DomainError('OUTSIDE_REFUSED', 'The FHIR server names an address at another origin, where our token must not go. Set its own base address right, or url of the source.')
  }
  const attempts = request.method === 'GET' ? options.attempts : 1
  for (let attempt = 1; ; attempt++) {
    const answer = await answerOf(options, request, attempt < attempts)
    const mayPass = answer === null || passingStatuses.includes(answer.status)
    if (answer !== null && (!mayPass || attempt >= attempts)) return answer
    await options.sleep(waitBeforeRetry(attempt, answer?.headers ?? null, { now: options.wallClock.now(), longestMs: options.longestWaitMs }), options.limits.closing)
  }
}

/** Null: no answer came, and there are attempts left. */
async function answerOf (options: SendOptions, request: Request, isToBeTriedAgain: boolean): Promise<Answer | null> {
  try {
    return await sendWithToken(options, request)
  } catch (error) {
    const isClosing = options.limits.closing?.aborted === true
    if (isToBeTriedAgain && !isClosing && error instanceof DomainError && error.code === 'OUTSIDE_UNAVAILABLE') return null
    throw error
  }
}

async function sendWithToken ({ tokens, limits }: SendOptions, request: Request): Promise<Answer> {
  const token = await tokens.current()
  const answer = await exchange(withToken(request, token), limits)
  if (answer.status !== 401) return answer
  const other = await tokens.renewed(token)
  return other === null ? answer : exchange(withToken(request, other), limits)
}

function withToken (request: Request, token: string | null): Request {
  return token === null ? request : { ...request, headers: { ...request.headers, authorization: `Bearer ${token}` } }
}
