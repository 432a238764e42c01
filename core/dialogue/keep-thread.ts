import assert from 'node:assert'
import { DomainError } from '../errors.ts'
import { decideCall } from './call.ts'
import type { DialogueStores } from './ports.ts'
import type { Message, Party, Thread } from './thread.ts'

/** Of an end nothing is waited for. */
const noWaiting = { ringSeconds: 0, absentMinutes: 0 }

export const noThread = (): DomainError => new DomainError('THREAD_NOT_FOUND', 'There is no dialogue under this id, or it is not yours; it begins when what it is about was accepted.')

/** Opened again, it is opened with these parties; what was said stands. */
export async function openThread ({ threads }: Pick<DialogueStores, 'threads'>, { id, purpose, hospitalId, parties }: Pick<Thread, 'id' | 'purpose' | 'hospitalId' | 'parties'>, at: Date): Promise<Thread> {
  assert(parties.length >= 1, 'somebody takes part in a dialogue')
  const standing = await threads.findForChange(id)
  const thread: Thread = standing === null
    ? { id, purpose, hospitalId, parties, isOpen: true, lastNumber: 0, openedAt: at, closedAt: null }
    : { ...standing, parties, isOpen: true, closedAt: null }
  await threads.save(thread)
  return thread
}

/** Whoever is no party any more can neither read nor write in it from now on; what they said stands, a call with them is over. */
export async function changeParties ({ threads, calls }: Pick<DialogueStores, 'threads' | 'calls'>, { id, parties }: Pick<Thread, 'id' | 'parties'>, at: Date): Promise<void> {
  const thread = await threads.findForChange(id)
  if (thread === null) throw noThread()
  await threads.save({ ...thread, parties })
  const call = await calls.findForChange(id)
  if (call !== null && call.state !== 'idle' && call.state !== 'ended') await calls.save(decideCall(call, { kind: 'hang_up' }, at, noWaiting))
}

/** The end of what it is about; its call ends with it. Safe to repeat, and with an id that has no thread. */
export async function closeThread ({ threads, calls }: Pick<DialogueStores, 'threads' | 'calls'>, id: string, at: Date): Promise<void> {
  const thread = await threads.findForChange(id)
  if (thread?.isOpen !== true) return
  await threads.save({ ...thread, isOpen: false, closedAt: at })
  const call = await calls.findForChange(id)
  if (call !== null) await calls.save(decideCall(call, { kind: 'finish' }, at, noWaiting))
}

/** The system says what happened, e.g. `doctor_assigned`; shown by the apps in their own words. */
export async function tellEvent (stores: Pick<DialogueStores, 'threads' | 'messages'>, { id, code }: { readonly id: string, readonly code: string }, at: Date): Promise<Message> {
  assert(/^[a-z][a-z0-9_]{0,59}$/.test(code), 'an event is a code, no text')
  const thread = await stores.threads.findForChange(id)
  if (thread === null) throw noThread()
  return await appended(stores, thread, { by: null, clientId: `${code}:${thread.lastNumber + 1}`, kind: 'event', text: code, attachmentId: null, at })
}

/** The next number of the thread, which is locked: no gap, no number twice. */
export async function appended ({ threads, messages }: Pick<DialogueStores, 'threads' | 'messages'>, thread: Thread, said: Omit<Message, 'threadId' | 'number'>): Promise<Message> {
  const message: Message = { threadId: thread.id, number: thread.lastNumber + 1, ...said }
  await messages.add(message)
  await threads.save({ ...thread, lastNumber: message.number })
  return message
}

export async function markRead ({ threads, messages }: Pick<DialogueStores, 'threads' | 'messages'>, { threadId, party, number }: { readonly threadId: string, readonly party: Party, readonly number: number }, at: Date): Promise<void> {
  const thread = await threads.find(threadId)
  if (thread === null) throw noThread()
  await messages.markRead(threadId, party, { number: Math.min(number, thread.lastNumber), at })
}
