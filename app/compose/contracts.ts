import { randomInt } from 'node:crypto'
import { setImmediate as breathe } from 'node:timers/promises'
import { contractRoutes, scoreRoutes, signRoutes } from '../../adapters/http/index.ts'
import { comparablePhone, phoneKeyOf, wrongCode } from '../../core/access/index.ts'
import { DomainError } from '../../core/errors.ts'
import { namedPersonOf } from '../../core/identity/index.ts'
import { checkEligibility, decideByHand, keepAgreement, ownScores, sendContractCode, signContract, terminateContract, type Contract } from '../../core/pay-after-care/index.ts'
import { joinContracts } from '../../jobs/join-contracts.ts'
import { renewEligibility } from '../../jobs/renew-eligibility.ts'
import { agreementOf } from './agreement.ts'
import { plainArea, type Area, type AreaDeps } from './area.ts'
import { payAfterCareSettings } from './pay-after-care-settings.ts'

const randomCode = (): string => String(randomInt(1_000_000)).padStart(6, '0')

/** 准入与签约: eligibility, agreements, codes, contracts, own scores. */
export function composeContracts (deps: AreaDeps): Area {
  const { store: { inTransaction, inReading }, outside: { insurance, scores }, ids, keys, clock, calendar, config } = deps
  const { ruleSet, reports } = payAfterCareSettings(config)
  const moment = () => ({ now: clock.now(), today: calendar(clock.now()) })
  const providers = { insurance, scores, ids, ruleSet, inTransaction, inReading }
  const codeTools = { ...keys, ids, randomCode }
  const told = async <Result>(work: Promise<Result | null>): Promise<Result> => {
    const result = await work
    deps.notifyOutbox()
    // A wrong code stays counted: it is refused when its transaction is over.
    if (result === null) throw wrongCode()
    return result
  }
  const agreement = agreementOf(config)
  const routeTools = { inReading, now: clock.now, writeInstant: deps.writeInstant, phoneTail: ({ phone }: Contract) => (comparablePhone(keys.opened(phone)) ?? '').slice(-4) }
  return {
    ...plainArea,
    begin: [() => inTransaction(({ eligibility }) => keepAgreement({ eligibility }, agreement))],
    jobs: [joinContracts({ inTransaction, ids }), renewEligibility({ ...providers, breathe })],
    routes: [
      signRoutes({
        ...routeTools,
        checkEligibility: (question) => checkEligibility(providers, question, moment()),
        sendCode: async (wanted) => {
          if (config.site.sms === undefined && !config.isDemo) throw new DomainError('OUTSIDE_UNAVAILABLE', 'No SMS gateway is configured, so no code can be sent. Name one in SITE_CONFIG.')
          return told(inTransaction((stores) => sendContractCode({ ...stores, ...codeTools }, wanted, clock.now())))
        },
        sign: (wanted) => told(inTransaction((stores) => signContract({ ...stores, ...codeTools, reports }, wanted, moment())))
      }),
      contractRoutes({
        ...routeTools,
        terminate: (wanted) => told(inTransaction((stores) => terminateContract({ ...stores, ...codeTools, phoneKeyOf: (phone) => phoneKeyOf(keys.fingerprint, phone) }, wanted, clock.now()))),
        decideByHand: (decision) => told(inTransaction((stores) => decideByHand({ ...stores, ids }, decision, moment())))
      }),
      scoreRoutes({
        inReading,
        namedPerson: (patientId) => inReading((stores) => namedPersonOf(stores, patientId)),
        scoresOf: (person) => ownScores(scores, person, clock.now())
      })
    ]
  }
}
