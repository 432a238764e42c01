import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { bankScore, zhimaScore } from '../../adapters/credit-score/index.ts'
import type { DemoSimulator } from '../../adapters/http/index.ts'
import { scoreIn, startCreditScore, type CreditScoreSimulator } from '../../adapters/simulators/credit-score.ts'
import type { Calendar, Clock } from '../../core/clock.ts'
import { DomainError } from '../../core/errors.ts'
import type { NamedPerson } from '../../core/identity/index.ts'
import type { Ids } from '../../core/ids.ts'
import type { ScoreProvider } from '../../core/pay-after-care/index.ts'

export interface DemoCreditScore {
  readonly scores: readonly ScoreProvider[]
  readonly simulator: DemoSimulator
  readonly close: () => Promise<void>
}

interface DemoScoreDeps {
  /** Business time. */
  readonly clock: Clock
  readonly wallClock: Clock
  readonly calendar: Calendar
  readonly ids: Ids
  /** Once the store is open. */
  readonly namedPerson: (patientId: string) => Promise<NamedPerson | null>
}

const timeoutMs = 5_000

/** Both simulated score providers, with keys that end with the process. */
export async function openDemoCreditScore ({ clock, wallClock, calendar, ids, namedPerson }: DemoScoreDeps): Promise<DemoCreditScore> {
  const bank = { clientId: 'yiqiao-demo', secret: randomBytes(32) }
  const [app, provider] = [generateKeyPairSync('rsa', { modulusLength: 2048 }), generateKeyPairSync('rsa', { modulusLength: 2048 })]
  const appId = '2021000000000000'
  const running = await startCreditScore({
    host: '127.0.0.1', port: 0, bank, zhima: { appId, appKey: app.publicKey, providerKey: provider.privateKey }, clock, realClock: wallClock, calendar, ids, slowMs: 2 * timeoutMs
  })
  return {
    scores: [
      bankScore({ ...bank, url: running.bankUrl, clock: wallClock, nonces: ids, timeoutMs }),
      zhimaScore({ url: running.zhimaUrl, appId, privateKey: app.privateKey, providerKey: provider.publicKey, clock: wallClock, calendar, ids, timeoutMs })
    ],
    simulator: {
      items: async (since) => running.items(since),
      setFaults: async (faults) => { running.setFaults(faults as Parameters<CreditScoreSimulator['setFaults']>[0]) },
      act: async ({ act, key }) => {
        if (act !== 'set') throw new DomainError('REQUEST_INVALID', 'The score providers know the act set, with the key <patient id>:<bank or zhima>:<score>.', 'act')
        const [patientId = '', ...rest] = (key ?? '').split(':')
        const { provider: name, score } = scoreIn(rest.join(':'))
        const person = await namedPerson(patientId)
        if (person === null) throw new DomainError('PATIENT_NOT_FOUND', 'No patient with a resident id has this id; the hospital may not have sent the record yet.')
        running.setScore(person.residentId, name, score)
        return { provider: name, score }
      }
    },
    close: running.close
  }
}
