import { DomainError } from '../errors.ts'
import type { VoucherParty, VoucherPartyStore } from './office-ports.ts'

/** Only who is registered takes part (V-02). Refuses with VOUCHER_PARTY_INACTIVE. */
export async function activeParty ({ voucherParties }: { readonly voucherParties: Pick<VoucherPartyStore, 'find'> }, kind: VoucherParty['kind'], id: string): Promise<VoucherParty> {
  const party = await voucherParties.find(kind, id)
  if (party === null || !party.isActive) throw new DomainError('VOUCHER_PARTY_INACTIVE', `This ${kind} is not registered for vouchers, or is suspended. The back office registers it.`)
  return party
}

interface Registration {
  /** Of the configuration. */
  readonly hospitalIds: readonly string[]
  readonly party: Omit<VoucherParty, 'registeredAt'>
}

/** 注册. Again: its name, or that it is suspended; the day of its registration stays. */
export async function registerParty ({ voucherParties }: { readonly voucherParties: VoucherPartyStore }, { hospitalIds, party }: Registration, at: Date): Promise<VoucherParty> {
  const isHospital = hospitalIds.includes(party.id)
  if (isHospital !== (party.kind === 'hospital')) throw new DomainError('REQUEST_INVALID', 'A hospital is registered by its id of SITE_CONFIG; a community has one of its own.', 'id')
  const before = await voucherParties.find(party.kind, party.id)
  const registered: VoucherParty = { ...party, registeredAt: before?.registeredAt ?? at }
  await voucherParties.save(registered)
  return registered
}
