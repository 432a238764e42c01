import type { Clock } from '../clock.ts'
import { DomainError } from '../errors.ts'
import type { InTransaction } from '../unit-of-work.ts'
import type { EscrowTools } from './escrow-tools.ts'
import type { SplitGateway } from './ports.ts'
import type { SplitChannel } from './split.ts'

/** A channel is asked outside any transaction; what it said is learned in one of its own. */
export interface TransferTools<Stores> extends EscrowTools {
  readonly inTransaction: InTransaction<Stores>
  readonly splitGateways: readonly SplitGateway[]
  /** Business time: an answer of a channel comes later than the question. */
  readonly clock: Clock
  /** What was sealed for the store. */
  readonly opened: (sealed: string) => string
}

export function splitGatewayOf ({ splitGateways }: { readonly splitGateways: readonly SplitGateway[] }, channel: SplitChannel): SplitGateway {
  const gateway = splitGateways.find((one) => one.channel === channel)
  if (gateway === undefined) throw new DomainError('PAYMENT_CHANNEL_UNAVAILABLE', 'This channel is not configured here. Choose another one.', 'channel')
  return gateway
}

/** Nobody knows whether it was carried out: it is queried. OUTSIDE_DOWN: nothing was sent. */
const isInDoubt = (error: unknown): boolean => error instanceof DomainError && error.kind === 'unavailable' && error.code !== 'OUTSIDE_DOWN' && !error.code.startsWith('STORE_')
const isSaidNo = (error: unknown): boolean => error instanceof DomainError && error.code === 'OUTSIDE_REFUSED'

interface Asked<Notice> {
  readonly ask: () => Promise<Notice>
  readonly query: () => Promise<Notice | null>
  /** It went out before, so perhaps it is done already. */
  readonly wasSent: boolean
}

export type Answer<Notice> = { readonly notice: Notice } | 'refused' | 'in_doubt'

/**
 * One question to a channel. What was sent before is queried, and handed over again under its number only where the
 * channel does not know it; a refusal may mean that the first call had come through, so it is queried too.
 */
export async function askTransfer<Notice> ({ ask, query, wasSent }: Asked<Notice>): Promise<Answer<Notice>> {
  try {
    const known = wasSent ? await query() : null
    return { notice: known ?? await ask() }
  } catch (error) {
    if (isSaidNo(error)) return await answeredNo(query)
    if (isInDoubt(error)) return 'in_doubt'
    throw error
  }
}

async function answeredNo<Notice> (query: Asked<Notice>['query']): Promise<Answer<Notice>> {
  try {
    const known = await query()
    return known === null ? 'refused' : { notice: known }
  } catch (error) {
    if (isInDoubt(error)) return 'in_doubt'
    if (isSaidNo(error)) return 'refused'
    throw error
  }
}

const minuteMs = 60_000
/** 1, 5, 10, 30 min, 1 h, then every 6 h for 30 days. */
const waitsMs = [minuteMs, 5 * minuteMs, 10 * minuteMs, 30 * minuteMs, 60 * minuteMs] as const
const everyMs = 360 * minuteMs
const mostQueries = waitsMs.length + 4 * 30

export function nextTransferQuery (queries: number, now: Date): Date | null {
  return queries >= mostQueries ? null : new Date(now.getTime() + (waitsMs[queries] ?? everyMs))
}
