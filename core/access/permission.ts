/** What a caller may ask for. A route names one; there is no right outside this list. */
export const permissions = ['me.read', 'account.use', 'directory.read', 'patient.read', 'patient.link', 'identity.confirm', 'profile.read', 'profile.write',
  'record.read', 'record.write', 'visit.read', 'charge.read', 'statement.read', 'ledger.read', 'message.read', 'message.operate', 'message.convert',
  'mapping.operate', 'queue.operate', 'destination.operate', 'client.manage', 'scene.create', 'operations.read', 'job.run', 'audit.read',
  'clock.move', 'simulator.operate',
  'identity.read', 'patient.register', 'visit.register', 'visit.check_in', 'release.check', 'appointment.read', 'appointment.book', 'appointment.operate', 'vitals.write', 'advice.read', 'doctor.recommend',
  'contract.read', 'contract.sign', 'contract.manage', 'score.read', 'bill.read', 'bill.decide', 'dispute.open', 'dispute.answer', 'default.read',
  'payment.create', 'payment.read', 'refund.request', 'refund.approve', 'escrow.read', 'wallet.read', 'wallet.withdraw', 'wallet.decide', 'reconciliation.read', 'reconciliation.operate', 'books.export',
  'feed.read', 'feed.acknowledge', 'feed.release',
  'voucher.read', 'voucher.manage', 'voucher.issue', 'voucher.present', 'voucher.use', 'voucher.roll_back',
  'voucher_code.read', 'voucher_code.verify', 'voucher_use.sync', 'offline_use.read', 'offline_use.settle',
  'notice.receive', 'consultation.read', 'consultation.create', 'consultation.assign', 'consultation.answer', 'after_sales.read', 'after_sales.review', 'after_sales.support', 'doctor_fee.read', 'doctor_fee.write',
  'dialogue.use',
  'invitation.read', 'invitation.make', 'invitation.answer', 'invitation.approve', 'invitation.rule', 'evaluation.read', 'evaluation.write', 'evaluation.moderate', 'tip.read', 'tip.give', 'complaint.read', 'complaint.make', 'complaint.investigate', 'complaint.decide', 'complaint.appeal', 'star.read',
  'membership.read', 'membership.buy', 'membership.use', 'membership.manage', 'membership.refund',
  'doctor.read', 'doctor.register', 'doctor_calendar.write', 'hospital.register', 'hospital.manage', 'qualification.read', 'qualification.decide', 'admission.declare',
  'document.read', 'document.write', 'document.delete', 'prescription.read', 'prescription.review', 'drug_order.read', 'drug_order.make', 'drug_order.fulfil', 'drug_order.hand_over',
  'face.consent', 'face.identify', 'face.enrol', 'face.review', 'face.operate'] as const
export type Permission = typeof permissions[number]
