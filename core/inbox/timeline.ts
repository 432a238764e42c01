import type { MessageSummary } from './ports.ts'

/** One step in the life of a message. `detail` carries no personal data. */
export interface TimelineStep {
  /** Null where only that it happened is kept, not when. */
  readonly at: Date | null
  readonly step: 'sent' | 'received' | 'parked' | 'tried' | 'applied' | 'dead' | 'skipped' | 'replayed'
  readonly detail: string | null
}

/** What happened to a message, in order of time; `replays` are the messages that stand in its place. */
export function timelineOf (message: MessageSummary, replays: readonly MessageSummary[]): readonly TimelineStep[] {
  const { sentAt, receivedAt, parked, failure, status, attempts, nextAt, appliedAt, skipped } = message
  const steps: TimelineStep[] = [
    ...(sentAt === null ? [] : [{ at: sentAt, step: 'sent', detail: null } as const]),
    { at: receivedAt, step: 'received', detail: message.replayOf === null ? null : `in place of ${message.replayOf}` },
    ...(parked === null ? [] : [{ at: receivedAt, step: 'parked', detail: parked.code } as const]),
    ...(status === 'received' && failure !== null && nextAt !== null ? [{ at: nextAt, step: 'tried', detail: `${attempts} times, ${failure.code}; next then` } as const] : []),
    ...(status === 'dead' && parked === null && failure !== null ? [{ at: null, step: 'dead', detail: `${failure.code}, attempts: ${attempts}` } as const] : []),
    ...(appliedAt === null ? [] : [{ at: appliedAt, step: 'applied', detail: message.mappingVersion } as const]),
    ...(skipped === null ? [] : [{ at: skipped.at, step: 'skipped', detail: skipped.reason } as const]),
    ...replays.map((replay) => ({ at: replay.receivedAt, step: 'replayed', detail: `${replay.id}: ${replay.status}` } as const))
  ]
  return steps.sort((one, other) => timeOf(one) - timeOf(other))
}

const timeOf = ({ at }: TimelineStep): number => at?.getTime() ?? Number.MAX_SAFE_INTEGER
