import t from 'tap'
import { accountStoresContract, auditStoreContract, clientStoreContract, guardianStoreContract, tokenStoreContract, wechatStoresContract } from '../../contracts/access-stores.ts'
import { appointmentStoreContract, slotStoreContract } from '../../contracts/appointment-stores.ts'
import { billStoreContract, decisionStoreContract } from '../../contracts/bill-store.ts'
import { consultationStoresContract } from '../../contracts/consultation-stores.ts'
import { chargeStoreContract } from '../../contracts/charge-store.ts'
import { dialogueStoresContract } from '../../contracts/dialogue-stores.ts'
import { defaultStoreContract } from '../../contracts/default-store.ts'
import { contractStoreContract, eligibilityStoreContract } from '../../contracts/contract-store.ts'
import { creditFeedStoreContract } from '../../contracts/credit-feed-store.ts'
import { escrowStoreContract, walletStoreContract } from '../../contracts/escrow-stores.ts'
import { faceConsentStoreContract, facePhotoStoreContract, faceTemplateStoreContract } from '../../contracts/face-stores.ts'
import { inboxStoreContract } from '../../contracts/inbox-store.ts'
import { invitationStoresContract } from '../../contracts/invitation-stores.ts'
import { ledgerStoreContract } from '../../contracts/ledger-store.ts'
import { alertStoreContract, idempotencyStoreContract, jobRunStoreContract, leaseStoreContract, pauseStoreContract, settingStoreContract } from '../../contracts/operation-stores.ts'
import { marketStoresContract } from '../../contracts/market-stores.ts'
import { membershipStoreContract } from '../../contracts/membership-store.ts'
import { deviceStoreContract, noticeStoreContract } from '../../contracts/notice-stores.ts'
import { outboundStoreContract } from '../../contracts/outbound-store.ts'
import { outboxStoreContract } from '../../contracts/outbox-store.ts'
import { patientStoreContract } from '../../contracts/patient-store.ts'
import { paymentStoreContract } from '../../contracts/payment-store.ts'
import { practitionerStoreContract } from '../../contracts/practitioner-store.ts'
import { dayStoreContract, reconciliationStoreContract } from '../../contracts/reconciliation-stores.ts'
import { prescriptionStoresContract } from '../../contracts/prescription-stores.ts'
import { recordStoreContract } from '../../contracts/record-store.ts'
import { remoteIdStoreContract } from '../../contracts/remote-id-store.ts'
import { sealStoreContract } from '../../contracts/seal-store.ts'
import { faceReviewStoreContract, terminalStoreContract } from '../../contracts/terminal-stores.ts'
import { viewRowStoreContract } from '../../contracts/view-row-store.ts'
import { codeResolutionStoreContract, unmappedCodeStoreContract } from '../../contracts/unmapped-code-store.ts'
import { voucherCodeStoresContract } from '../../contracts/voucher-code-stores.ts'
import { voucherStoresContract } from '../../contracts/voucher-stores.ts'
import { visitStoreContract } from '../../contracts/visit-store.ts'
import { freshStore } from '../../fixtures/store.ts'

const database = process.env['TEST_DATABASE_URL'] === undefined ? 'SQLite' : 'PostgreSQL'
const contracts = {
  inbox: inboxStoreContract,
  'view rows': viewRowStoreContract,
  records: recordStoreContract,
  'remote ids': remoteIdStoreContract,
  ledger: ledgerStoreContract,
  charges: chargeStoreContract,
  bills: billStoreContract,
  decisions: decisionStoreContract,
  contracts: contractStoreContract,
  eligibility: eligibilityStoreContract,
  payments: paymentStoreContract,
  escrows: escrowStoreContract,
  wallets: walletStoreContract,
  reconciliations: reconciliationStoreContract,
  'closed days': dayStoreContract,
  memberships: membershipStoreContract,
  'doctors, hospitals and their audits': marketStoresContract,
  patients: patientStoreContract,
  visits: visitStoreContract,
  vouchers: voucherStoresContract,
  'voucher codes, deny lists and offline uses': voucherCodeStoresContract,
  'invitations, evaluations, tips, complaints and stars': invitationStoresContract,
  slots: slotStoreContract,
  'appointments and waiting lists': appointmentStoreContract,
  'consultations, after-sales, fees and presence': consultationStoresContract,
  'records, prescriptions, sick notes, drug orders and parcels': prescriptionStoresContract,
  practitioners: practitionerStoreContract,
  'dialogues, calls and rooms': dialogueStoresContract,
  'credit feed': creditFeedStoreContract,
  outbox: outboxStoreContract,
  notices: noticeStoreContract,
  devices: deviceStoreContract,
  outbound: outboundStoreContract,
  alerts: alertStoreContract,
  'job runs': jobRunStoreContract,
  leases: leaseStoreContract,
  pauses: pauseStoreContract,
  settings: settingStoreContract,
  'request keys': idempotencyStoreContract,
  tokens: tokenStoreContract,
  guardians: guardianStoreContract,
  clients: clientStoreContract,
  'accounts, sessions and codes': accountStoresContract,
  'tickets and scenes': wechatStoresContract,
  audit: auditStoreContract,
  'unmapped codes': unmappedCodeStoreContract,
  'face templates': faceTemplateStoreContract,
  'face consents': faceConsentStoreContract,
  'face photos': facePhotoStoreContract,
  seals: sealStoreContract,
  'reminders, locks and disputes': defaultStoreContract,
  terminals: terminalStoreContract,
  'reviews of faces': faceReviewStoreContract,
  'code resolutions': codeResolutionStoreContract
}

for (const [store, contract] of Object.entries(contracts)) {
  t.test(`${database} keeps the ${store}:`, async (t) => { contract(t, freshStore) })
}
