import { describeMessage, zoneOffsetIn } from '../../adapters/hl7v2/index.ts'
import type { Clock } from '../../core/clock.ts'
import type { Ids } from '../../core/ids.ts'
import type { NewMessage } from '../../core/inbox/index.ts'
import type { MllpSourceConfig } from '../site-config.ts'

export interface AnswerMessageDeps {
  /** Business time. */
  readonly clock: Clock
  readonly ids: Ids
  readonly zone: string
}

/** What a hospital answers over our own line to it is a message like those that it sends: kept, and read by the tables of its source. */
export function answerMessage (raw: Buffer, { clock, ids, zone }: AnswerMessageDeps, { name, hospital, charset, keyRule }: MllpSourceConfig): NewMessage {
  const described = describeMessage(raw, { charset, keyRule, hospitalId: hospital, zoneOffset: zoneOffsetIn(zone) })
  const { contentHash, dedupeKey, controlId, type, trigger, sentAt, charset: read, lanes, parked } = described
  return {
    id: ids.next(), source: name, hospitalId: hospital, format: 'hl7v2', raw, contentHash, dedupeKey, controlId, type, trigger, sentAt, charset: read, lanes, receivedAt: clock.now(), parked, ack: new Uint8Array(), replayOf: null
  }
}
