import type { FastifyRequest } from 'fastify'
import type { Permission } from '../../../core/access/index.ts'
import { noThread, partyOf, type DialogueStores, type Message, type Party, type Picture, type Say, type Thread } from '../../../core/dialogue/index.ts'
import { DomainError } from '../../../core/errors.ts'
import type { InTransaction } from '../../../core/unit-of-work.ts'
import { callerOf, noteAccess } from '../access.ts'
import type { WriteInstant } from '../wire.ts'

/** What somebody is in a dialogue. `thread` is null before it is opened; without a party one may read and nothing else. */
export interface Place {
  readonly thread: Thread | null
  readonly party: Party | null
}

/** Lets the caller to the dialogue of one thing, or refuses as if the thing were not there. */
export type ThreadOf = (request: FastifyRequest, id: string) => Promise<Place>

/** Where an area hangs its dialogue: `path` is its list of things, e.g. /v1/consultations. */
export interface ThreadRoutesAt {
  readonly path: string
  readonly access: Permission
  readonly requirements: readonly string[]
  readonly threadOf: ThreadOf
}

export interface Guest {
  readonly threadId: string
  readonly party: Party
}

export interface ThreadRoutesDeps {
  readonly inReading: InTransaction<Pick<DialogueStores, 'threads' | 'messages' | 'calls'>>
  readonly writeInstant: WriteInstant
  readonly say: (said: Say) => Promise<Message>
  readonly markRead: (mark: Guest & { readonly number: number }) => Promise<void>
  /** Refuses with PICTURE_INVALID what its content does not show to be one. */
  readonly keepPicture: (given: Guest & { readonly bytes: Uint8Array }) => Promise<Picture>
  /** Good for one minute, to join a room with. */
  readonly ticketFor: (guest: Guest) => { readonly ticket: string, readonly expiresAt: Date }
}

/** By who takes part in it, whatever it is about. */
export function threadByParties ({ inReading }: Pick<ThreadRoutesDeps, 'inReading'>): ThreadOf {
  return async (request, id) => {
    const thread = await inReading(({ threads }) => threads.find(id))
    const { principal, patientIds } = callerOf(request)
    const party = thread === null ? null : partyOf({ ...principal, patientIds }, thread)
    if (thread !== null) noteAccess(request, { target: 'dialogue', targetId: id, patientId: patientOf(thread), outcome: party === null ? 'refused' : 'allowed' })
    if (party === null) throw noThread()
    return { thread, party }
  }
}

export const patientOf = ({ parties }: Thread): string | null => parties.find(({ kind }) => kind === 'patient')?.id ?? null

/** The caller as a party of an opened thread. */
export function guestAt ({ thread, party }: Place): Guest {
  if (thread === null) throw new DomainError('THREAD_CLOSED', 'This dialogue is not open yet; it begins when what it is about was accepted.')
  if (party === null) throw new DomainError('ACCESS_DENIED', 'You may read this dialogue but you are no part of it.')
  return { threadId: thread.id, party }
}
