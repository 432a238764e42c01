import type { CreditFeedStore, Episode, FeedRecord } from '../../../core/credit-feed/index.ts'
import { accountOf, ackOf, episodeOf, feedRecordOf, fileHeadOf, waitingOf, type AccountRow, type AckRow, type EpisodeRow, type FeedRecordRow, type FileHeadRow } from './credit-feed-row.ts'
import { bytes } from '../columns.ts'
import type { GroupStatement, Unit } from '../sql.ts'
import { upsert } from '../upsert.ts'

const episodeColumns = ['id', 'account_number', 'contract_id', 'creditor', 'episode_number', 'state', 'is_held', 'bills', 'first_delinquency_on', 'due_on', 'original_amount_fen', 'balance_fen', 'overdue_fen',
  'notice', 'closed_gates', 'prepared_on', 'prepared_by', 'released_by', 'cured_on', 'statement', 'opened_at_ms']
const saveEpisode = upsert('credit_episodes', ['id'], episodeColumns)
const recordColumns = ['id', 'creditor', 'account_number', 'contract_id', 'episode_id', 'episode_number', 'operation', 'as_of', 'facts', 'replaces', 'state', 'seq', 'rec_seq', 'rejected_because', 'created_at_ms']
const headColumns = 'creditor, seq, manifest, signature, algorithm, key_id, sha256, manifest_sha256, count, created_at_ms'

const sealSubjects: GroupStatement = {
  columns: { id: 'text', subject: 'text' },
  text: (given) => `update feed_records set subject = given.subject from ${given} as given where feed_records.id = given.id`
}
const submit: GroupStatement = {
  columns: { id: 'text', seq: 'integer', rec_seq: 'integer', hash: 'text' },
  text: (given) => `update feed_records set state = 'submitted', seq = given.seq, rec_seq = given.rec_seq, hash = given.hash
    from ${given} as given where feed_records.id = given.id and feed_records.state = 'waiting'`
}
const submitEpisodes: GroupStatement = {
  columns: { id: 'text' },
  text: (given) => `update credit_episodes set state = 'submitted' from ${given} as given where credit_episodes.id = given.id and credit_episodes.state in ('released', 'rejected')`
}
const lastLine: GroupStatement = {
  columns: { account_number: 'text', hash: 'text' },
  text: (given) => `update credit_accounts set last_hash = given.hash from ${given} as given where credit_accounts.account_number = given.account_number`
}

/** 征信报送. */
export function sqlCreditFeed (unit: Unit): CreditFeedStore {
  return { ...accountsOf(unit), ...recordsOf(unit), ...filesOf(unit) }
}

const recordOf = (condition: string): string => `exists (select 1 from feed_records r where r.episode_id = e.id and r.${condition})`
/** Of `credit_episodes e`. */
const toTell = `e.state not in ('cured', 'deleted', 'abandoned', 'withdrawn') or e.is_held = 1 or ${recordOf("state in ('waiting', 'submitted', 'rejected')")}
  or (e.state = 'cured' and (not ${recordOf("state = 'accepted' and r.operation = 'cure'")} or exists (select 1 from disputes d where d.contract_id = e.contract_id)))
  or (e.state = 'withdrawn' and ${recordOf("state = 'accepted'")} and not ${recordOf("state = 'accepted' and r.operation = 'withdraw'")})`

type Accounts = Pick<CreditFeedStore, 'account' | 'accountsOfContracts' | 'addAccount' | 'episodesOfContract' | 'episodesToTell' | 'lastEpisodeNumbers' | 'findEpisode' | 'saveEpisode' | 'episodesIn' | 'held' | 'toDelete' | 'submitEpisodes' | 'lastHashes'>

function accountsOf ({ sql, dialect, build }: Unit): Accounts {
  const account = async (contractId: string, creditor: string) => {
    const row = await sql.first<AccountRow>('select * from credit_accounts where contract_id = ? and creditor = ?', [contractId, creditor])
    return row && accountOf(row)
  }
  return {
    account,
    accountsOfContracts: async (contractIds) => (await sql.all<AccountRow>(`select * from credit_accounts where ${dialect.isIn('contract_id')} order by contract_id, creditor`, [dialect.list(contractIds)])).map(accountOf),
    addAccount: async (added) => {
      await sql.run('insert into credit_accounts (account_number, contract_id, creditor, opened_on) values (?, ?, ?, ?) on conflict do nothing', [added.accountNumber, added.contractId, added.creditor, added.openedOn])
      return await account(added.contractId, added.creditor) ?? added
    },
    episodesOfContract: async (contractId) => (await sql.all<EpisodeRow>('select * from credit_episodes where contract_id = ? order by creditor, episode_number', [contractId])).map(episodeOf),
    episodesToTell: async (contractIds) => (await sql.all<EpisodeRow>(
      `select e.* from credit_episodes e where ${dialect.isIn('contract_id')} and (${toTell}) order by creditor, episode_number`, [dialect.list(contractIds)])).map(episodeOf),
    lastEpisodeNumbers: async (accountNumbers) => new Map((await sql.all<{ readonly account_number: string, readonly last: number }>(
      `select account_number, max(episode_number) as last from credit_episodes where ${dialect.isIn('account_number')} group by account_number`, [dialect.list(accountNumbers)])).map((row) => [row.account_number, row.last])),
    findEpisode: async (id) => {
      const row = await sql.first<EpisodeRow>('select * from credit_episodes where id = ?', [id])
      return row && episodeOf(row)
    },
    saveEpisode: async (episode) => { await sql.run(saveEpisode, episodeValues(episode)) },
    episodesIn: async ({ states, creditors }, { limit, after }) => {
      const query = build('credit_episodes').select('*').whereIn('state', states).orderBy('id').limit(limit)
      if (creditors !== null) query.whereIn('creditor', creditors)
      if (after !== null) query.where('id', '>', after)
      return (await sql.built<EpisodeRow>(query)).map(episodeOf)
    },
    held: async ({ limit, after }) => (await sql.all<EpisodeRow>('select * from credit_episodes where is_held = 1 and id > ? order by id limit ?', [after ?? '', limit])).map(episodeOf),
    toDelete: async (curedUntil, { limit, after }) => (await sql.all<EpisodeRow>(
      "select * from credit_episodes where state in ('cured', 'deletion_sent') and cured_on <= ? and id > ? order by id limit ?", [curedUntil, after ?? '', limit])).map(episodeOf),
    submitEpisodes: async (ids) => { await sql.runOf(submitEpisodes, ids.map((id) => [id])) },
    lastHashes: async (accountNumbers) => new Map((await sql.all<{ readonly account_number: string, readonly last_hash: string }>(
      `select account_number, last_hash from credit_accounts where ${dialect.isIn('account_number')} and last_hash is not null`, [dialect.list(accountNumbers)])).map((row) => [row.account_number, row.last_hash]))
  }
}

function episodeValues (episode: Episode) {
  return [episode.id, episode.accountNumber, episode.contractId, episode.creditor, episode.episodeNumber, episode.state, episode.isHeld ? 1 : 0, JSON.stringify(episode.bills), episode.firstDelinquencyOn,
    episode.dueOn, episode.originalAmountFen, episode.balanceFen, episode.overdueFen, episode.notice === null ? null : JSON.stringify(episode.notice), JSON.stringify(episode.closedGates), episode.preparedOn,
    episode.preparedBy, episode.releasedBy, episode.curedOn, episode.statement, episode.openedAt.getTime()]
}

type Records = Pick<CreditFeedStore, 'addRecord' | 'saveRecord' | 'recordsOfEpisode' | 'recordsOfEpisodes' | 'recordAt' | 'recordsOfFile' | 'rejectedRecords' | 'waiting' | 'unsealed' | 'saveSubjects' | 'submitRecords'>

function recordsOf ({ sql, dialect }: Unit): Records {
  return {
    addRecord: async (record) => {
      await sql.run(`insert into feed_records (${recordColumns.join(', ')}) values (${recordColumns.map(() => '?').join(', ')})`, recordValues(record))
    },
    saveRecord: async ({ id, state, rejectedBecause }) => { await sql.run('update feed_records set state = ?, rejected_because = ? where id = ?', [state, rejectedBecause, id]) },
    recordsOfEpisode: async (episodeId) => (await sql.all<FeedRecordRow>('select * from feed_records where episode_id = ? order by sequence', [episodeId])).map(feedRecordOf),
    recordsOfEpisodes: async (episodeIds) => (await sql.all<FeedRecordRow>(`select * from feed_records where ${dialect.isIn('episode_id')} order by sequence`, [dialect.list(episodeIds)])).map(feedRecordOf),
    recordAt: async (creditor, seq, recSeq) => {
      const row = await sql.first<FeedRecordRow>('select * from feed_records where creditor = ? and seq = ? and rec_seq = ?', [creditor, seq, recSeq])
      return row && feedRecordOf(row)
    },
    recordsOfFile: async (creditor, seq) => (await sql.all<FeedRecordRow>('select * from feed_records where creditor = ? and seq = ? order by rec_seq', [creditor, seq])).map(feedRecordOf),
    rejectedRecords: async ({ limit, after }) => (await sql.all<FeedRecordRow>("select * from feed_records where state = 'rejected' and id > ? order by id limit ?", [after ?? '', limit])).map(feedRecordOf),
    waiting: async (creditor, limit) => (await sql.all<FeedRecordRow>("select * from feed_records where creditor = ? and state = 'waiting' order by sequence limit ?", [creditor, limit])).map(waitingOf),
    unsealed: async (creditor, limit) => (await sql.all<FeedRecordRow>(
      "select * from feed_records where creditor = ? and state = 'waiting' and subject is null order by sequence limit ?", [creditor, limit])).map(feedRecordOf),
    saveSubjects: async (sealed) => { await sql.runOf(sealSubjects, sealed.map(({ id, subject }) => [id, JSON.stringify(subject)])) },
    submitRecords: async (submitted) => {
      await sql.runOf(submit, submitted.map(({ id, seq, recSeq, hash }) => [id, seq, recSeq, hash]))
      await sql.runOf(lastLine, [...new Map(submitted.map(({ accountNumber, hash }) => [accountNumber, hash]))])
    }
  }
}

function recordValues (record: FeedRecord) {
  return [record.id, record.creditor, record.accountNumber, record.contractId, record.episodeId, record.episodeNumber, record.operation, record.asOf, JSON.stringify(record.facts), record.replaces, record.state,
    record.seq, record.recSeq, record.rejectedBecause, record.createdAt.getTime()]
}

type Files = Pick<CreditFeedStore, 'lockSequence' | 'lastFile' | 'addFile' | 'fileHead' | 'file' | 'files' | 'unacknowledged' | 'addAck' | 'acks'>

function filesOf ({ sql, dialect }: Unit): Files {
  const fileHead = async (creditor: string, seq: number) => {
    const row = await sql.first<FileHeadRow>(`select ${headColumns} from feed_files where creditor = ? and seq = ?`, [creditor, seq])
    return row && fileHeadOf(row)
  }
  return {
    lockSequence: async (creditor) => { if (dialect.oneByOne !== null) await sql.all(dialect.oneByOne, [`credit-feed ${creditor}`]) },
    lastFile: async (creditor) => {
      const row = await sql.first<FileHeadRow>(`select ${headColumns} from feed_files where creditor = ? order by seq desc limit 1`, [creditor])
      return row && fileHeadOf(row)
    },
    addFile: async (file) => {
      await sql.run(`insert into feed_files (${headColumns}, content) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`, [file.creditor, file.seq, file.manifest, file.signature, file.algorithm, file.keyId, file.sha256,
        file.manifestSha256, file.count, file.createdAt.getTime(), file.content])
    },
    fileHead,
    file: async (creditor, seq) => {
      const head = await fileHead(creditor, seq)
      const row = head && await sql.first<{ readonly content: Uint8Array | ArrayBuffer }>('select content from feed_files where creditor = ? and seq = ?', [creditor, seq])
      return head && row && { ...head, content: new Uint8Array(bytes(row.content)) }
    },
    files: async (creditor, { limit, after }) => (await sql.all<FileHeadRow>(
      `select ${headColumns} from feed_files where creditor = ? and seq > ? order by seq limit ?`, [creditor, after ?? 0, limit])).map(fileHeadOf),
    unacknowledged: async (before, limit) => (await sql.all<FileHeadRow>(
      `select ${headColumns} from feed_files f where created_at_ms < ? and not exists (
         select 1 from feed_acks a where a.creditor = f.creditor and a.seq = f.seq and a.level = 'file' and a.result = 'accepted')
       order by created_at_ms, creditor, seq limit ?`, [before.getTime(), limit])).map(fileHeadOf),
    addAck: async ({ creditor, seq, level, recSeq, result, code, field, at }) => await sql.run(
      `insert into feed_acks (creditor, seq, level, rec_seq, result, code, field, at_ms) values (?, ?, ?, ?, ?, ?, ?, ?) on conflict (creditor, seq, level, rec_seq, result) do nothing`,
      [creditor, seq, level, recSeq ?? 0, result, code, field, at.getTime()]) === 1,
    acks: async (creditor, seq, { limit, offset }) => (await sql.all<AckRow>('select * from feed_acks where creditor = ? and seq = ? order by sequence limit ? offset ?', [creditor, seq, limit, offset])).map(ackOf)
  }
}
