import { hash } from './a-server.ts'
import { patientReceivable, unsettledRevenue, type Charge, type Entry } from '../../../core/ledger/index.ts'
import type { Patient } from '../../../core/identity/index.ts'
import type { NewMessage } from '../../../core/inbox/index.ts'
import { fen, negateFen } from '../../../core/money.ts'
import type { CalendarDate } from '../../../core/clock.ts'
import type { Visit } from '../../../core/visits/index.ts'
import type { Store } from '../../../adapters/store/index.ts'

/** Words that stand in for personal data; a log line that holds one of them has leaked it. */
export const personalWords = ['Musterfrau', 'Beispiel', 'card-of-anna', 'number-of-anna']

const at = new Date('2027-03-01T00:00:00Z')
const day = '2027-03-01' as CalendarDate

function aPatient (id: string, change: Partial<Patient> = {}): Omit<Patient, 'sequence'> {
  return { id, hospitalId: id.split('-')[0] ?? '', personId: id, name: 'Musterfrau', birthDate: '1990-01-02' as CalendarDate, gender: 'female', active: true, identifiers: [], ...change }
}

function aVisit (id: string, patientId: string): Visit {
  return { id, hospitalId: patientId.split('-')[0] ?? '', visitNumber: `N-${id}`, patientId, class: 'outpatient', state: 'registered', startedAt: at, endedAt: null, department: 'Surgery', practitionerId: null, placerNumber: null, payMode: null, continuedAs: null }
}

function aCharge (id: string, patientId: string, amountFen: number): Charge {
  return { id, hospitalId: patientId.split('-')[0] ?? '', kind: 'charge', transactionId: `T-${id}`, patientId, visitId: `visit-of-${patientId}`, amountFen: fen(amountFen), occurredOn: day, code: 'C1', text: 'Blood count', creditedBy: null, state: 'posted', receivedAt: at }
}

function anEntry (charge: Charge): Entry {
  const amount = charge.amountFen ?? fen(0)
  return { id: `entry-of-${charge.id}`, hospitalId: charge.hospitalId, kind: 'charge', sourceKey: `charge:${charge.id}`, effectiveOn: day, postedAt: at, postings: [{ account: patientReceivable(charge.patientId), amountFen: amount }, { account: unsettledRevenue, amountFen: negateFen(amount) }], reverses: null, memo: null }
}

export function aMessage (id: string, change: Partial<NewMessage> = {}): NewMessage {
  const raw = Buffer.from(`MSH|^~\\&|HIS|EAST|||20270301080000||ADT^A04|${id}|P|2.5.1\rPID|1||card-of-anna||Musterfrau^Anna\r`)
  return { id, source: 'east', hospitalId: 'east', format: 'hl7v2', raw, contentHash: hash(id), dedupeKey: `id:${id}`, controlId: id, type: 'ADT', trigger: 'A04', sentAt: at, charset: 'utf8', lanes: ['east:card-of-anna'], receivedAt: at, parked: null, ack: Buffer.from('MSA|AA'), replayOf: null, ...change }
}

/**
 * Anna is known to both hospitals (tied), her mother speaks for her; Berta is a stranger to both, at the west hospital.
 * Anna owes 120.50 yuan in the east and 10 yuan in the west.
 */
export async function aHospital ({ inTransaction }: Pick<Store, 'inTransaction'>): Promise<void> {
  await inTransaction(async ({ patients, visits, charges, ledger, guardians, practitioners, inbox, alerts, outbox, outbound }) => {
    await patients.save(aPatient('east-anna', { identifiers: [{ system: 'urn:yiqiao:hospital:east:MR', value: 'card-of-anna', type: 'MR' }] }))
    await patients.save(aPatient('west-anna', { personId: 'east-anna', identifiers: [{ system: 'urn:yiqiao:hospital:west:MR', value: 'number-of-anna', type: 'MR' }] }))
    await patients.save(aPatient('east-mother'))
    await patients.save(aPatient('west-berta', { name: 'Beispiel' }))
    await guardians.save({
      id: 'guardianship-1', guardianPersonId: 'east-mother', wardPersonId: 'east-anna', relation: 'mother', basis: 'appointed', state: 'confirmed',
      wardPhoneKey: null, askedAt: at, confirmedAt: at, endedAt: null, confirmedBy: 'token-of-desk'
    })
    for (const patientId of ['east-anna', 'west-anna', 'west-berta']) await visits.save(aVisit(`visit-of-${patientId}`, patientId))
    for (const charge of [aCharge('charge-1', 'east-anna', 12050), aCharge('charge-2', 'west-anna', 1000), aCharge('charge-3', 'west-berta', 700)]) {
      await charges.save(charge)
      await ledger.append(anEntry(charge))
    }
    await practitioners.save({ id: 'doctor-1', hospitalId: 'east', name: 'Doctor Example', department: 'Surgery', active: true })
    await inbox.receive([aMessage('m1'), aMessage('m2', { parked: { code: 'MESSAGE_TYPE_UNKNOWN', detail: 'No table for this type.', place: 'MSH-9' } })])
    await inbox.markApplied('m1', { at, mappingVersion: 'v1', produced: ['Patient/east-anna'], notes: [] })
    await outbox.add({ id: 'o1', kind: 'destination:east', key: 'Patient/east-anna/2/ADT^A31', payload: {}, createdAt: at })
    await outbound.add({ id: 'o1', destination: 'east', message: 'ADT^A31', record: { type: 'Patient', id: 'east-anna', version: 2 }, patientId: 'east-anna', createdAt: at })
    await outbound.keep('o1', { controlId: 'C0100', content: Buffer.from('MSH|^~\\&|YIQIAO\rPID|1||card-of-anna\r'), charset: 'utf8', composedAt: at, notes: [] })
    await outbound.answered('o1', { code: 'AA', verdict: 'accepted', bytes: Buffer.from('MSA|AA|C0100'), at })
    await outbox.markDone('o1', at)
    await alerts.add({ id: 'alert-1', key: 'dead-letters:east', openedAt: at, closedAt: null, detail: '1 dead letter' })
  })
}
