import { compactDecrypt } from 'jose'
import type { KeyObject } from 'node:crypto'
import { sha256 } from './check-file.ts'

/** What the bureau knows of an episode; who it is about stays encrypted in its journal. */
export interface BookedEpisode {
  readonly accountNo: string
  readonly episodeNo: number
  readonly originalAmountFen: number
  readonly balanceFen: number
  readonly overdueFen: number
  readonly status: string
  readonly curedOn: string | null
  readonly disputeFlag: boolean
  readonly subjectStatement: string | null
}

export interface Verdict {
  readonly recSeq: number
  readonly result: 'accepted' | 'rejected'
  readonly code?: string
  readonly field?: string
}

type Line = BookedEpisode & { readonly op: string, readonly recSeq: number, readonly prevRecordHash: string | null, readonly subject: { readonly idNo: string, readonly name: string } } & Readonly<Record<string, unknown>>

/** The agreed fields. Anything more is refused: a bureau may not take what it must not collect. */
const agreedFields = 'schema feedSeq recSeq op accountNo episodeNo asOf creditorCode subject openedOn firstDelinquencyOn dueOn originalAmountFen balanceFen overdueFen overdueDays status curedOn disputeFlag subjectStatement notice legalBasis consentId prevRecordHash replaces'

export interface AccountBook {
  /** Takes one line; `isRefusedAnyway` is a fault of the bureau's own. */
  readonly take: (line: string, recSeq: number, isRefusedAnyway: boolean) => Promise<Verdict>
  readonly episodes: () => readonly BookedEpisode[]
}

/** Accounts as the accepted records make them. */
export function accountBook (privateKey: KeyObject): AccountBook {
  const episodes = new Map<string, BookedEpisode>()
  const hashes = new Map<string, string>()
  return {
    take: async (text, recSeq, isRefusedAnyway) => {
      const rejected = (code: string, field: string): Verdict => ({ recSeq, result: 'rejected', code, field })
      const line = JSON.parse(text) as Line
      if (Object.keys(line).join(' ') !== agreedFields) return rejected('SCHEMA', 'schema')
      const last = hashes.get(line.accountNo) ?? null
      hashes.set(line.accountNo, sha256(Buffer.from(text)))
      if (line.prevRecordHash !== last) return rejected('CHAIN', 'prevRecordHash')
      if (line.recSeq !== recSeq) return rejected('ORDER', 'recSeq')
      if (!await isPerson(line, privateKey)) return rejected('SUBJECT', 'subject')
      if (isRefusedAnyway) return rejected('FORMAT', 'asOf')
      const code = book(episodes, line)
      return code === null ? { recSeq, result: 'accepted' } : rejected(code, 'op')
    },
    episodes: () => [...episodes.values()]
  }
}

async function isPerson ({ subject }: Line, key: KeyObject): Promise<boolean> {
  try {
    const open = async (jwe: string): Promise<string> => new TextDecoder().decode((await compactDecrypt(jwe, key)).plaintext)
    const [idNo, name] = await Promise.all([open(subject.idNo), open(subject.name)])
    return /^\d{17}[\dX]$/.test(idNo) && name !== ''
  } catch {
    return false
  }
}

/** Null: booked. Else why not. */
function book (episodes: Map<string, BookedEpisode>, line: Line): string | null {
  const key = `${line.accountNo}/${line.episodeNo}`
  const known = episodes.get(key)
  if (line.op === 'OPEN_EPISODE') {
    if (known !== undefined && known.status !== 'WITHDRAWN') return 'ALREADY_OPEN'
    episodes.set(key, factsOf(line))
    return null
  }
  if (known === undefined) return 'UNKNOWN_EPISODE'
  if (line.op === 'SNAPSHOT') return JSON.stringify(factsOf(line)) === JSON.stringify(known) ? null : 'DIFFERS'
  if (line.op === 'DELETE_EXPIRED') episodes.delete(key)
  else episodes.set(key, factsOf(line))
  return null
}

function factsOf ({ accountNo, episodeNo, originalAmountFen, balanceFen, overdueFen, status, curedOn, disputeFlag, subjectStatement }: Line): BookedEpisode {
  return { accountNo, episodeNo, originalAmountFen, balanceFen, overdueFen, status, curedOn, disputeFlag, subjectStatement }
}
