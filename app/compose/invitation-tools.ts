import type { Stores } from '../../adapters/store/index.ts'
import type { Caller, Principal } from '../../core/access/index.ts'
import type { Payer } from '../../core/escrow/index.ts'
import type { InvitationSettings, InvitationTools } from '../../core/invitations/index.ts'
import { visibleDoctor } from '../../core/marketplace/index.ts'
import { fen } from '../../core/money.ts'
import type { Config } from '../config.ts'
import { bookingRules } from './appointments.ts'
import type { AreaDeps } from './area.ts'

function settingsOf ({ invitations, tips }: Config['site']): InvitationSettings {
  return { ...invitations, tips: { ...tips, mostFen: fen(tips.mostFen) } }
}

/** What everything about invitations is decided with; also where they are paid, and talked about. */
export function invitationTools ({ config, ids, calendar, stableId, takeIn }: Pick<AreaDeps, 'config' | 'ids' | 'calendar' | 'stableId' | 'takeIn'>): InvitationTools<Stores> {
  return {
    settings: settingsOf(config.site),
    ids,
    booking: { ...bookingRules(config), ids, stableId, takeIn },
    escrow: { ids, calendar },
    doctorFor: async (stores, { doctorId, payer, patientIds, at }) => {
      const doctor = await visibleDoctor(stores, callerFor(payer, patientIds), doctorId, at)
      return doctor === null || doctor.hospitalId === null ? null : { doctorId: doctor.id, hospitalId: doctor.hospitalId }
    }
  }
}

/** Who pays sees what they see by themselves, also while a payment is made for them. */
function callerFor (payer: Payer, patientIds: readonly string[]): Caller {
  const nobody: Principal = { tokenId: 'payer', role: 'patient', personId: null, organizationId: null, scopes: null }
  return payer.kind === 'person'
    ? { principal: { ...nobody, personId: payer.patientId }, patientIds }
    : { principal: { ...nobody, role: 'hospital', organizationId: payer.organizationId }, patientIds: [] }
}
