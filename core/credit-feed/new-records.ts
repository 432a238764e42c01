import { daysBetween } from '../days.ts'
import type { Dispute } from '../pay-after-care/index.ts'
import assert from 'node:assert'
import type { Episode } from './episode.ts'
import type { FeedOperation, FeedRecord, ReportedFacts } from './feed.ts'
import type { DecideTools, Look } from './look.ts'
import { statementForBureau } from './record-line.ts'

/** Disputes about one of the episode's bills, or about reporting as such. */
export function disputesAbout (episode: Pick<Episode, 'bills'>, { disputes }: Pick<Look, 'disputes'>): readonly Dispute[] {
  const bills = new Set(episode.bills.map(({ billId }) => billId))
  return disputes.filter(({ billId }) => billId === null || bills.has(billId))
}

/** What the person wants to stand beside the record (article 16): of their newest dispute with a statement. */
export function statementOf (episode: Episode, look: Look, terms: ReadonlySet<string>): string | null {
  const stated = disputesAbout(episode, look).find(({ statement, state }) => statement !== null && state !== 'withdrawn')
  return stated === undefined ? episode.statement : statementForBureau(stated.statement, terms)
}

export function openingRecord (episode: Episode, look: Look, tools: DecideTools, replaces: string | null = null): FeedRecord {
  const { originalAmountFen, balanceFen, overdueFen } = episode
  const facts: ReportedFacts = { originalAmountFen, balanceFen, overdueFen, status: 'overdue', curedOn: null, isDisputed: false, statement: statementOf(episode, look, tools.terms) }
  return newRecord(episode, look, tools, { operation: 'open_episode', facts, replaces })
}

export function newRecord (episode: Episode, look: Pick<Look, 'account' | 'contract' | 'records'>, { ids, settings, moment }: DecideTools, said: { readonly operation: FeedOperation, readonly facts: ReportedFacts, readonly replaces: string | null }): FeedRecord {
  const { notice, accountNumber, contractId, creditor } = episode
  const legalBasis = look.records.get(episode.id)?.[0]?.facts.legalBasis ?? settings.legalBasis
  assert(notice !== null && legalBasis !== null, 'nothing is told of an episode without proof of its notice and a legal basis')
  return {
    id: ids.next(), creditor, accountNumber, contractId, episodeId: episode.id, episodeNumber: episode.episodeNumber, operation: said.operation, asOf: moment.today,
    facts: {
      ...said.facts,
      openedOn: look.account.openedOn,
      firstDelinquencyOn: episode.firstDelinquencyOn,
      dueOn: episode.dueOn,
      overdueDays: Math.max(0, daysBetween(episode.dueOn, said.facts.curedOn ?? moment.today)),
      notice,
      legalBasis,
      consentId: contractId,
      billIds: episode.bills.filter(({ claimedFen }) => claimedFen !== null).map(({ billId }) => billId)
    },
    replaces: said.replaces, state: 'waiting', seq: null, recSeq: null, rejectedBecause: null, createdAt: moment.now
  }
}
