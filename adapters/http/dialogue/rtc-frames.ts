import { Type, type Static } from 'typebox'
import { Value } from 'typebox/value'
import { callModes, mostTextLength, type CallMode } from '../../../core/dialogue/index.ts'

const closed = { additionalProperties: false }
const mode = Type.Unsafe<CallMode>({ type: 'string', enum: callModes })
const clientId = Type.String({ minLength: 1, maxLength: 100 })
/** A picture as base64, smaller than what the page makes of a photo; larger ones go by POST …/attachments. */
const mostPictureLength = 1_400_000
/** A session description of two media is about 6 kB. */
const mostSignalLength = 60_000

const Say = Type.Object({ type: Type.Literal('say'), clientId, text: Type.String({ minLength: 1, maxLength: mostTextLength }) }, closed)
const SendPicture = Type.Object({ type: Type.Literal('picture'), clientId, data: Type.String({ minLength: 1, maxLength: mostPictureLength }) }, closed)
const ShowPicture = Type.Object({ type: Type.Literal('show'), attachmentId: Type.String({ minLength: 1, maxLength: 200 }) }, closed)
const Read = Type.Object({ type: Type.Literal('read'), number: Type.Integer({ minimum: 0 }) }, closed)
const Signal = Type.Object({
  type: Type.Literal('signal'),
  kind: Type.Union([Type.Literal('offer'), Type.Literal('answer'), Type.Literal('candidate'), Type.Literal('bye'), Type.Literal('renew')]),
  to: Type.Optional(Type.String({ maxLength: 200, description: 'one socket; else all of the other side' })),
  data: Type.String({ maxLength: mostSignalLength, description: 'JSON, handed on as it is' })
}, closed)
const callSteps = ['start', 'accept', 'decline', 'connected', 'dropped', 'hang_up', 'mode'] as const
const CallStep = Type.Object({ type: Type.Literal('call'), event: Type.Unsafe<typeof callSteps[number]>({ type: 'string', enum: callSteps }), mode: Type.Optional(mode) }, closed)
const Quality = Type.Object({
  type: Type.Literal('quality'), mode, kilobitsPerSecond: Type.Integer({ minimum: 0, maximum: 1_000_000 }), lossPermille: Type.Integer({ minimum: 0, maximum: 1_000 }), roundTripMs: Type.Integer({ minimum: 0, maximum: 600_000 })
}, closed)

const frames = { say: Say, picture: SendPicture, show: ShowPicture, read: Read, signal: Signal, call: CallStep, quality: Quality } as const
/** What a page or app says over its socket. */
export type Frame = Static<typeof frames[keyof typeof frames]>

/** Longer frames end the connection before they are read (WebSocket close code 1009). */
export const mostFrameBytes = mostPictureLength + 10_000

/** Null: no frame of ours. */
export function readFrame (text: string): Frame | null {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return null
  }
  const type = typeof value === 'object' && value !== null && 'type' in value ? String(value.type) : ''
  const schema = Object.hasOwn(frames, type) ? frames[type as keyof typeof frames] : null
  return schema !== null && Value.Check(schema, value) ? value : null
}
