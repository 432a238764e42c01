import { randomBytes } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import type { DemoSimulator } from '../../adapters/http/index.ts'
import { northSite } from '../../adapters/simulators/fhir-server/north.ts'
import { simulatedFhirHospital, type SimulatedFhirHospital } from '../../adapters/simulators/fhir-server/simulated-fhir-hospital.ts'
import { taskActs, type TaskAct } from '../../adapters/simulators/fhir-server/task-desk.ts'
import type { Calendar, Clock } from '../../core/clock.ts'
import { DomainError } from '../../core/errors.ts'
import type { Ids } from '../../core/ids.ts'
import type { FhirDestinationConfig, FhirSourceConfig, SiteConfig } from '../site-config.ts'

export interface DemoFhir {
  /** To be added to SITE_CONFIG. */
  readonly hospital: SiteConfig['hospitals'][number]
  readonly source: FhirSourceConfig
  readonly destination: FhirDestinationConfig
  readonly playDay: () => { readonly written: number }
  readonly simulator: DemoSimulator
  readonly close: () => Promise<void>
}

const pollMs = 1_000
const timeoutMs = 5_000
const overlapMs = 60_000

/** What the demo's hospital takes back in FHIR. */
const sends = ['Patient', 'Encounter', 'Appointment', 'ServiceRequest', 'Task'].map((resource) => ({ resource }))

const types = ['Organization', 'Location', 'Practitioner', 'PractitionerRole', 'Patient', 'Encounter', 'Appointment', 'ServiceRequest', 'Task', 'Observation',
  'DiagnosticReport', 'DocumentReference', 'MedicationRequest', 'ChargeItem', 'PaymentNotice']

/** The demo's hospital whose HIS has a FHIR server, over real HTTP and with tokens. */
export async function openDemoFhir ({ dataDir, seed, patients, clock, wallClock, calendar, ids }: {
  readonly dataDir: string
  readonly seed: number
  readonly patients: number
  readonly clock: Clock
  readonly wallClock: Clock
  readonly calendar: Calendar
  readonly ids: Ids
}): Promise<DemoFhir> {
  const credentials = { clientId: 'yiqiao', clientSecret: randomBytes(18).toString('base64url') }
  mkdirSync(dataDir, { recursive: true, mode: 0o700 })
  const clientSecretFile = path.join(dataDir, 'demo-fhir-secret')
  writeFileSync(clientSecretFile, `${credentials.clientSecret}\n`, { mode: 0o600 })
  const server = await simulatedFhirHospital({ site: northSite, seed, patients, host: '127.0.0.1', port: 0, credentials, clock, wallClock, calendar, ids })
  const id = northSite.hospital
  const auth = { tokenUrl: server.tokenUrl, clientId: credentials.clientId, clientSecretFile }
  return {
    hospital: { id, name: 'North Gate Hospital 北门医院' },
    source: { name: id, kind: 'fhir', hospital: id, url: server.url, auth, types, pageSize: 100, overlapMs, pollMs, timeoutMs, mappingSite: id, silentAfterMs: 0 },
    destination: { name: `${id}-his`, kind: 'fhir', hospital: id, url: server.url, auth, timeoutMs, mappingSite: id, sends },
    playDay: server.playDay,
    simulator: {
      items: async (since) => server.items(since),
      setFaults: async (faults) => { server.setFaults(faults as Parameters<typeof server.setFaults>[0]) },
      act: async ({ act, key }) => {
        if (act === 'day') return { sent: server.playDay().written }
        if ((taskActs as readonly string[]).includes(act)) return actOnTask(server, act as TaskAct, key)
        if (act !== 'up' && act !== 'down') throw new DomainError('REQUEST_INVALID', 'The FHIR server knows the acts day, up and down; requests for consultations are answered by accept, refuse, pending and silent: one by its number (CR-…), or without a key all that come from now on.', 'act')
        server.setUp(act === 'up')
        return { sent: 0 }
      }
    },
    close: server.close
  }
}

function actOnTask ({ answerRequests }: Pick<SimulatedFhirHospital, 'answerRequests'>, act: TaskAct, key: string | null): { readonly sent: number } {
  if (!answerRequests(act, key)) throw new DomainError('REQUEST_INVALID', 'The server has no Task of this number. Ask for a consultation that the hospital decides on first; its number (CR-…) is the key.', 'key')
  return { sent: 1 }
}
