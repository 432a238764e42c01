import { readFileSync } from 'node:fs'
import { cleanPicture, iceServersWith, jitsiRooms, livekitRooms, ownRooms, roomTickets } from '../../adapters/calls/index.ts'
import { callRoutes, openRooms, rtcRoutes, threadByParties, threadListRoutes, threadRoutes, type Guest, type ThreadRoutesAt, type ThreadRoutesDeps } from '../../adapters/http/index.ts'
import type { Stores } from '../../adapters/store/index.ts'
import { consultationThread, supportThread, supportThreadPurpose, threadPurposeOfConsultations } from '../../core/consultations/index.ts'
import { beatOfNode, endCalls, enterRoom, leaveRooms, markRead, reportQuality, say, stepCall, type CallSettings, type DialogueTools, type IceServersFor, type RoomProvider, type ThreadPurpose } from '../../core/dialogue/index.ts'
import { invitationThread, invitationThreadPurpose } from '../../core/invitations/index.ts'
import { ConfigError, type Config } from '../config.ts'
import { plainArea, type Area, type AreaDeps } from './area.ts'
import { consultationTools } from './consultation-tools.ts'
import { invitationTools } from './invitation-tools.ts'

/** What dialogues are about here: each purpose with its ear for what is said. */
function threadPurposes (deps: AreaDeps): Readonly<Record<string, ThreadPurpose<Stores>>> {
  const consultations = consultationTools(deps)
  return { [threadPurposeOfConsultations]: consultationThread(consultations), [supportThreadPurpose]: supportThread(consultations), [invitationThreadPurpose]: invitationThread(invitationTools(deps)) }
}

function dialogueTools (deps: AreaDeps): DialogueTools<Stores> {
  return { ids: deps.ids, stableId: deps.stableId, purposes: threadPurposes(deps), takeIn: deps.takeIn }
}

/** To join with, from the moment it is asked for. */
const ticketMs = 60_000
/** To come back with; renewed every four minutes while somebody is there (adapters/http/dialogue/rtc-routes.ts). */
const resumeMs = 900_000
const lookEveryMs = 150

interface DialogueParts {
  readonly routes: ThreadRoutesDeps
  readonly calls: Parameters<typeof callRoutes>[0]
  readonly tickets: ReturnType<typeof roomTickets>
  readonly iceServersFor: IceServersFor
  readonly settings: CallSettings
}

/** Everything that a dialogue needs, from what the whole product is made of; the same for every area that has one. */
function dialogueParts (deps: AreaDeps): DialogueParts {
  const { store: { inTransaction, inReading }, clock, wallClock, ids, keys, config, writeInstant, notifyOutbox } = deps
  const tools = dialogueTools(deps)
  const settings = config.site.calls
  // A key of its own, made from the installation's, so that every node takes what another one gave out.
  const tickets = roomTickets(Buffer.from(keys.fingerprint('room-tickets', ''), 'hex'))
  const iceServersFor = iceServersOf(config)
  const provider = roomsOf(config)
  const making = async <Result>(work: (stores: Stores, at: Date) => Promise<Result>): Promise<Result> => {
    const made = await inTransaction((stores) => work(stores, clock.now()))
    notifyOutbox()
    return made
  }
  const routes: ThreadRoutesDeps = {
    inReading,
    writeInstant,
    say: (said) => making((stores, at) => say(stores, tools, said, at)),
    markRead: (mark) => making((stores, at) => markRead(stores, mark, at)),
    keepPicture: async ({ threadId, party, bytes }) => {
      const clean = await cleanPicture(bytes)
      const picture = { id: ids.next(), threadId, by: party, ...clean, madeAt: clock.now() }
      await inTransaction(({ messages }) => messages.addPicture(picture))
      return picture
    },
    ticketFor: (guest) => {
      const expiresAt = new Date(wallClock.now().getTime() + ticketMs)
      return { ticket: tickets.issue(guest, expiresAt), expiresAt }
    }
  }
  return {
    routes,
    tickets,
    iceServersFor,
    settings,
    calls: {
      ...routes,
      step: (step) => making((stores, at) => stepCall(stores, { ids, settings }, step, at)),
      reportQuality: (report) => making((stores, at) => reportQuality(stores, { ...report, at })),
      iceServersFor: (party) => iceServersFor(party, wallClock.now()),
      admit: async ({ threadId, party }: Guest) => {
        const admitted = await provider.admit({ threadId, kind: party.kind, now: wallClock.now() })
        return admitted && { provider: provider.name, ...admitted }
      }
    }
  }
}

/** 会话与通话 below the things of an area: `threadsFor(deps).at({ path: '/v1/consultations', … })` gives its routes. */
export function threadsFor (deps: AreaDeps): { readonly at: (place: Omit<ThreadRoutesAt, 'threadOf'> & Partial<Pick<ThreadRoutesAt, 'threadOf'>>) => Area['routes'] } {
  const { routes, calls } = dialogueParts(deps)
  return {
    at: (given) => {
      const place = { threadOf: threadByParties(routes), ...given }
      return [threadRoutes(routes, place), callRoutes(calls, place)]
    }
  }
}

/** 会话: the room of every dialogue, its clock, and the list of one's own. */
export function composeDialogue (deps: AreaDeps): Area {
  const { store: { inTransaction, inReading }, clock, wallClock, ids, log, writeInstant } = deps
  const { routes, calls, tickets, settings } = dialogueParts(deps)
  const node = ids.next()
  const rooms = openRooms({ inReading, node, writeInstant, log, lookEveryMs, passOn: (signal) => inTransaction((stores) => stores.rooms.signal({ ...signal, node }, wallClock.now())) })
  const moment = () => ({ at: clock.now(), realNow: wallClock.now() })
  return {
    ...plainArea,
    timers: [{ name: 'calls', nextDue: (stores) => stores.calls.nextDue(), run: (dueAt) => endCalls({ inTransaction, settings }, dueAt) }],
    routes: [
      threadListRoutes(routes),
      ...threadsFor(deps).at({ path: '/v1/threads', access: 'dialogue.use', requirements: ['C7', 'C8', 'T9'] }),
      rtcRoutes({
        ...calls, ...routes, rooms, ids, node,
        findPicture: (id) => inReading(({ messages }) => messages.findPicture(id)),
        openTicket: (ticket) => tickets.open(ticket, wallClock.now()),
        resumeTicket: (guest) => tickets.issue(guest, new Date(wallClock.now().getTime() + resumeMs)),
        enter: (socket) => inTransaction((stores) => enterRoom(stores, { socket, settings }, moment())),
        leave: (sockets) => inTransaction((stores) => leaveRooms(stores, { sockets, settings }, moment())),
        beat: () => inTransaction((stores) => beatOfNode(stores, { node, settings }, moment()))
      })
    ]
  }
}

function iceServersOf ({ site: { calls: { stun, turn, turnSeconds } }, turnSecretFile }: Pick<Config, 'site' | 'turnSecretFile'>): IceServersFor {
  if (turn.length > 0 && turnSecretFile === null) throw new ConfigError('TURN_SECRET_FILE: calls.turn names servers, so a file with their static-auth-secret is needed.')
  return iceServersWith({ stun, turn, secret: turnSecretFile === null ? null : secretIn(turnSecretFile), ttlSeconds: turnSeconds })
}

function roomsOf ({ site: { calls: { provider, livekit, jitsi } } }: Pick<Config, 'site'>): RoomProvider {
  if (provider === 'own') return ownRooms
  const given = provider === 'livekit' ? livekit : jitsi
  if (given === undefined) throw new ConfigError(`SITE_CONFIG: calls.provider is ${provider}, so calls.${provider} is needed.`)
  const rooms = { url: given.url, id: given.id, secret: secretIn(given.secretFile) }
  return provider === 'livekit' ? livekitRooms(rooms) : jitsiRooms(rooms)
}

function secretIn (file: string): string {
  try {
    return readFileSync(file, 'utf8').trim()
  } catch (error) {
    throw new ConfigError(`The secret of calls cannot be read from ${file} (${error instanceof Error ? error.message : 'unknown'}).`)
  }
}
