import { isNoticeTemplate, type Notice, type NoticeState } from '../notice.ts'
import { DomainError } from '../errors.ts'
import type { Clock } from '../clock.ts'
import type { CarryOut, OutboxMessage } from '../outbox.ts'
import type { InTransaction } from '../unit-of-work.ts'
import { mayGoAt, mayGoOn, nextAsk, nextChannel, type BusinessDays, type DunningHours, type Reach } from './notice-plan.ts'
import type { DeviceStore, KeptNotice, NoticeBook } from './ports.ts'
import type { SendBy } from './send-by.ts'
import { templates, type NoticeChannel } from './templates.ts'

export interface CarryNoticeDeps<Stores extends { readonly notices: NoticeBook, readonly devices: DeviceStore }> extends BusinessDays {
  readonly inTransaction: InTransaction<Stores>
  readonly clock: Clock
  readonly hours: DunningHours
  readonly sendBy: SendBy
  readonly reachOf: (stores: Stores, notice: Notice) => Promise<Reach>
  /** Why it need not be said any more, e.g. since it was paid; null: it stands. Asked before every attempt (I-24). */
  readonly isMoot: (stores: Stores, notice: Notice) => Promise<string | null>
}

interface Attempt {
  readonly kept: KeptNotice
  readonly channel: NoticeChannel
  readonly reach: Reach
  /** It was begun before and nobody knows how that ended. */
  readonly isRepeated: boolean
}

/**
 * 通知. Carries out outbox messages of kind `notice`. A message begun is written down before it leaves, so that a
 * repetition asks the carrier first; what does not arrive goes by the next channel; what nobody can be reached for is
 * undelivered, and a letter by hand is what is left.
 */
export function carryNotice<Stores extends { readonly notices: NoticeBook, readonly devices: DeviceStore }> (deps: CarryNoticeDeps<Stores>): CarryOut {
  return async (message) => {
    const notice = noticeOf(message)
    // Each turn but the last uses a channel up.
    for (let turn = 0; turn <= templates[notice.template].channels.length; turn += 1) {
      const attempt = await deps.inTransaction((stores) => begin(stores, deps, { notice, message }))
      if (attempt === null) return
      const { outcome, gone } = await deps.sendBy(attempt)
      await deps.inTransaction((stores) => record(stores, { attempt, isTaken: outcome === 'taken', gone, now: deps.clock.now() }))
      if (outcome === 'taken') return
    }
  }
}

async function begin<Stores extends { readonly notices: NoticeBook, readonly devices: DeviceStore }> (stores: Stores, deps: CarryNoticeDeps<Stores>, { notice, message }: { readonly notice: Notice, readonly message: OutboxMessage }): Promise<Attempt | null> {
  const before = await stores.notices.findKept(message.key)
  const kept = before ?? newNotice(notice, message)
  if (!mayGoOn(kept)) return null
  const end = async (state: NoticeState, rest: Partial<KeptNotice>): Promise<null> => {
    await stores.notices.keep({ ...kept, state, ...rest })
    return null
  }
  const moot = await deps.isMoot(stores, notice)
  if (moot !== null) return await end('suppressed', { reason: moot, lookAt: null })
  const now = deps.clock.now()
  // After an outage one reminder comes, that of the day, and not one for each day that was missed (acc C-12).
  if (templates[kept.template].isDunning && deps.calendar(kept.queuedAt) < deps.calendar(now)) return await end('suppressed', { reason: 'day_over', lookAt: null })
  const later = mayGoAt(kept.template, now, deps.hours, deps)
  if (later !== null) return await end('queued', { lookAt: later })
  const reach = await deps.reachOf(stores, notice)
  const channel = nextChannel(kept, reach)
  if (channel === null) return await end('undelivered', { reason: kept.reason ?? 'no_channel', lookAt: null })
  const isRepeated = kept.state === 'queued' && kept.channel === channel
  const begun = { ...kept, state: 'queued' as const, channel, lookAt: null }
  await stores.notices.keep(begun)
  return { kept: begun, channel, reach, isRepeated }
}

async function record (stores: { readonly notices: NoticeBook, readonly devices: DeviceStore }, { attempt, isTaken, gone, now }: { readonly attempt: Attempt, readonly isTaken: boolean, readonly gone: ReadonlyArray<{ readonly id: string, readonly ownerId: string }>, readonly now: Date }): Promise<void> {
  for (const { id, ownerId } of gone) await stores.devices.drop(id, ownerId)
  const { channel } = attempt
  const kept = await stores.notices.findKept(attempt.kept.key) ?? attempt.kept
  if (!isTaken) {
    await stores.notices.keep({ ...kept, state: 'undelivered', tried: [...kept.tried, channel], reason: `${channel}_refused` })
    return
  }
  const asks = channel === 'sms' && templates[kept.template].asksReceipt
  // It may have been read meanwhile.
  const state = kept.state === 'read' ? kept.state : 'sent'
  await stores.notices.keep({ ...kept, state, channel, sentAt: now, reason: null, asks: 0, lookAt: asks ? nextAsk(0, now) : null })
}

function newNotice ({ template, patientId, staffId = null, params }: Notice, { id, key, createdAt }: OutboxMessage): KeptNotice {
  return {
    key, template, patientId, staffId, params, state: 'queued', channel: null, proofId: null, reason: null, queuedAt: createdAt, sentAt: null, provenAt: null,
    messageId: id, tried: [], lookAt: null, asks: 0
  }
}

function noticeOf ({ payload: { template, patientId, staffId = null, phone, params } }: OutboxMessage): Notice {
  if (!isNoticeTemplate(template) || !isTextOrNull(patientId) || !isTextOrNull(staffId) || (patientId === null) === (staffId === null) || !isTextOrNull(phone) || !isTexts(params)) {
    throw new DomainError('REQUEST_INVALID', 'A notice needs a known template, a patient or somebody of the staff, and texts for it. Correct what wrote it.')
  }
  return { template, patientId, staffId, phone, params }
}

const isTextOrNull = (value: unknown): value is string | null => value === null || typeof value === 'string'

function isTexts (params: unknown): params is Readonly<Record<string, string>> {
  return typeof params === 'object' && params !== null && Object.values(params).every((value) => typeof value === 'string')
}
