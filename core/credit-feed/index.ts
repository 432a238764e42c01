export { deleteExpired, snapshotEpisodes, yearsBefore, type AgeDeps } from './age-episodes.ts'
export { buildFeed, type BuildFeedDeps } from './build-feed.ts'
export { buildFiles, feedPushKind, fileOf, type BuildDeps, type BuildStores } from './build-files.ts'
export { revealedHospital, type Creditor } from './creditor.ts'
export { decideEpisodes } from './decide-episodes.ts'
export { episodeStates, isLive, isUnreported, nextState, transitions, type CreditAccount, type Episode, type EpisodeBill, type EpisodeEvent, type EpisodeState, type NoticeProof } from './episode.ts'
export {
  ackLevels, ackResults, feedOperations, type FeedAck, type FeedFile, type FeedFileHead, type FeedOperation, type FeedRecord, type RecordFacts, type RecordState, type ReportedFacts, type SealedSubject,
  type SignatureAlgorithm, type WaitingRecord
} from './feed.ts'
export { closedGates, type FeedSettings, type Gate, type GateFacts } from './gates.ts'
export type { Change, DecideTools, Look, Proofs } from './look.ts'
export type { CreditFeedStore, FeedSigner, HashBytes, IsDeceased, SealForBureau } from './ports.ts'
export { feedSchema, lineFields, neutralStatement, statementForBureau, writeLine } from './record-line.ts'
export { feedBuildKind, releaseEpisodes, withdrawEpisode, type EpisodeCommand } from './release-episodes.ts'
export { acceptedStanding, afterRecord, expectedStanding, operationsBetween, type Standing } from './standing.ts'
export { sweepContract, sweepEpisodes, type EpisodeStores, type SweepDeps, type SweepStores } from './sweep-episodes.ts'
export { acknowledged, noFile, takeAcks, type AckStores } from './take-acks.ts'
export type { LookDeps, LookStores } from './take-look.ts'
