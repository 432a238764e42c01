import type { Permission } from '../../core/access/index.ts'

const directory: readonly string[] = ['HealthcareService', 'Location', 'Organization', 'Practitioner', 'PractitionerRole', 'Schedule', 'Slot']
const money: readonly string[] = ['Account', 'ChargeItem', 'PaymentNotice']

/** What a caller must be allowed to, for resources of a type. */
export function permissionOf (type: string): Permission {
  if (directory.includes(type)) return 'directory.read'
  return money.includes(type) ? 'charge.read' : 'record.read'
}
