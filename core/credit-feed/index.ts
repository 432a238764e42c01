export type { CreditAccount, Episode, EpisodeState } from './episode.ts'
export { feedOperations, type FeedAck, type FeedFile, type FeedOperation, type FeedRecord } from './feed.ts'
export type { CreditFeedStore } from './ports.ts'
