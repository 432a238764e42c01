import { SignJWT } from 'jose'
import type { RoomProvider } from '../../core/dialogue/index.ts'

/** Good for joining; whoever is inside stays inside. */
const ttlSeconds = 600
/** Nothing of a person leaves: a room shows what somebody is, not who. */
const shown = { patient: '患者 Patient', doctor: '医生 Doctor', hospital: '医院 Hospital', support: '客服 Support' } as const

/** Sound and picture go from browser to browser, or over our TURN server. */
export const ownRooms: RoomProvider = { name: 'own', admit: async () => null }

interface OutsideRooms {
  readonly url: string
  readonly id: string
  readonly secret: string
}

const inSeconds = (at: Date): number => Math.floor(at.getTime() / 1000)

/** LiveKit access token: the grant is `video`; `exp` is looked at when somebody joins. */
export function livekitRooms ({ url, id, secret }: OutsideRooms): RoomProvider {
  return {
    name: 'livekit',
    admit: async ({ threadId, kind, now }) => ({
      url,
      token: await new SignJWT({ name: shown[kind], video: { room: threadId, roomJoin: true, canPublish: true, canSubscribe: true, canPublishData: true } })
        .setProtectedHeader({ alg: 'HS256', typ: 'JWT' }).setIssuer(id).setSubject(kind).setJti(`${threadId}:${kind}`).setNotBefore(inSeconds(now)).setExpirationTime(inSeconds(now) + ttlSeconds).sign(Buffer.from(secret))
    })
  }
}

/** Jitsi (prosody token authentication): whoever leads is said in context.user.moderator, and nowhere else it counts. */
export function jitsiRooms ({ url, id, secret }: OutsideRooms): RoomProvider {
  const { hostname } = new URL(url)
  return {
    name: 'jitsi',
    admit: async ({ threadId, kind, now }) => ({
      url: `${url.replace(/\/$/, '')}/${threadId}`,
      token: await new SignJWT({ room: threadId, context: { user: { id: kind, name: shown[kind], moderator: kind === 'doctor' } } })
        .setProtectedHeader({ alg: 'HS256', typ: 'JWT' }).setIssuer(id).setAudience('jitsi').setSubject(hostname).setNotBefore(inSeconds(now)).setExpirationTime(inSeconds(now) + ttlSeconds).sign(Buffer.from(secret))
    })
  }
}
