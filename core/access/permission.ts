/** What a caller may ask for. A route names one; there is no right outside this list. */
export const permissions = ['me.read', 'account.use', 'directory.read', 'patient.read', 'patient.link', 'identity.confirm', 'profile.read', 'profile.write',
  'record.read', 'record.write', 'visit.read', 'charge.read', 'statement.read', 'ledger.read', 'message.read', 'message.operate', 'message.convert',
  'mapping.operate', 'queue.operate', 'destination.operate', 'client.manage', 'scene.create', 'operations.read', 'job.run', 'audit.read',
  'clock.move', 'simulator.operate'] as const
export type Permission = typeof permissions[number]
