import { DomainError } from '../errors.ts'
import type { Reach } from './notice-plan.ts'
import type { Device, KeptNotice, PushSender, SmsSender, TemplateMessageSender } from './ports.ts'
import { saidParams, wordsOf, type NoticeChannel } from './templates.ts'

export interface Senders {
  readonly sms: SmsSender | null
  readonly push: PushSender | null
  readonly wechat: TemplateMessageSender | null
  /** Opens what is sealed, on the way out only. */
  readonly opened: (text: string) => string
  readonly hospitalName: (hospitalId: string) => string
}

export interface Sent {
  /** taken: by the carrier. refused: this way it will never arrive. */
  readonly outcome: 'taken' | 'refused'
  /** Devices that have the app no more. */
  readonly gone: readonly Device[]
}

export type SendBy = (attempt: { readonly kept: KeptNotice, readonly channel: NoticeChannel, readonly reach: Reach, readonly isRepeated: boolean }) => Promise<Sent>

const taken: Sent = { outcome: 'taken', gone: [] }
const refused: Sent = { outcome: 'refused', gone: [] }

/** Hands a notice to one channel. Refuses with OUTSIDE_UNAVAILABLE where it may be tried again. */
export function sendBy (senders: Senders): SendBy {
  return async ({ kept, channel, reach, isRepeated }) => {
    const params = saidParams(kept.template, kept.params, senders.hospitalName)
    switch (channel) {
      case 'sms': return await bySms(senders, { kept, params, phone: reach.phone, isRepeated })
      case 'push': return await byPush(senders, { kept, params, devices: reach.devices })
      case 'wechat': return await byWechat(senders, { kept, params, openid: reach.openid })
    }
  }
}

/**
 * An SMS is not sent exactly once: the carrier forgets keys some day. So where an attempt was begun, the carrier is asked
 * what it knows before anything is sent again; one message too few is better than two.
 */
async function bySms ({ sms, opened }: Senders, { kept, params, phone, isRepeated }: { readonly kept: KeptNotice, readonly params: Readonly<Record<string, string>>, readonly phone: string | null, readonly isRepeated: boolean }): Promise<Sent> {
  if (sms === null || phone === null) return refused
  if (isRepeated && (await sms.receipt(kept.key)).kind !== 'not_known') return taken
  return await unlessRefused(async () => {
    await sms.send({ to: opened(phone), templateId: kept.template, params, key: kept.key })
    return taken
  })
}

async function byPush ({ push, opened }: Senders, { kept, params, devices }: { readonly kept: KeptNotice, readonly params: Readonly<Record<string, string>>, readonly devices: readonly Device[] }): Promise<Sent> {
  if (push === null) return refused
  const { title, text } = wordsOf(kept.template, params)
  const gone: Device[] = []
  for (const device of devices) {
    const { outcome } = await unlessRefused(async () => await push.push({ token: opened(device.token), platform: device.platform, title, text, key: `${kept.key}:${device.id}` }) === 'taken' ? taken : refused)
    if (outcome === 'refused') gone.push(device)
  }
  return { outcome: gone.length < devices.length ? 'taken' : 'refused', gone }
}

async function byWechat ({ wechat, opened }: Senders, { kept, params, openid }: { readonly kept: KeptNotice, readonly params: Readonly<Record<string, string>>, readonly openid: string | null }): Promise<Sent> {
  if (wechat === null || openid === null) return refused
  return await unlessRefused(async () => await wechat.send({ openid: opened(openid), template: kept.template, params, key: kept.key }) === 'taken' ? taken : refused)
}

/** A refusal of this very message is no reason to give up: another channel may take it. */
async function unlessRefused (send: () => Promise<Sent>): Promise<Sent> {
  try {
    return await send()
  } catch (error) {
    if (error instanceof DomainError && error.code === 'OUTSIDE_REFUSED') return refused
    throw error
  }
}
