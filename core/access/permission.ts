/** What a caller may ask for. A route names one; there is no right outside this list. */
export const permissions = ['me.read', 'account.use', 'directory.read', 'patient.read', 'patient.link', 'identity.confirm', 'profile.read', 'profile.write',
  'record.read', 'record.write', 'visit.read', 'charge.read', 'statement.read', 'ledger.read', 'message.read', 'message.operate', 'message.convert',
  'mapping.operate', 'queue.operate', 'destination.operate', 'client.manage', 'scene.create', 'operations.read', 'job.run', 'audit.read',
  'clock.move', 'simulator.operate',
  'identity.read', 'patient.register', 'visit.register', 'visit.check_in', 'release.check',
  'contract.read', 'contract.sign', 'contract.manage', 'score.read', 'bill.read', 'bill.decide', 'dispute.open', 'dispute.answer', 'default.read',
  'payment.create', 'payment.read', 'refund.request', 'refund.approve', 'reconciliation.read', 'reconciliation.operate', 'books.export',
  'feed.read', 'feed.acknowledge', 'feed.release'] as const
export type Permission = typeof permissions[number]
