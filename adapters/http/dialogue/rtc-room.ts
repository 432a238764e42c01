import type { FastifyBaseLogger } from 'fastify'
import { isSameParty, type Call, type DialogueStores, type Message, type RoomSocket, type RoomStore, type Signal, type Thread } from '../../../core/dialogue/index.ts'
import type { InTransaction } from '../../../core/unit-of-work.ts'
import { tell, type RoomGuest } from './rtc-guest.ts'
import { callBody, messageBody } from './thread-wire.ts'
import type { WriteInstant } from '../wire.ts'

export interface RoomDeps {
  readonly inReading: InTransaction<Pick<DialogueStores, 'threads' | 'messages' | 'calls'> & { readonly rooms: RoomStore }>
  /** This process, among those that serve the same database. */
  readonly node: string
  readonly writeInstant: WriteInstant
  /** Stores a signal for sockets on other nodes. */
  readonly passOn: (signal: Omit<Signal, 'sequence' | 'node'>) => Promise<void>
  readonly log: Pick<FastifyBaseLogger, 'error'>
  readonly lookEveryMs: number
}

export interface Rooms {
  readonly add: (guest: RoomGuest) => void
  readonly remove: (guest: RoomGuest) => void
  readonly all: () => readonly RoomGuest[]
  /** Something happened in this thread, on this node: look now. */
  readonly nudge: (threadId: string) => void
  readonly send: (from: RoomGuest, signal: Pick<Signal, 'kind' | 'data' | 'to'>) => Promise<void>
  readonly stop: () => Promise<void>
}

/** What one look finds of the threads that have somebody here. */
interface Look {
  readonly threads: readonly Thread[]
  readonly calls: readonly Call[]
  readonly present: readonly RoomSocket[]
  readonly signals: readonly Signal[]
}

const mostMessages = 200
const mostSignals = 500

/**
 * The rooms of this node. What was said is sent from the database, by number, to each socket from where that socket stands: so
 * nothing is lost, doubled or out of order, whoever said it and on whichever node. While anybody is here the database is
 * looked at every `lookEveryMs`; what happens on this node is looked at once. There is no other bus between nodes.
 */
export function openRooms (deps: RoomDeps): Rooms {
  const guests = new Set<RoomGuest>()
  const known: Known = { elsewhere: [], signalsTo: null }
  const looking = oneAtATime(() => look(deps, guests, known), deps)
  let timer: NodeJS.Timeout | null = null
  const rest = (): void => {
    if (timer !== null) clearInterval(timer)
    timer = null
    known.signalsTo = null
  }
  return {
    all: () => [...guests],
    add: (guest) => {
      guests.add(guest)
      timer ??= setInterval(looking.ask, deps.lookEveryMs)
      looking.ask()
    },
    remove: (guest) => {
      guests.delete(guest)
      if (guests.size === 0) rest()
    },
    nudge: looking.ask,
    send: async (from, { kind, data, to }) => {
      const signal = { threadId: from.threadId, from: { id: from.id, party: from.party }, to, kind, data }
      deliver(inThread(guests, from.threadId), signal)
      const isForElsewhere = known.elsewhere.some(({ threadId, id, party }) => threadId === from.threadId && (to === null ? !isSameParty(party, from.party) : id === to))
      if (isForElsewhere) await deps.passOn(signal)
    },
    stop: async () => {
      rest()
      await looking.stop()
    }
  }
}

/** What this node knows from its last look. */
interface Known {
  /** Sockets of other nodes. */
  elsewhere: readonly RoomSocket[]
  /** Null: nobody was here, so nothing before now is of interest. */
  signalsTo: number | null
}

function inThread (guests: ReadonlySet<RoomGuest>, wanted: string): readonly RoomGuest[] {
  return [...guests].filter(({ threadId }) => threadId === wanted)
}

async function look (deps: RoomDeps, guests: ReadonlySet<RoomGuest>, known: Known): Promise<void> {
  const ids = [...new Set([...guests].map(({ threadId }) => threadId))]
  if (ids.length === 0) return
  const found = await deps.inReading(async ({ threads, calls, rooms }) => {
    const signalsTo = known.signalsTo ?? await rooms.lastSignal()
    return { threads: await threads.several(ids), calls: await calls.several(ids), present: await rooms.present(ids), signals: await rooms.signals(ids, signalsTo, mostSignals), signalsTo }
  })
  known.signalsTo = found.signals.at(-1)?.sequence ?? found.signalsTo
  known.elsewhere = found.present.filter(({ node }) => node !== deps.node)
  for (const thread of found.threads) await show(deps, inThread(guests, thread.id), thread, found)
}

async function show (deps: RoomDeps, here: readonly RoomGuest[], thread: Thread, found: Look): Promise<void> {
  await sendMessages(deps, here, thread)
  const present = found.present.filter(({ threadId }) => threadId === thread.id).map(({ id, party }) => ({ socket: id, kind: party.kind }))
  const call = found.calls.find(({ threadId }) => threadId === thread.id)
  for (const guest of here) {
    tellPresent(guest, present)
    if (call !== undefined) tellCall(guest, call, deps.writeInstant)
    if (!thread.parties.some((party) => isSameParty(party, guest.party))) guest.socket.close(4403, 'no party any more')
    else if (guest.isOpen && !thread.isOpen) {
      guest.isOpen = false
      tell(guest, { type: 'closed' })
    }
  }
  for (const signal of found.signals) if (signal.threadId === thread.id && signal.node !== deps.node) deliver(here, signal)
}

/** One look at a time; asked for meanwhile, another one follows. What fails is tried again with the next. */
function oneAtATime (work: () => Promise<void>, { log }: Pick<RoomDeps, 'log'>): { readonly ask: () => void, readonly stop: () => Promise<void> } {
  let working: Promise<void> | null = null
  let isAsked = false
  let isOver = false
  async function run (): Promise<void> {
    while (isAsked && !isOver) {
      isAsked = false
      try {
        await work()
      } catch (error) {
        log.error({ err: error }, 'rooms could not be looked at; it is tried again')
        return
      }
    }
  }
  return {
    ask: () => {
      isAsked = true
      working ??= run().finally(() => { working = null })
    },
    stop: async () => {
      isOver = true
      await working
    }
  }
}

/** From where each socket stands; the rest comes with the next look. */
async function sendMessages ({ inReading, writeInstant }: RoomDeps, here: readonly RoomGuest[], thread: Thread): Promise<void> {
  for (;;) {
    const from = Math.min(...here.map(({ sentTo }) => sentTo))
    if (from >= thread.lastNumber) return
    const messages: readonly Message[] = await inReading((stores) => stores.messages.after(thread.id, from, mostMessages))
    if (messages.length === 0) return
    for (const message of messages) {
      const frame = { type: 'message', message: messageBody(message, writeInstant) }
      for (const guest of here) {
        if (guest.sentTo !== message.number - 1) continue
        tell(guest, frame)
        guest.sentTo = message.number
      }
    }
  }
}

function deliver (here: readonly RoomGuest[], { from, to, kind, data }: Pick<Signal, 'from' | 'to' | 'kind' | 'data'>): void {
  for (const guest of here) {
    const isFor = to === null ? !isSameParty(guest.party, from.party) : guest.id === to
    if (isFor && guest.id !== from.id) tell(guest, { type: 'signal', kind, data, from: { socket: from.id, kind: from.party.kind } })
  }
}

function tellPresent (guest: RoomGuest, present: ReadonlyArray<{ readonly socket: string, readonly kind: string }>): void {
  const told = present.map(({ socket }) => socket).join(' ')
  if (told === guest.toldPresent) return
  guest.toldPresent = told
  tell(guest, { type: 'presence', present })
}

function tellCall (guest: RoomGuest, call: Call, writeInstant: WriteInstant): void {
  const body = callBody(call, writeInstant)
  const told = JSON.stringify(body)
  if (told === guest.toldCall) return
  guest.toldCall = told
  tell(guest, { type: 'call', call: body })
}
