import { Type, type FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import type { WebSocket } from 'ws'
import { noPicture, type Call, type CallEvent, type CallQuality, type IceServer, type Message, type Party, type Picture, type RoomSocket, type Say, type Thread } from '../../../core/dialogue/index.ts'
import { DomainError } from '../../../core/errors.ts'
import type { Ids } from '../../../core/ids.ts'
import { transportError } from '../problem.ts'
import { readFrame, type Frame } from './rtc-frames.ts'
import { inTurn, mayCome, newGuest, tell, tooMany, type RoomGuest } from './rtc-guest.ts'
import type { Rooms } from './rtc-room.ts'
import type { Guest } from './thread-place.ts'
import { callBody } from './thread-wire.ts'
import type { WriteInstant } from '../wire.ts'

export interface RtcRoutesDeps {
  readonly rooms: Rooms
  readonly ids: Ids
  readonly node: string
  readonly writeInstant: WriteInstant
  /** Null: forged or over. */
  readonly openTicket: (ticket: string) => Guest | null
  /** To come back with after a break or a reload; longer than a ticket, renewed while the socket lives. */
  readonly resumeTicket: (guest: Guest) => string
  /** Refuses with THREAD_NOT_FOUND whoever is no party any more. */
  readonly enter: (socket: RoomSocket) => Promise<{ readonly thread: Thread, readonly call: Call | null }>
  readonly leave: (sockets: readonly RoomSocket[]) => Promise<void>
  /** This node and its sockets live; those of silent nodes are dropped. */
  readonly beat: () => Promise<void>
  readonly say: (said: Say) => Promise<Message>
  readonly markRead: (mark: Guest & { readonly number: number }) => Promise<void>
  readonly keepPicture: (given: Guest & { readonly bytes: Uint8Array }) => Promise<Picture>
  readonly findPicture: (id: string) => Promise<Picture | null>
  readonly step: (step: { readonly threadId: string, readonly by: Party, readonly event: CallEvent }) => Promise<Call>
  readonly reportQuality: (report: Omit<CallQuality, 'at'>) => Promise<void>
  readonly iceServersFor: (party: Party) => readonly IceServer[]
}

const pingEveryMs = 20_000
const renewEveryMs = 240_000
/** Going away (RFC 6455 §7.4.1): come back, to another node if there is one. */
const goingAway = 1001

declare module 'fastify' {
  interface FastifyRequest {
    admitted: Guest | null
  }
}

/** 房间 over a WebSocket: what is said, who is there, the call, and signals between the two sides. A wrong ticket is refused before the upgrade. */
export function rtcRoutes (deps: RtcRoutesDeps): FastifyPluginAsyncTypebox {
  return async (server) => {
    server.decorateRequest('admitted', null)
    const beating = setInterval(() => { beat(deps).catch((error: unknown) => { server.log.error({ err: error }, 'a node of rooms could not tell that it lives') }) }, pingEveryMs)
    const renewing = setInterval(() => { for (const guest of deps.rooms.all()) tell(guest, renewal(deps, guest)) }, renewEveryMs)
    server.addHook('preClose', async () => {
      clearInterval(beating)
      clearInterval(renewing)
      await drain(deps)
    })

    server.route({
      method: 'GET',
      url: '/v1/rtc',
      config: { access: 'public' },
      schema: {
        tags: ['calls'], 'x-requirements': ['C7', 'C8', 'T9', 'T11'],
        summary: 'WebSocket of a room: messages from `after` on, presence, the call, and signals of WebRTC; the frames are in docs/calls.md',
        querystring: Type.Object({ ticket: Type.String({ minLength: 1, maxLength: 2_000 }), after: Type.Integer({ minimum: 0, default: 0 }) })
      },
      preValidation: async (request) => {
        const { ticket } = request.query as { readonly ticket?: unknown }
        request.admitted = typeof ticket === 'string' ? deps.openTicket(ticket) : null
        if (request.admitted === null) throw new DomainError('ACCESS_UNAUTHENTICATED', 'This ticket is over or was never given out. Ask for a new one (POST …/ticket or …/call/ticket).')
      },
      handler: async () => { throw transportError('REQUEST_MALFORMED', 'This address speaks WebSocket only; connect with wss:// or ws://.') },
      wsHandler: (socket, request) => { receive(deps, socket, request) }
    })
  }
}

function receive (deps: RtcRoutesDeps, socket: WebSocket, request: FastifyRequest<{ Querystring: { readonly after: number } }>): void {
  const { admitted } = request
  if (admitted === null) return socket.close(tooMany)
  const guest = newGuest(socket, { id: deps.ids.next(), threadId: admitted.threadId, party: admitted.party, node: deps.node }, request.query.after)
  const { rooms } = deps
  const failed = (error: unknown): void => {
    request.log.error({ err: error }, 'a room failed')
    socket.close(1011)
  }
  // The first turn: nothing that comes meanwhile is handled before the guest is inside.
  inTurn(guest, async () => {
    try {
      await welcome(deps, guest)
    } catch (error) {
      if (error instanceof DomainError) socket.close(4403, error.code)
      else failed(error)
    }
  })
  socket.on('message', (data, isBinary) => {
    if (isBinary || !mayCome(guest)) return socket.close(tooMany, 'too much at once')
    const text = (data as Buffer).toString('utf8')
    inTurn(guest, () => handle(deps, guest, text).catch(failed))
  })
  socket.on('pong', () => { guest.isAlive = true })
  socket.on('close', () => {
    // After its last turn, so that what it said before it went is said.
    void guest.turn.then(async () => {
      rooms.remove(guest)
      if (!guest.isDrained) await deps.leave([guest])
      rooms.nudge(guest.threadId)
    }).catch(failed)
  })
}

async function welcome (deps: RtcRoutesDeps, guest: RoomGuest): Promise<void> {
  const { thread, call } = await deps.enter({ id: guest.id, threadId: guest.threadId, party: guest.party, node: guest.node })
  guest.sentTo = Math.min(guest.sentTo, thread.lastNumber)
  guest.isOpen = thread.isOpen
  tell(guest, {
    type: 'welcome', socket: guest.id, party: guest.party.kind, threadId: thread.id, isOpen: thread.isOpen, lastNumber: thread.lastNumber, call: call === null ? null : callBody(call, deps.writeInstant), ...renewal(deps, guest, false)
  })
  deps.rooms.add(guest)
}

const renewal = (deps: RtcRoutesDeps, { threadId, party }: RoomGuest, isFrame = true) => ({ ...isFrame ? { type: 'renew' } : {}, resume: deps.resumeTicket({ threadId, party }), iceServers: deps.iceServersFor(party) })

/** What core refuses is told to the one who asked; the socket goes on. */
async function handle (deps: RtcRoutesDeps, guest: RoomGuest, text: string): Promise<void> {
  const frame = readFrame(text)
  try {
    if (frame === null) throw new DomainError('REQUEST_INVALID', 'This is no frame that is understood here; see docs/calls.md.')
    await obey(deps, guest, frame)
  } catch (error) {
    if (!(error instanceof DomainError)) throw error
    const { code, message } = error
    tell(guest, { type: 'refused', code, detail: message, ...frame !== null && 'clientId' in frame ? { clientId: frame.clientId } : {} })
  }
}

async function obey (deps: RtcRoutesDeps, guest: RoomGuest, frame: Frame): Promise<void> {
  const { threadId, party } = guest
  switch (frame.type) {
    case 'say': return said(deps, guest, await deps.say({ threadId, by: party, clientId: frame.clientId, kind: 'text', text: frame.text }))
    case 'picture': {
      const { id } = await deps.keepPicture({ threadId, party, bytes: Buffer.from(frame.data, 'base64') })
      return said(deps, guest, await deps.say({ threadId, by: party, clientId: frame.clientId, kind: 'picture', attachmentId: id }))
    }
    case 'show': {
      const picture = await deps.findPicture(frame.attachmentId)
      if (picture?.threadId !== threadId) throw noPicture()
      return tell(guest, { type: 'shown', attachmentId: picture.id, contentType: picture.contentType, data: Buffer.from(picture.bytes).toString('base64') })
    }
    case 'read': {
      await deps.markRead({ threadId, party, number: frame.number })
      return await deps.rooms.send(guest, { kind: 'read', data: JSON.stringify({ number: frame.number }), to: null })
    }
    case 'signal': return await deps.rooms.send(guest, { kind: frame.kind, data: frame.data, to: frame.to ?? null })
    case 'call': {
      await deps.step({ threadId, by: party, event: eventOf(frame) })
      return deps.rooms.nudge(threadId)
    }
    case 'quality': {
      const { mode, kilobitsPerSecond, lossPermille, roundTripMs } = frame
      return await deps.reportQuality({ threadId, party, mode, kilobitsPerSecond, lossPermille, roundTripMs })
    }
  }
}

function eventOf ({ event, mode = 'text' }: Extract<Frame, { type: 'call' }>): CallEvent {
  return event === 'start' || event === 'mode' ? { kind: event, mode } : { kind: event }
}

/** It is kept; the message itself comes in its place among the others. */
function said ({ rooms }: RtcRoutesDeps, guest: RoomGuest, { clientId, number, threadId }: Message): void {
  tell(guest, { type: 'said', clientId, number })
  rooms.nudge(threadId)
}

async function beat (deps: RtcRoutesDeps): Promise<void> {
  for (const guest of deps.rooms.all()) {
    if (!guest.isAlive) guest.socket.terminate()
    guest.isAlive = false
    guest.socket.ping()
  }
  await deps.beat()
}

async function drain ({ rooms, leave }: RtcRoutesDeps): Promise<void> {
  const guests = rooms.all()
  for (const guest of guests) {
    guest.isDrained = true
    guest.socket.close(goingAway)
  }
  await rooms.stop()
  await Promise.all(guests.map(({ turn }) => turn))
  await leave(guests)
}
