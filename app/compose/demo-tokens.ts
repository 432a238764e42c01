import { randomBytes } from 'node:crypto'
import { demoDoctors, demoPatients, type DemoPatient } from '../../adapters/simulators/hospital/demo-persons.ts'
import { issueToken, type Role } from '../../core/access/index.ts'
import type { StableId } from '../../core/ids.ts'
import type { Composed } from './compose.ts'
import { demoCommunity } from './demo-vouchers.ts'
import { sha256 } from './sha256.ts'

interface Credential {
  readonly role: Role
  readonly personId: string | null
  readonly organizationId: string | null
}

/** Known before the day is played, because record ids are stable. */
function patientIdOf (stableId: StableId, { hospital, person }: DemoPatient): string {
  return stableId(hospital, 'Patient', person.mrn)
}

/** The keys of demo-credentials.json (contract), and whom each stands for. */
function credentialsOf (stableId: StableId): Readonly<Record<string, Credential>> {
  const patientId = (patient: DemoPatient): string => patientIdOf(stableId, patient)
  const doctorId = ({ hospital, code }: { readonly hospital: string, readonly code: string }): string => stableId(hospital, 'Practitioner', code)
  const staff = (role: Role, organizationId: string | null): Credential => ({ role, personId: null, organizationId })
  return {
    patient: { role: 'patient', personId: patientId(demoPatients.patient), organizationId: null },
    patient2: { role: 'patient', personId: patientId(demoPatients.patient2), organizationId: null },
    guardian: { role: 'guardian', personId: patientId(demoPatients.guardian), organizationId: null },
    ward: { role: 'patient', personId: patientId(demoPatients.ward), organizationId: null },
    doctor: { role: 'doctor', personId: doctorId(demoDoctors.doctor), organizationId: demoDoctors.doctor.hospital },
    doctor2: { role: 'doctor', personId: doctorId(demoDoctors.doctor2), organizationId: demoDoctors.doctor2.hospital },
    pharmacist: staff('pharmacist', 'east'),
    support: staff('support', null),
    reviewer: staff('reviewer', null),
    desk: staff('desk', 'east'),
    community: staff('community', demoCommunity.id),
    hospital: staff('hospital', 'east'),
    hospital2: staff('hospital', 'west'),
    terminal: staff('terminal', 'east'),
    bureau: staff('bureau', null),
    finance: staff('finance', null),
    finance2: staff('finance', null),
    operator: staff('operator', null),
    operator2: staff('operator', null),
    auditor: staff('auditor', null),
    administrator: staff('administrator', null),
    integrator: staff('integrator', null)
  }
}

/** New tokens at every start: only their hashes are kept, so the old file could not be written again. Those before stay valid. */
export async function issueDemoTokens ({ store, stableId, ids, wallClock }: Pick<Composed, 'store' | 'stableId' | 'ids' | 'wallClock'>): Promise<Readonly<Record<string, string>>> {
  const at = wallClock.now()
  return store.inTransaction(async ({ tokens, guardians }) => {
    const issued: Record<string, string> = {}
    const credentials = credentialsOf(stableId)
    for (const [name, credential] of Object.entries(credentials)) {
      const { secret } = await issueToken({ tokens, ids, hash: sha256, randomSecret: () => randomBytes(32).toString('base64url') }, { ...credential, at, expiresAt: null })
      issued[name] = secret
    }
    const [guardianPersonId, wardPersonId] = [demoPatients.guardian, demoPatients.ward].map((one) => patientIdOf(stableId, one))
    if (guardianPersonId !== undefined && wardPersonId !== undefined) {
      await guardians.save({
        id: `${guardianPersonId}:${wardPersonId}`, guardianPersonId, wardPersonId, relation: 'mother', basis: 'minor', state: 'confirmed',
        wardPhoneKey: null, askedAt: at, confirmedAt: at, endedAt: null, confirmedBy: 'demo'
      })
    }
    return issued
  })
}
