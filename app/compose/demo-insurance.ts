import { generateKeyPairSync } from 'node:crypto'
import { httpExchange, insuranceGateway, insurancePayments, signerOf, verifierOf } from '../../adapters/insurance/index.ts'
import type { DemoSimulator } from '../../adapters/http/index.ts'
import { demoPatients } from '../../adapters/simulators/hospital/demo-persons.ts'
import type { Person } from '../../adapters/simulators/hospital/person.ts'
import { startInsurer, type InsurerServer } from '../../adapters/simulators/insurance/insurer-server.ts'
import type { InsuredPerson } from '../../adapters/simulators/insurance/insurer-state.ts'
import type { Clock } from '../../core/clock.ts'
import type { NamedPerson } from '../../core/identity/index.ts'
import type { Ids } from '../../core/ids.ts'
import { fen } from '../../core/money.ts'
import { referenceKeyFrom, type Insurance } from './insurance.ts'

export interface DemoInsurance extends Insurance {
  readonly simulator: DemoSimulator
  readonly close: () => Promise<void>
}

interface DemoInsuranceDeps {
  /** Business time. */
  readonly clock: Clock
  readonly wallClock: Clock
  readonly ids: Ids
  readonly hospitals: ReadonlyArray<{ readonly id: string, readonly name: string }>
  /** Once the store is open: `set` and `look` may name a patient id. */
  readonly namedPerson: (patientId: string) => Promise<NamedPerson | null>
  /** Known once the server listens. */
  readonly callbackUrl: () => string | null
}

const timeoutMs = 5_000
/** Codes that no place has. */
const region = '999900'
const elsewhere = '888800'
const usualBalanceFen = fen(50_000)
const fundPercent = 70

/** A simulated insurer over real HTTP, with SM2 keys that end with the process. Everybody is insured here, but the traveller. */
export async function openDemoInsurance ({ clock, wallClock, ids, hospitals, namedPerson, callbackUrl }: DemoInsuranceDeps): Promise<DemoInsurance> {
  const [ours, insurers] = [aKeyPair(), aKeyPair()]
  const running = await startInsurer({
    host: '127.0.0.1', port: 0, callbackUrl, signer: signerOf('SM2', insurers.privateKey), verifier: verifierOf('SM2', ours.publicKey), region, persons: insuredPersons(), usualBalanceFen, fundPercent,
    clock, realClock: wallClock, ids, slowMs: 2 * timeoutMs
  })
  const options = {
    exchange: httpExchange({ url: running.url, timeoutMs }), signer: signerOf('SM2', ours.privateKey), verifier: verifierOf('SM2', insurers.publicKey), region, receiver: 'YIQIAO_DEMO',
    institutions: new Map(hospitals.map(({ id, name }, place) => [id, { code: `H9999000${String(place).padStart(4, '0')}`, name }])), clock: wallClock, ids
  }
  return {
    insurance: insuranceGateway({ ...options, referenceKey: referenceKeyFrom(ours.privateKey), usesAccount: false, locksCards: true }),
    payments: [insurancePayments(options)],
    simulator: {
      items: async (since) => running.items(since),
      setFaults: async (faults) => { running.setFaults(faults as Parameters<InsurerServer['setFaults']>[0]) },
      act: async ({ act, key }) => {
        const parts = (key ?? '').split(':')
        const place = act === 'set' ? 1 : act === 'look' ? 0 : -1
        const named = parts[place] === undefined ? null : await namedPerson(parts[place])
        return await running.act({ act, key: named === null ? key : parts.with(place, named.residentId).join(':') })
      }
    },
    close: running.close
  }
}

/** By their record numbers, which `set` and `look` name them by. */
function insuredPersons (): readonly InsuredPerson[] {
  const { patient, guardian, ward, patient2, traveller } = demoPatients
  const insured = (person: Person, where: string): readonly InsuredPerson[] =>
    person.residentId === null ? [] : [{ residentId: person.residentId, name: null, alias: person.mrn, region: where, balanceFen: usualBalanceFen }]
  return [...[patient, guardian, ward, patient2].flatMap(({ person }) => insured(person, region)), ...insured(traveller.person, elsewhere)]
}

function aKeyPair (): { readonly privateKey: string, readonly publicKey: string } {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'SM2' })
  return { privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(), publicKey: publicKey.export({ type: 'spki', format: 'pem' }).toString() }
}
