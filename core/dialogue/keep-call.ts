import type { InTransaction } from '../unit-of-work.ts'
import { noticeMessage } from '../notice.ts'
import { decideCall, noCall, refuseUnlessMay, type Call, type CallEvent, type CallQuality, type CallSettings } from './call.ts'
import { DomainError } from '../errors.ts'
import { noThread, tellEvent } from './keep-thread.ts'
import type { CallStore, DialogueStores } from './ports.ts'
import { isSameParty, type Party, type Thread } from './thread.ts'
import type { Ids } from '../ids.ts'

export interface CallTools {
  readonly ids: Ids
  readonly settings: CallSettings
}

/** 通话的一步, by somebody of the thread. The person who is called is told at each new ring. */
export async function stepCall (stores: DialogueStores, { ids, settings }: CallTools, { threadId, by, event }: { readonly threadId: string, readonly by: Party, readonly event: CallEvent }, at: Date): Promise<Call> {
  const thread = await openThreadOf(stores, threadId, by)
  refuseUnlessMay(by, event)
  const before = await stores.calls.findForChange(threadId) ?? noCall(threadId, 'text', at)
  const after = decideCall(before, event, at, settings)
  if (after !== before) await stores.calls.save(after)
  if (after.attempt !== before.attempt) await tellRinging(stores, { thread, call: after, id: ids.next() }, at)
  const code = toldAs(before, after)
  if (code !== null) await tellEvent(stores, { id: threadId, code }, at)
  return after
}

async function openThreadOf ({ threads }: Pick<DialogueStores, 'threads'>, threadId: string, by: Party): Promise<Thread> {
  const thread = await threads.findForChange(threadId)
  if (thread === null || !thread.parties.some((party) => isSameParty(party, by))) throw noThread()
  if (!thread.isOpen) throw new DomainError('THREAD_CLOSED', 'This dialogue has ended, and its call with it.')
  return thread
}

async function tellRinging ({ outbox }: Pick<DialogueStores, 'outbox'>, { thread, call, id }: { readonly thread: Thread, readonly call: Call, readonly id: string }, at: Date): Promise<void> {
  const patient = thread.parties.find(({ kind }) => kind === 'patient')
  if (patient === undefined) return
  await outbox.add(noticeMessage({ template: 'call_ringing', patientId: patient.id, phone: null, params: { hospital: thread.hospitalId } }, { id, key: `call:${thread.id}:${call.attempt}`, at }))
}

/** What of it stands in the dialogue: that it rang, and how that ended; what the network did is nobody's message. */
function toldAs (before: Call, after: Call): string | null {
  if (after.attempt !== before.attempt) return 'call_started'
  if (before.state === 'ringing' && after.state === 'connecting') return 'call_accepted'
  return after.state === 'idle' && before.state !== 'idle' ? `call_${after.outcome ?? 'ended'}` : null
}

const mostAtOnce = 100

/** 无人接听、双方离开: what the clock does to calls. */
export async function endCalls ({ inTransaction, settings }: { readonly inTransaction: InTransaction<DialogueStores>, readonly settings: CallSettings }, dueAt: Date): Promise<{ readonly ended: number }> {
  let ended = 0
  for (;;) {
    const passed = await inTransaction(async (stores) => {
      const due = await stores.calls.due(dueAt, mostAtOnce)
      for (const { threadId } of due) await passTime(stores, { threadId, settings }, dueAt)
      return due.length
    })
    ended += passed
    if (passed < mostAtOnce) return { ended }
  }
}

async function passTime (stores: DialogueStores, { threadId, settings }: { readonly threadId: string, readonly settings: CallSettings }, at: Date): Promise<void> {
  await stores.threads.findForChange(threadId)
  const call = await stores.calls.findForChange(threadId)
  if (call?.dueAt === null || call === null || call.dueAt > at) return
  const after = decideCall(call, { kind: call.dueFor === 'answer' ? 'no_answer' : 'absent' }, at, settings)
  await stores.calls.save(after)
  const code = toldAs(call, after)
  if (code !== null) await tellEvent(stores, { id: threadId, code }, at)
}

const mostReports = 500

export async function reportQuality ({ calls }: { readonly calls: Pick<CallStore, 'addQuality'> }, quality: CallQuality): Promise<void> {
  await calls.addQuality(quality, mostReports)
}
