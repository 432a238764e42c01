import type { Ids } from '../ids.ts'
import type { InTransaction } from '../unit-of-work.ts'
import { stands } from './contract.ts'
import { expired, standingOf } from './end-contract.ts'
import type { ContractStore } from './ports.ts'

export interface JoinDeps {
  readonly inTransaction: InTransaction<{ readonly contracts: Pick<ContractStore, 'standingTwice' | 'save' | 'note'> }>
  readonly ids: Ids
}

const perTransaction = 100
const mostTransactions = 1_000

/** Where a tie has joined persons with a contract each, one goes on and the others expire; each keeps what is owed on it. */
export async function joinContracts ({ inTransaction, ids }: JoinDeps, at: Date): Promise<number> {
  let joined = 0
  for (let round = 0; round < mostTransactions; round++) {
    const done = await inTransaction(async ({ contracts }) => {
      const persons = await contracts.standingTwice(perTransaction)
      let ended = 0
      for (const ofPerson of persons) {
        const stays = standingOf(ofPerson)
        for (const contract of ofPerson.filter((one) => stands(one) && one.id !== stays?.id)) {
          await contracts.save(expired(contract, 'joined', at))
          await contracts.note({ id: ids.next(), contractId: contract.id, what: 'expired', reason: `joined ${stays?.id ?? ''}`, by: null, at })
          ended += 1
        }
      }
      return ended
    })
    joined += done
    if (done === 0) break
  }
  return joined
}
