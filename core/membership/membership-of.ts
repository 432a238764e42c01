import type { PatientStore } from '../identity/index.ts'
import type { Member, Membership } from './membership.ts'
import type { MemberIds, MembershipStore } from './ports.ts'

export interface MemberStores {
  readonly memberships: Pick<MembershipStore, 'inForce'>
  readonly patients: Pick<PatientStore, 'find' | 'byPerson'>
}

/** Whoever has several records is one member. */
export async function memberIdsOf ({ patients }: Pick<MemberStores, 'patients'>, { kind, id }: Member): Promise<MemberIds> {
  if (kind === 'hospital') return { kind, ids: [id] }
  const patient = await patients.find(id)
  const records = patient === null ? [] : await patients.byPerson(patient.personId)
  return { kind, ids: [...new Set([id, ...records.map((record) => record.id)])] }
}

/** The membership of a product that is in force at this very instant; of several the one that ends last. */
export async function membershipOf (stores: MemberStores, member: Member, product: string, at: Date): Promise<Membership | null> {
  const found = await stores.memberships.inForce(await memberIdsOf(stores, member), at)
  return found.find((membership) => membership.product === product) ?? null
}

/** Whether any membership that is in force at this very instant gives a benefit. */
export async function hasBenefit (stores: MemberStores, member: Member, benefit: string, at: Date): Promise<boolean> {
  const found = await stores.memberships.inForce(await memberIdsOf(stores, member), at)
  return found.some(({ benefits }) => benefits.includes(benefit))
}
