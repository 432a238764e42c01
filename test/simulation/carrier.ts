import { seededChance } from '../../adapters/simulators/random.ts'
import type { Clock } from '../../core/clock.ts'
import { DomainError } from '../../core/errors.ts'
import type { SmsReceipt, SmsSender } from '../../core/notifications/index.ts'

export interface SentSms {
  readonly at: Date
  readonly to: string
  readonly template: string
  readonly params: Readonly<Record<string, string>>
}

export interface Carrier extends SmsSender {
  readonly sent: readonly SentSms[]
  /** The newest code that a phone got. */
  readonly codeTo: (phone: string) => string | null
}

/** 运营商. Takes a key once; some messages are refused for the moment, some are taken and the answer is lost, some never arrive. */
export function carrier (clock: Clock, seed: number, hasFaults: boolean): Carrier {
  const sent: SentSms[] = []
  const taken = new Map<string, { readonly at: Date, asks: number, tries: number }>()
  const codes = new Map<string, string>()
  const luckOf = (key: string, what: string): number => seededChance(`${seed}:${what}:${key}`).next()
  const away = (): DomainError => new DomainError('OUTSIDE_UNAVAILABLE', 'The carrier does not answer.')
  const tries = new Map<string, number>()
  return {
    sent,
    codeTo: (phone) => codes.get(phone) ?? null,
    send: async ({ to, templateId, params, key }) => {
      const count = (tries.get(key) ?? 0) + 1
      tries.set(key, count)
      const luck = hasFaults && params['code'] === undefined && count === 1 ? luckOf(key, 'send') : 1
      if (luck < 0.01) throw away()
      if (!taken.has(key)) {
        taken.set(key, { at: clock.now(), asks: 0, tries: count })
        sent.push({ at: clock.now(), to, template: templateId, params })
        const code = params['code']
        if (code !== undefined) codes.set(to, code)
      }
      if (luck < 0.02) throw away()
    },
    receipt: async (key): Promise<SmsReceipt> => {
      const message = taken.get(key)
      if (message === undefined) return { kind: 'not_known' }
      message.asks += 1
      const luck = hasFaults ? luckOf(key, 'receipt') : 1
      const proofId = `R-${key}`
      if (luck < 0.03) return { kind: 'undelivered', proofId, code: 'ABSENT' }
      return luck < 0.1 && message.asks < 3 ? { kind: 'pending', proofId } : { kind: 'delivered', proofId, at: message.at }
    }
  }
}
