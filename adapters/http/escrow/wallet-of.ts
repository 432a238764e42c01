import type { FastifyRequest } from 'fastify'
import type { Permission } from '../../../core/access/index.ts'
import type { PractitionerStore } from '../../../core/directory/index.ts'
import { DomainError } from '../../../core/errors.ts'
import { isWalletId, type WalletId } from '../../../core/escrow/index.ts'
import { callerOf, limitsFor, noteAccess } from '../access.ts'

export interface WalletOwners {
  readonly practitioners: Pick<PractitionerStore, 'find'>
}

const noWallet = (): DomainError => new DomainError('WALLET_NOT_FOUND', 'No wallet has this id. It is `doctor:` or `hospital:` with the id of its owner.')

/** The caller's own wallet; null for those who work with everybody's. */
export function ownWallet (request: FastifyRequest): WalletId | null {
  const { role, personId, organizationId } = callerOf(request).principal
  if (role === 'doctor') return `doctor:${personId ?? ''}`
  return role === 'hospital' ? `hospital:${organizationId ?? ''}` : null
}

/** Admits the caller to a wallet, or answers as if there were none: its owner; finance of the hospital, or of all. */
export async function admitWallet (request: FastifyRequest, permission: Permission, { practitioners }: WalletOwners, id: string): Promise<WalletId> {
  const isAllowed = isWalletId(id) && await maySee(request, permission, practitioners, id)
  noteAccess(request, { target: 'wallet', targetId: id, patientId: null, outcome: isAllowed ? 'allowed' : 'refused' })
  if (!isAllowed) throw noWallet()
  return id
}

async function maySee (request: FastifyRequest, permission: Permission, practitioners: WalletOwners['practitioners'], id: WalletId): Promise<boolean> {
  const own = ownWallet(request)
  if (own !== null) return own === id
  const { hospitalId } = limitsFor(request, permission)
  const [kind, owner] = [id.slice(0, id.indexOf(':')), id.slice(id.indexOf(':') + 1)]
  if (kind === 'hospital') return hospitalId === null || owner === hospitalId
  const doctor = await practitioners.find(owner)
  return doctor !== null && (hospitalId === null || doctor.hospitalId === hospitalId)
}
