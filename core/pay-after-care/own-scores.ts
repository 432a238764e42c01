import type { CalendarDate } from '../clock.ts'
import { DomainError } from '../errors.ts'
import type { NamedPerson } from '../identity/index.ts'
import type { ScoreProvider } from './ports.ts'

export type OwnScore =
  | { readonly provider: ScoreProvider['name'], readonly state: 'known', readonly score: number, readonly asOf: CalendarDate }
  | { readonly provider: ScoreProvider['name'], readonly state: 'unavailable', readonly score: null, readonly asOf: null }

/** 本人信用查询. Passed through to the person and kept nowhere; a provider that is down says so beside the others. */
export async function ownScores (scores: readonly ScoreProvider[], person: NamedPerson | null, now: Date): Promise<readonly OwnScore[]> {
  if (person === null) throw new DomainError('REQUEST_INVALID', 'Providers know people by the resident id; none of your records has a checked one. Have it entered at the desk.')
  return Promise.all(scores.map(async (provider): Promise<OwnScore> => {
    try {
      return { provider: provider.name, state: 'known', ...await provider.scoreOf(person, now) }
    } catch (error) {
      if (error instanceof DomainError) return { provider: provider.name, state: 'unavailable', score: null, asOf: null }
      throw error
    }
  }))
}
