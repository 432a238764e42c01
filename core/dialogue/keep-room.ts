import { decideCall, type Call, type CallSettings } from './call.ts'
import { noThread } from './keep-thread.ts'
import type { DialogueStores, RoomSocket, RoomStore } from './ports.ts'
import { isSameParty, type Thread } from './thread.ts'

type RoomStores = Pick<DialogueStores, 'threads' | 'calls'> & { readonly rooms: RoomStore }

/** Business time decides about calls, real time about sockets. */
interface Moment {
  readonly at: Date
  readonly realNow: Date
}

/** A socket of a party comes in; whoever is no party any more is refused, however good the ticket. */
export async function enterRoom ({ threads, calls, rooms }: RoomStores, { socket, settings }: { readonly socket: RoomSocket, readonly settings: CallSettings }, { at, realNow }: Moment): Promise<{ readonly thread: Thread, readonly call: Call | null }> {
  const thread = await threads.findForChange(socket.threadId)
  if (thread === null || !thread.parties.some((party) => isSameParty(party, socket.party))) throw noThread()
  await rooms.enter(socket, realNow)
  return { thread, call: await presenceNoted({ calls }, settings, { threadId: thread.id, isAnybodyThere: true }, at) }
}

/** Sockets go, one or all of a node. With nobody left the clock of the absence runs; it never ends the visit. */
export async function leaveRooms ({ threads, calls, rooms }: RoomStores, { sockets, settings }: { readonly sockets: readonly RoomSocket[], readonly settings: CallSettings }, { at }: Pick<Moment, 'at'>): Promise<void> {
  for (const threadId of [...new Set(sockets.map((socket) => socket.threadId))].sort()) {
    await threads.findForChange(threadId)
    for (const { id } of sockets.filter((socket) => socket.threadId === threadId)) await rooms.leave(id)
    const present = await rooms.present([threadId])
    await presenceNoted({ calls }, settings, { threadId, isAnybodyThere: present.length > 0 }, at)
  }
}

/** Nodes tell that they live; after so long without a word one is taken for gone, and its sockets with it. */
const silentMs = 90_000
/** A signal is taken within a second, or was for somebody who has gone. */
const signalMs = 120_000

export async function beatOfNode (stores: RoomStores, { node, settings }: { readonly node: string, readonly settings: CallSettings }, { at, realNow }: Moment): Promise<void> {
  await stores.rooms.seen(node, realNow)
  const gone = await stores.rooms.dropSilent(new Date(realNow.getTime() - silentMs))
  await leaveRooms(stores, { sockets: gone, settings }, { at })
  await stores.rooms.dropSignals(new Date(realNow.getTime() - signalMs))
}

async function presenceNoted ({ calls }: Pick<DialogueStores, 'calls'>, settings: CallSettings, { threadId, isAnybodyThere }: { readonly threadId: string, readonly isAnybodyThere: boolean }, at: Date): Promise<Call | null> {
  const before = await calls.findForChange(threadId)
  if (before === null) return null
  const after = decideCall(before, { kind: 'presence', isAnybodyThere }, at, settings)
  if (after !== before) await calls.save(after)
  return after
}
