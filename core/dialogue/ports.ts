import type { Ids, StableId } from '../ids.ts'
import type { OutboxStore } from '../outbox.ts'
import type { RecordChange } from '../records/index.ts'
import type { Call, CallQuality } from './call.ts'
import type { Message, Party, Thread } from './thread.ts'

export interface ThreadStore {
  readonly find: (id: string) => Promise<Thread | null>
  /** … and nobody else changes it until the transaction ends. */
  readonly findForChange: (id: string) => Promise<Thread | null>
  /** Inserts or replaces by id. */
  readonly save: (thread: Thread) => Promise<void>
  /** Those that one of these is a party of, by the last opened. */
  readonly ofParties: (parties: readonly Party[], page: { readonly limit: number, readonly offset: number }) => Promise<readonly Thread[]>
  /** Several at once, of those that are there. */
  readonly several: (ids: readonly string[]) => Promise<readonly Thread[]>
}

/** 图片. Stored without what a camera writes beside the picture (place, device, time). */
export interface Picture {
  readonly id: string
  readonly threadId: string
  readonly by: Party
  readonly contentType: 'image/jpeg' | 'image/png' | 'image/webp'
  readonly bytes: Uint8Array
  readonly width: number
  readonly height: number
  readonly madeAt: Date
}

/** Messages are only ever added: dialogue is kept for at least three years (互联网诊疗监管细则, 2022), and the database refuses anything else. */
export interface MessageStore {
  readonly add: (message: Message) => Promise<void>
  readonly bySender: (threadId: string, by: Party, clientId: string) => Promise<Message | null>
  /** With a greater number, in their order. */
  readonly after: (threadId: string, number: number, limit: number) => Promise<readonly Message[]>
  /** How far a party has read; 0: nothing. */
  readonly readTo: (threadId: string, party: Party) => Promise<number>
  /** A mark never goes back. */
  readonly markRead: (threadId: string, party: Party, to: { readonly number: number, readonly at: Date }) => Promise<void>
  /** Messages of others beyond the party's mark. */
  readonly unread: (threadId: string, party: Party) => Promise<number>
  /** Marks of all who have read something. */
  readonly marks: (threadId: string) => Promise<ReadonlyArray<{ readonly party: Party, readonly number: number }>>
  readonly addPicture: (picture: Picture) => Promise<void>
  readonly findPicture: (id: string) => Promise<Picture | null>
}

export interface CallStore {
  readonly find: (threadId: string) => Promise<Call | null>
  readonly findForChange: (threadId: string) => Promise<Call | null>
  readonly save: (call: Call) => Promise<void>
  readonly several: (threadIds: readonly string[]) => Promise<readonly Call[]>
  readonly due: (by: Date, limit: number) => Promise<readonly Call[]>
  readonly nextDue: () => Promise<Date | null>
  /** The newest ones of a thread are kept, `most` of them. */
  readonly addQuality: (quality: CallQuality, most: number) => Promise<void>
  /** The newest first. */
  readonly quality: (threadId: string, limit: number) => Promise<readonly CallQuality[]>
}

/** One socket of somebody in a thread, on one of the nodes. */
export interface RoomSocket {
  readonly id: string
  readonly threadId: string
  readonly party: Party
  readonly node: string
}

/** 信令. What one socket says to the others so that sound and picture find their way; kept for moments only. */
export interface Signal {
  readonly sequence: number
  readonly threadId: string
  readonly node: string
  readonly from: Pick<RoomSocket, 'id' | 'party'>
  /** Null: every socket of the other parties. */
  readonly to: string | null
  readonly kind: string
  /** As it came: JSON. */
  readonly data: string
}

/** Who is there now, over all nodes. Real time: a socket is no business. */
export interface RoomStore {
  readonly enter: (socket: RoomSocket, at: Date) => Promise<void>
  readonly seen: (node: string, at: Date) => Promise<void>
  readonly leave: (socketId: string) => Promise<void>
  readonly present: (threadIds: readonly string[]) => Promise<readonly RoomSocket[]>
  /** Of nodes that did not tell that they live; answers the ones that are gone. */
  readonly dropSilent: (seenBefore: Date) => Promise<readonly RoomSocket[]>
  /** In the order of their sequence for each thread. */
  readonly signal: (signal: Omit<Signal, 'sequence'>, at: Date) => Promise<void>
  readonly signals: (threadIds: readonly string[], after: number, limit: number) => Promise<readonly Signal[]>
  readonly lastSignal: () => Promise<number>
  readonly dropSignals: (before: Date) => Promise<void>
}

export interface DialogueStores {
  readonly threads: ThreadStore
  readonly messages: MessageStore
  readonly calls: CallStore
  readonly outbox: Pick<OutboxStore, 'add'>
}

/** Registered by purpose in app/compose/dialogue.ts; hears each message of a party in its transaction (timers, a notice to the other side). */
export interface ThreadPurpose<Stores> {
  /** Locks what the thread is about. Whoever changes that locks it before the thread, so a message does, too. */
  readonly hold: (stores: Stores, id: string) => Promise<unknown>
  readonly said: (stores: Stores, said: { readonly thread: Thread, readonly message: Message }, at: Date) => Promise<void>
}

export interface DialogueTools<Stores> {
  readonly ids: Ids
  readonly stableId: StableId
  readonly purposes: Readonly<Record<string, ThreadPurpose<Stores>>>
  /** core/intake takeIn in the transaction of `stores`. */
  readonly takeIn: (stores: Stores, changes: readonly RecordChange[], at: Date) => Promise<unknown>
}

/** Outside rooms for sound and picture (LiveKit, Jitsi): a token for one party, good for a short time. Of our own rooms there is none. */
export interface RoomProvider {
  readonly name: 'own' | 'livekit' | 'jitsi'
  readonly admit: (guest: { readonly threadId: string, readonly kind: Party['kind'], readonly now: Date }) => Promise<{ readonly url: string, readonly token: string } | null>
}

/** As a browser takes it (RTCIceServer). */
export interface IceServer {
  readonly urls: readonly string[]
  readonly username?: string
  readonly credential?: string
}

/** STUN and TURN servers with a credential of its own that ends soon. Real time. */
export type IceServersFor = (party: Party, now: Date) => readonly IceServer[]
