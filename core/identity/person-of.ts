import type { Patient, PatientLink } from './patient.ts'

type Tie = Pick<PatientLink, 'kind' | 'fromId' | 'toId'>

/**
 * Which record stands for a tied group: of those that nobody merged away the oldest, so that the answer follows from
 * the links alone and not from the order in which they came.
 */
export function personOf (group: ReadonlyArray<Pick<Patient, 'id' | 'sequence'>>, links: readonly Tie[]): string | null {
  const retired = new Set(links.filter(({ kind }) => kind === 'merge').map(({ fromId }) => fromId))
  const survivors = group.filter(({ id }) => !retired.has(id))
  const [oldest] = [...(survivors.length > 0 ? survivors : group)].sort((one, other) => one.sequence - other.sequence)
  return oldest?.id ?? null
}

/** Whether `toId` has itself been merged away into `fromId`, over any number of steps. */
export function isCircular (merge: Pick<Tie, 'fromId' | 'toId'>, links: readonly Tie[]): boolean {
  const onward = links.filter(({ kind }) => kind === 'merge')
  const seen = new Set<string>()
  const open = [merge.toId]
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    if (id === merge.fromId) return true
    if (seen.has(id)) continue
    seen.add(id)
    open.push(...onward.filter(({ fromId }) => fromId === id).map(({ toId }) => toId))
  }
  return false
}
