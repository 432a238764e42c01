import { startHisReceiver, type HisReceiver } from '../../adapters/simulators/hospital/his-receiver.ts'
import type { Clock } from '../../core/clock.ts'
import { DomainError } from '../../core/errors.ts'
import type { MllpDestinationConfig } from '../site-config.ts'

export interface DemoReceivers {
  /** To be added to SITE_CONFIG. */
  readonly destinations: readonly MllpDestinationConfig[]
  readonly items: (since: Date | null) => ReturnType<HisReceiver['items']>
  /** Of faults that are a receiver's; what other parties know is left to them. */
  readonly setFaults: (faults: Parameters<HisReceiver['setFaults']>[0]) => void
  /** Takes the receiving side of a hospital (`east-his`) down or up. */
  readonly setUp: (isUp: boolean, destination: string) => Promise<void>
  readonly close: () => Promise<void>
}

const charsets = { east: 'UTF-8', west: 'GB18030' } as const
const ackTimeoutMs = 3_000
const slowMs = 500
const sends = [
  { resource: 'Patient', message: 'ADT^A31' },
  { resource: 'Appointment', message: 'SIU^S12' },
  { resource: 'ServiceRequest', message: 'REF^I12' },
  { resource: 'DiagnosticReport', message: 'ORU^R01' },
  { resource: 'DocumentReference', message: 'MDM^T02' },
  { resource: 'MedicationRequest', message: 'RDE^O11' },
  { resource: 'ChargeItem', message: 'DFT^P03' }
]

/** The receiving sides of the demo's hospitals that speak HL7 v2. */
export async function openDemoReceivers (clock: Clock): Promise<DemoReceivers> {
  const receivers = new Map<string, HisReceiver>()
  const destinations: MllpDestinationConfig[] = []
  for (const [hospital, charset] of Object.entries(charsets)) {
    const receiver = await startHisReceiver({ hospital, host: '127.0.0.1', port: 0, tls: null, clock, slowMs })
    const name = `${hospital}-his`
    receivers.set(name, receiver)
    destinations.push({ name, kind: 'mllp', hospital, host: '127.0.0.1', port: receiver.port, charset, version: '2.5.1', application: 'HIS', facility: hospital.toUpperCase(), mappingSite: hospital, ackTimeoutMs, sends })
  }
  return {
    destinations,
    items: (since) => [...receivers.values()].flatMap((receiver) => receiver.items(since)).sort((one, other) => one.at.getTime() - other.at.getTime()),
    setFaults: (faults) => { for (const receiver of receivers.values()) receiver.setFaults(faults) },
    setUp: async (isUp, destination) => {
      const receiver = receivers.get(destination)
      if (receiver === undefined) throw new DomainError('REQUEST_INVALID', 'No receiving side has this name: east-his or west-his.', 'key')
      await receiver.setUp(isUp)
    },
    close: async () => { await Promise.all([...receivers.values()].map((receiver) => receiver.close())) }
  }
}
