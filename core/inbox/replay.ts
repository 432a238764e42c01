import type { Ids } from '../ids.ts'
import type { MessageFormat, NewMessage, StoredMessage } from './message.ts'

/**
 * What can be read of a message's bytes with today's configuration. A replay reads them anew, because what parked it
 * may have been a character set or a lane rule that was put right since.
 */
export type Description = Pick<NewMessage, 'contentHash' | 'controlId' | 'type' | 'trigger' | 'sentAt' | 'charset' | 'lanes' | 'parked'>

export type DescribeMessage = (message: { readonly source: string, readonly format: MessageFormat, readonly raw: Uint8Array }) => Description

/** A new message in place of `original`, linked to it; the acknowledgement stays the one the sender got. */
export function replayOf (original: StoredMessage, by: {
  readonly raw: Uint8Array
  readonly description: Description
  readonly dedupeKey: string
  readonly ids: Ids
  readonly receivedAt: Date
}): NewMessage {
  const { source, hospitalId, format, ack, sentAt, receivedAt } = original
  return {
    id: by.ids.next(),
    source,
    hospitalId,
    format,
    raw: by.raw,
    ...by.description,
    // What tells no time of its own was so when the original came, and must not overrule what came since.
    sentAt: by.description.sentAt ?? sentAt ?? receivedAt,
    dedupeKey: by.dedupeKey,
    receivedAt: by.receivedAt,
    ack,
    replayOf: original.id
  }
}

/** The message as it came at first: what is made of a replay may not depend on when somebody asked for it. */
export function asItCame (message: StoredMessage): StoredMessage {
  return message.replayOf === null ? message : { ...message, receivedAt: message.sentAt ?? message.receivedAt }
}
