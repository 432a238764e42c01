import { DomainError } from '../errors.ts'
import type { MembershipStore } from './ports.ts'
import type { MembershipProduct } from './product.ts'

export type WantedProduct = Omit<MembershipProduct, 'version' | 'madeAt'>

/** 会员服务管理. Makes a product or its next version; who has bought an older one keeps what it said. */
export async function saveProduct ({ memberships }: { readonly memberships: Pick<MembershipStore, 'product' | 'addVersion'> }, wanted: WantedProduct, hospitalIds: readonly string[], at: Date): Promise<MembershipProduct> {
  if (!hospitalIds.includes(wanted.hospitalId)) throw new DomainError('REQUEST_INVALID', 'Name a connected hospital in whose books the money stands.', 'hospitalId')
  const standing = await memberships.product(wanted.code)
  if (standing !== null && standing.forKind !== wanted.forKind) throw new DomainError('REQUEST_INVALID', 'A product stays one for patients or one for hospitals. Make another one.', 'forKind')
  const product: MembershipProduct = { ...wanted, version: (standing?.version ?? 0) + 1, madeAt: at }
  await memberships.addVersion(product)
  return product
}
