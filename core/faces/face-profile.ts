import type { PractitionerStore } from '../directory/index.ts'
import type { PatientIdentifier, PatientStore } from '../identity/index.ts'
import type { RecordStore, RecordVersion } from '../records/index.ts'
import { visitHistoryOf, type PastVisit, type VisitStore } from '../visits/index.ts'
import type { FaceTemplateStore } from './ports.ts'

/** 人脸库用户信息 (T10, K-05). Who stands behind a face: what the hospitals' records say, read when it is asked, whichever way it came. */
export interface FaceProfile {
  readonly personId: string
  readonly records: ReadonlyArray<{
    readonly patientId: string
    readonly hospitalId: string
    readonly name: string | null
    readonly birthDate: string | null
    readonly gender: string | null
    /** Record numbers, cards, resident ids. */
    readonly numbers: readonly PatientIdentifier[]
  }>
  readonly contacts: Readonly<Record<ContactKind, readonly string[]>>
  readonly visits: ReadonlyArray<PastVisit & { readonly practitionerName: string | null }>
  readonly faces: ReadonlyArray<{ readonly hospitalId: string, readonly origin: 'his_photo' | 'terminal', readonly createdAt: Date }>
}

/** 电话、即时通讯、社交、邮件. */
export const contactKinds = ['phone', 'im', 'social', 'mail'] as const
export type ContactKind = typeof contactKinds[number]

/** FHIR R4 ContactPoint.system; an address of an instant messenger has no code of its own there and stands under `other`. */
const kindOfSystem: Readonly<Record<string, ContactKind>> = { phone: 'phone', sms: 'phone', other: 'im', url: 'social', email: 'mail' }

interface ProfileDeps {
  readonly patients: Pick<PatientStore, 'byPerson'>
  readonly records: Pick<RecordStore, 'current' | 'compartment'>
  readonly visits: Pick<VisitStore, 'list'>
  readonly practitioners: Pick<PractitionerStore, 'find'>
  readonly faceTemplates: Pick<FaceTemplateStore, 'ofPatients'>
}

const mostVisits = 200

/** Of the records that the caller may see; others of the person are not shown. */
export async function faceProfileOf (deps: ProfileDeps, { personId, patientIds }: { readonly personId: string, readonly patientIds: readonly string[] }): Promise<FaceProfile> {
  const seen = (await deps.patients.byPerson(personId)).filter(({ id }) => patientIds.includes(id))
  const ids = seen.map(({ id }) => id)
  const visits: Array<FaceProfile['visits'][number]> = []
  const names = new Map<string, string | null>()
  for (const visit of await visitHistoryOf(deps, ids, mostVisits)) {
    const { practitionerId } = visit
    if (practitionerId !== null && !names.has(practitionerId)) names.set(practitionerId, (await deps.practitioners.find(practitionerId))?.name ?? null)
    visits.push({ ...visit, practitionerName: practitionerId === null ? null : names.get(practitionerId) ?? null })
  }
  return {
    personId,
    records: seen.map(({ id, hospitalId, name, birthDate, gender, identifiers }) => ({ patientId: id, hospitalId, name, birthDate, gender, numbers: identifiers })),
    contacts: contactsIn(await deps.records.current(ids.map((id) => ({ type: 'Patient', id })))),
    visits,
    faces: (await deps.faceTemplates.ofPatients(ids)).map(({ hospitalId, origin, createdAt }) => ({ hospitalId, origin: origin.kind, createdAt }))
  }
}

function contactsIn (records: readonly RecordVersion[]): FaceProfile['contacts'] {
  const found: Record<ContactKind, string[]> = { phone: [], im: [], social: [], mail: [] }
  for (const { resource } of records) {
    const { telecom = [] } = resource as { telecom?: ReadonlyArray<{ readonly system?: string, readonly value?: string }> }
    for (const { system = 'phone', value } of telecom) {
      const kind = kindOfSystem[system]
      if (kind !== undefined && value !== undefined && !found[kind].includes(value)) found[kind].push(value)
    }
  }
  return found
}
