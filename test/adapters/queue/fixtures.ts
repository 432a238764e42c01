import { createHash, randomUUID } from 'node:crypto'
import type { NewMessage } from '../../../core/inbox/index.ts'

export const wallClock = { now: () => new Date() }

/** A message as a listener would give it to the inbox. Only what matters to a test is given. */
export function aMessage (given: Partial<NewMessage> & { readonly text?: string } = {}): NewMessage {
  const { text, ...rest } = given
  const id = rest.id ?? randomUUID()
  const raw = rest.raw ?? Buffer.from(text ?? `message ${id}`)
  return {
    id,
    source: 'east',
    hospitalId: 'east',
    format: 'hl7v2',
    raw,
    contentHash: createHash('sha256').update(raw).digest('hex'),
    dedupeKey: id,
    controlId: id,
    type: 'ADT',
    trigger: 'A08',
    sentAt: new Date('2026-03-02T00:00:00.000Z'),
    charset: 'utf8',
    lanes: ['east/1'],
    receivedAt: new Date('2026-03-02T00:00:01.000Z'),
    parked: null,
    ack: Buffer.from('MSA|AA'),
    replayOf: null,
    ...rest
  }
}
