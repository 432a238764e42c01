import { demoPatients, type DemoPatient } from '../../adapters/simulators/hospital/demo-persons.ts'
import { bookingActs, bookingDesk, type BookingAct, type BookingDesk } from '../../adapters/simulators/hospital/booking-desk.ts'
import { consultationActs, consultationDesk, type ConsultationAct, type ConsultationDesk } from '../../adapters/simulators/hospital/consultation-desk.ts'
import { deskActs, hisDesk, type DeskAct, type HisDeskOptions } from '../../adapters/simulators/hospital/his-desk.ts'
import { startHisReceiver, type HisReceiver } from '../../adapters/simulators/hospital/his-receiver.ts'
import { createMllpSender, type MllpSender } from '../../adapters/simulators/mllp-sender.ts'
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
  /** From here on the registration desk of a hospital (`east`) tells what it does. */
  readonly connect: (hospital: string, port: number) => void
  /** Settles when the desk has told everything; answers whether it had something to tell. */
  readonly settled: () => Promise<boolean>
  /** Something that the desk does with a visit, by any of its numbers; null: no act of a desk. */
  readonly act: (act: string, visit: string | null) => Promise<{ readonly sent: number } | null>
  readonly close: () => Promise<void>
}

const charsets = { east: 'UTF-8', west: 'GB18030' } as const
const ackTimeoutMs = 3_000
const slowMs = 500
const sends = [
  { resource: 'Patient', message: 'ADT^A28', when: 'new' as const },
  { resource: 'Patient', message: 'ADT^A31', when: 'changed' as const },
  { resource: 'Encounter', message: 'ADT^A04', when: 'new' as const },
  { resource: 'Encounter', message: 'ADT^A10', when: 'changed' as const },
  ...['ADT^A03', 'ADT^A08', 'ADT^A11'].map((message) => ({ resource: 'Encounter', message, when: 'asked' as const })),
  { resource: 'Appointment', message: 'SIU^S12' },
  ...['SRM^S01', 'SRM^S02', 'SRM^S04', 'SIU^S13', 'SIU^S14', 'SIU^S15', 'SIU^S26'].map((message) => ({ resource: 'Appointment', message, when: 'asked' as const })),
  { resource: 'ServiceRequest', message: 'REF^I12' },
  ...['REF^I13', 'REF^I14'].map((message) => ({ resource: 'ServiceRequest', message, when: 'asked' as const })),
  { resource: 'DiagnosticReport', message: 'ORU^R01' },
  { resource: 'Observation', message: 'ORU^R01' },
  { resource: 'GuidanceResponse', message: 'ORU^R01' },
  { resource: 'DocumentReference', message: 'MDM^T02' },
  { resource: 'MedicationRequest', message: 'RDE^O11' },
  { resource: 'ChargeItem', message: 'DFT^P03' }
]

const queryName = 'IHE PDQ Query'
const retryAfterMs = 100

/** The receiving sides of the demo's hospitals that speak HL7 v2; in the east with the desk that registers behind it. */
export async function openDemoReceivers (clock: Clock): Promise<DemoReceivers> {
  const receivers = new Map<string, HisReceiver>()
  const destinations: MllpDestinationConfig[] = []
  const line: { sender: MllpSender | null, told: number } = { sender: null, told: 0 }
  const send: HisDeskOptions['send'] = async ({ controlId, text }) => {
    line.told += 1
    await line.sender?.send({ controlId, bytes: Buffer.from(text, 'utf8') })
  }
  const knows = Object.values<DemoPatient>(demoPatients).flatMap(({ hospital, person }) => hospital === 'east' ? [person] : [])
  const desk = hisDesk({ application: 'EASTHIS', facility: 'EAST', letter: 'E', knows, now: clock.now, send })
  const booking = bookingDesk({ application: 'EASTHIS', facility: 'EAST', letter: 'E', now: clock.now, send })
  const consultations = consultationDesk({ application: 'EASTHIS', facility: 'EAST', letter: 'E', now: clock.now, send })
  const requests = { reply: (text: string): string | null => booking.reply(text) ?? consultations.reply(text) }
  for (const [hospital, charset] of Object.entries(charsets)) {
    const receiver = await startHisReceiver({ hospital, host: '127.0.0.1', port: 0, tls: null, clock, slowMs, ...hospital === 'east' ? { desk, booking: requests } : {} })
    const name = `${hospital}-his`
    receivers.set(name, receiver)
    destinations.push({ name, kind: 'mllp', hospital, host: '127.0.0.1', port: receiver.port, charset, version: '2.5.1', application: 'HIS', facility: hospital.toUpperCase(), mappingSite: hospital, ackTimeoutMs, ...hospital === 'east' ? { query: queryName, answersSchedulingQuery: true } : {}, sends: hospital === 'east' ? sends : sends.filter(({ message }) => !message.startsWith('SRM') && !message.startsWith('REF')) })
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
    connect: (hospital, port) => { if (hospital === 'east') line.sender ??= createMllpSender({ host: '127.0.0.1', port, ackTimeoutMs, retryAfterMs, seed: 1 }) },
    settled: async () => {
      const before = line.told
      line.told = 0
      await desk.settled()
      await booking.settled()
      await consultations.settled()
      return before > 0 || line.told > 0
    },
    act: async (act, visit) => {
      if ((bookingActs as readonly string[]).includes(act)) return await actOfOffice(booking, act as BookingAct, visit)
      if ((consultationActs as readonly string[]).includes(act)) return await actOfConsultations(consultations, act as ConsultationAct, visit)
      if (!(deskActs as readonly string[]).includes(act)) return null
      if (visit === null || !await desk.act(act as DeskAct, visit)) throw new DomainError('REQUEST_INVALID', 'The desk has no visit of this number. Register one first (POST /v1/visits); its number is the key.', 'key')
      return { sent: 1 }
    },
    close: async () => {
      line.sender?.close()
      await Promise.all([...receivers.values()].map((receiver) => receiver.close()))
    }
  }
}

async function actOfOffice (booking: BookingDesk, act: BookingAct, key: string | null): Promise<{ readonly sent: number }> {
  if (!await booking.act(act, key ?? '')) throw new DomainError('REQUEST_INVALID', 'The booking office has no appointment or closed shift of this number. Book one first (POST /v1/appointments); its hospitalNumber is the key.', 'key')
  return { sent: 1 }
}

async function actOfConsultations (desk: ConsultationDesk, act: ConsultationAct, key: string | null): Promise<{ readonly sent: number }> {
  if (!await desk.act(act, key)) throw new DomainError('REQUEST_INVALID', 'The hospital has no request of this number. Ask for a consultation that its system decides on first; its number (CR-…) is the key.', 'key')
  return { sent: 1 }
}
