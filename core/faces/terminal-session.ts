import { DomainError } from '../errors.ts'
import type { ReadingStore } from '../identity/index.ts'
import type { Terminal, TerminalSession } from './terminal.ts'
import type { TerminalStore } from './terminal-ports.ts'

interface SessionDeps {
  readonly terminals: Pick<TerminalStore, 'openSession' | 'findSession' | 'seen' | 'endSession' | 'openSessions' | 'readingsOf' | 'dropBefore'>
  readonly readings: Pick<ReadingStore, 'end'>
}

/** What happened in a session stays for a day, for whoever looks into a complaint. */
const keptMs = 86_400_000

/** A new session; one that the terminal left open ends, since one person stands there. */
export async function openTerminalSession ({ terminals, readings }: SessionDeps, { id, terminal }: { readonly id: string, readonly terminal: Terminal }, now: Date): Promise<TerminalSession> {
  await terminals.dropBefore(new Date(now.getTime() - keptMs))
  for (const left of await terminals.openSessions({ tokenId: terminal.tokenId, terminalId: terminal.id })) await endTerminalSession({ terminals, readings }, left.id, now)
  const session: TerminalSession = { id, terminalId: terminal.id, tokenId: terminal.tokenId, hospitalId: terminal.hospitalId, openedAt: now, seenAt: now, endedAt: null }
  await terminals.openSession(session)
  return session
}

/** 闲置. The session, if it is of this terminal and still alive; it lives on from now. Answers as if there were none otherwise. */
export async function aliveSession ({ terminals }: { readonly terminals: Pick<TerminalStore, 'findSession' | 'seen'> }, wanted: { readonly id: string, readonly terminal: Terminal, readonly idleMs: number }, now: Date): Promise<TerminalSession> {
  const session = await terminals.findSession(wanted.id)
  if (session === null || !isOf(session, wanted.terminal) || isOver(session, wanted.idleMs, now)) throw noSession()
  await terminals.seen(session.id, now)
  return { ...session, seenAt: now }
}

export function isOver ({ endedAt, seenAt }: TerminalSession, idleMs: number, now: Date): boolean {
  return endedAt !== null || now.getTime() - seenAt.getTime() > idleMs
}

function isOf (session: TerminalSession, terminal: Terminal): boolean {
  return session.tokenId === terminal.tokenId && session.terminalId === terminal.id && session.hospitalId === terminal.hospitalId
}

/** Ends it with the readings that faces and phone codes made in it. */
export async function endTerminalSession ({ terminals, readings }: { readonly terminals: Pick<TerminalStore, 'endSession' | 'readingsOf'>, readonly readings: Pick<ReadingStore, 'end'> }, id: string, now: Date): Promise<void> {
  await readings.end(await terminals.readingsOf(id), now)
  await terminals.endSession(id, now)
}

const mostAtOnce = 200

/** When the next session falls silent; null where none is open. */
export async function nextSilence ({ terminals }: { readonly terminals: Pick<TerminalStore, 'silentSessions'> }, idleMs: number): Promise<Date | null> {
  const [first] = await terminals.silentSessions(null, 1)
  return first === undefined ? null : new Date(first.seenAt.getTime() + idleMs + 1)
}

/** 无人. Whoever walked away leaves nothing behind. */
export async function endSilentSessions (deps: Pick<SessionDeps, 'readings'> & { readonly terminals: Pick<TerminalStore, 'silentSessions' | 'endSession' | 'readingsOf'> }, idleMs: number, dueAt: Date): Promise<{ readonly ended: number }> {
  const silent = await deps.terminals.silentSessions(new Date(dueAt.getTime() - idleMs), mostAtOnce)
  for (const { id } of silent) await endTerminalSession(deps, id, dueAt)
  return { ended: silent.length }
}

export const noSession = (): DomainError => new DomainError('TERMINAL_SESSION_NOT_FOUND', 'No session of this terminal is open under this id; it ends when nothing happens for a while. Open a new one.', 'sessionId')
