import { Type } from 'typebox'

const outsideRooms = (what: string) => Type.Optional(Type.Object({
  url: Type.String({ description: `Base address of ${what}.` }),
  id: Type.String({ minLength: 1, maxLength: 200, description: 'API key or application id: who signs the tokens.' }),
  secretFile: Type.String({ description: 'File with the secret that they are signed with.' })
}, { additionalProperties: false }))

/** 语音与视频. Where sound and picture go, and how long a call waits. */
export const calls = Type.Object({
  provider: Type.Unsafe<'own' | 'livekit' | 'jitsi'>({ type: 'string', enum: ['own', 'livekit', 'jitsi'], default: 'own', description: 'own: from browser to browser; else tokens for the rooms of a provider.' }),
  stun: Type.Array(Type.String({ pattern: '^stuns?:' }), { default: [], maxItems: 10 }),
  turn: Type.Array(Type.String({ pattern: '^turns?:' }), { default: [], maxItems: 10, description: 'With TURN_SECRET_FILE.' }),
  turnSeconds: Type.Integer({ minimum: 60, maximum: 86_400, default: 600, description: 'How long a TURN credential is good for.' }),
  ringSeconds: Type.Integer({ minimum: 10, maximum: 600, default: 60 }),
  absentMinutes: Type.Integer({ minimum: 1, maximum: 1_440, default: 15, description: 'With both sides away for so long a call is idle again.' }),
  livekit: outsideRooms('the LiveKit server'),
  jitsi: outsideRooms('the Jitsi server')
}, { additionalProperties: false, default: {} })
