import type { AccountStore, AttemptStore, AuditStore, ClientStore, CodeStore, FollowerStore, GuardianStore, SceneStore, SessionStore, TicketStore, TokenStore } from '../../core/access/index.ts'
import type { AppointmentStore, SlotStore, WaitStore } from '../../core/appointments/index.ts'
import type { AfterSalesStore, ConsultationStore, DoctorFeeStore, PresenceStore } from '../../core/consultations/index.ts'
import type { CreditFeedStore } from '../../core/credit-feed/index.ts'
import type { EscrowStore, WalletStore } from '../../core/escrow/index.ts'
import type { CallStore, MessageStore, RoomStore, ThreadStore } from '../../core/dialogue/index.ts'
import type { PractitionerStore } from '../../core/directory/index.ts'
import type { FaceConsentStore, FacePhotoStore, FaceReviewStore, FaceTemplateStore, TerminalStore } from '../../core/faces/index.ts'
import type { PatientStore, ReadingStore } from '../../core/identity/index.ts'
import type { InboxStore, ViewRowStore } from '../../core/inbox/index.ts'
import type { ComplaintStore, EvaluationStore, InvitationStore, StarStore, TipStore } from '../../core/invitations/index.ts'
import type { ChargeStore, LedgerStore } from '../../core/ledger/index.ts'
import type { AlertStore, CodeResolutionStore, IdempotencyStore, JobRunStore, LeaseStore, PauseStore, SealStore, SettingStore, UnmappedCodeStore } from '../../core/operations/index.ts'
import type { DeviceStore, NoticeBook } from '../../core/notifications/index.ts'
import type { OutboxStore } from '../../core/outbox.ts'
import type { OutboundStore } from '../../core/outbound/index.ts'
import type { CloseStore, PaymentStore, ReconciliationStore } from '../../core/payments/index.ts'
import type { RecordStore, RemoteIdStore } from '../../core/records/index.ts'
import type { BillStore, ContractStore, DecisionStore, DefaultStore, EligibilityStore } from '../../core/pay-after-care/index.ts'
import type { VisitStore } from '../../core/visits/index.ts'
import type { CodeKeyStore, DenyListStore, OfflineUseStore, VoucherBatchStore, VoucherCopyStore, VoucherPartyStore, VoucherStatisticsStore, VoucherStore, VoucherUseStore } from '../../core/vouchers/index.ts'
import type { AdmissionStore, AnaesthesiaStore, AuditCaseStore, DoctorStore, MarketHospitalStore } from '../../core/marketplace/index.ts'
import type { ConsultRecordStore, DrugOrderStore, ParcelStore, PrescriptionStore, SickNoteStore } from '../../core/prescriptions/index.ts'
import type { MembershipStore } from '../../core/membership/index.ts'
import { sqlAccounts, sqlSessions } from './access/sql-accounts.ts'
import { sqlAfterSales, sqlDoctorFees, sqlPresences } from './consultations/sql-after-sales.ts'
import { sqlAlerts } from './operations/sql-alerts.ts'
import { sqlAppointments } from './appointments/sql-appointments.ts'
import { sqlAudit } from './access/sql-audit.ts'
import { sqlAuditCases } from './marketplace/sql-audit-cases.ts'
import { sqlBills } from './pay-after-care/sql-bills.ts'
import { sqlCalls, sqlRooms } from './dialogue/sql-calls.ts'
import { sqlCharges } from './ledger/sql-charges.ts'
import { sqlClients } from './access/sql-clients.ts'
import { sqlAttempts, sqlCodes } from './access/sql-codes.ts'
import { sqlConsultations } from './consultations/sql-consultations.ts'
import { sqlDecisions } from './pay-after-care/sql-decisions.ts'
import { sqlCreditFeed } from './credit-feed/sql-credit-feed.ts'
import { sqlDefaults } from './pay-after-care/sql-defaults.ts'
import { sqlContracts } from './pay-after-care/sql-contracts.ts'
import { sqlFaceReviews } from './faces/sql-face-reviews.ts'
import { sqlFaceConsents, sqlFacePhotos, sqlFaceTemplates } from './faces/sql-faces.ts'
import { sqlEligibility } from './pay-after-care/sql-eligibility.ts'
import { sqlDevices } from './notifications/sql-devices.ts'
import { sqlMessages, sqlThreads } from './dialogue/sql-dialogue.ts'
import { sqlConsultRecords, sqlSickNotes } from './prescriptions/sql-documents.ts'
import { sqlDrugOrders } from './prescriptions/sql-drug-orders.ts'
import { sqlEscrows } from './escrow/sql-escrows.ts'
import { sqlGuardians } from './access/sql-guardians.ts'
import { sqlIdempotency } from './operations/sql-idempotency.ts'
import { sqlInbox } from './inbox/sql-inbox.ts'
import { sqlJobRuns } from './operations/sql-job-runs.ts'
import { sqlLeases } from './operations/sql-leases.ts'
import { sqlLedger } from './ledger/sql-ledger.ts'
import { sqlAdmissions, sqlAnaesthesias, sqlDoctors, sqlMarketHospitals } from './marketplace/sql-marketplace.ts'
import { sqlParcels } from './prescriptions/sql-parcels.ts'
import { sqlPrescriptions } from './prescriptions/sql-prescriptions.ts'
import { sqlMemberships } from './membership/sql-memberships.ts'
import { sqlNotices } from './notifications/sql-notices.ts'
import { sqlOutbound } from './outbound/sql-outbound.ts'
import { sqlOutbox } from './sql-outbox.ts'
import { sqlPatients } from './identity/sql-patients.ts'
import { sqlPauses } from './operations/sql-pauses.ts'
import { sqlPayments } from './payments/sql-payments.ts'
import { sqlDays, sqlReconciliations } from './payments/sql-reconciliation.ts'
import { sqlPractitioners } from './directory/sql-practitioners.ts'
import { sqlReadings } from './identity/sql-readings.ts'
import { sqlRecords } from './records/sql-records.ts'
import { sqlRemoteIds } from './records/sql-remote-ids.ts'
import { sqlSeals } from './operations/sql-seals.ts'
import { sqlSettings } from './operations/sql-settings.ts'
import { sqlTerminals } from './faces/sql-terminals.ts'
import { sqlSlots } from './appointments/sql-slots.ts'
import { sqlTokens } from './access/sql-tokens.ts'
import { sqlCodeResolutions, sqlUnmappedCodes } from './operations/sql-unmapped-codes.ts'
import { sqlViewRows } from './inbox/sql-view-rows.ts'
import { sqlVisits } from './visits/sql-visits.ts'
import { sqlWallets } from './escrow/sql-wallets.ts'
import { sqlWaits } from './appointments/sql-waits.ts'
import { sqlOfflineUses } from './vouchers/sql-offline-uses.ts'
import { sqlCodeKeys, sqlDenyLists } from './vouchers/sql-voucher-codes.ts'
import { sqlVouchers } from './vouchers/sql-vouchers.ts'
import { sqlVoucherBatches } from './vouchers/sql-vouchers-batches.ts'
import { sqlVoucherCopies, sqlVoucherParties } from './vouchers/sql-vouchers-copies.ts'
import { sqlVoucherStatistics } from './vouchers/sql-vouchers-statistics.ts'
import { sqlVoucherUses } from './vouchers/sql-vouchers-uses.ts'
import { sqlComplaints, sqlEvaluations, sqlTips } from './invitations/sql-evaluations.ts'
import { sqlInvitations } from './invitations/sql-invitations.ts'
import { sqlStars } from './invitations/sql-stars.ts'
import { sqlFollowers, sqlScenes, sqlTickets } from './access/sql-wechat.ts'
import type { Unit } from './sql.ts'

/** Every port of core that keeps something. */
export interface Stores {
  readonly records: RecordStore
  readonly remoteIds: RemoteIdStore
  readonly inbox: InboxStore
  readonly viewRows: ViewRowStore
  readonly ledger: LedgerStore
  readonly charges: ChargeStore
  readonly patients: PatientStore
  readonly readings: ReadingStore
  readonly visits: VisitStore
  readonly practitioners: PractitionerStore
  readonly notices: NoticeBook
  readonly devices: DeviceStore
  readonly outbox: OutboxStore
  readonly outbound: OutboundStore
  readonly alerts: AlertStore
  readonly jobRuns: JobRunStore
  readonly leases: LeaseStore
  readonly settings: SettingStore
  readonly idempotency: IdempotencyStore
  readonly tokens: TokenStore
  readonly guardians: GuardianStore
  readonly clients: ClientStore
  readonly accounts: AccountStore
  readonly sessions: SessionStore
  readonly codes: CodeStore
  readonly attempts: AttemptStore
  readonly tickets: TicketStore
  readonly scenes: SceneStore
  readonly followers: FollowerStore
  readonly audit: AuditStore
  readonly pauses: PauseStore
  readonly unmappedCodes: UnmappedCodeStore
  readonly codeResolutions: CodeResolutionStore
  readonly payments: PaymentStore
  readonly escrows: EscrowStore
  readonly wallets: WalletStore
  readonly reconciliations: ReconciliationStore
  readonly days: CloseStore
  readonly contracts: ContractStore
  readonly eligibility: EligibilityStore
  readonly bills: BillStore
  readonly decisions: DecisionStore
  readonly defaults: DefaultStore
  readonly creditFeed: CreditFeedStore
  readonly seals: SealStore
  readonly slots: SlotStore
  readonly appointments: AppointmentStore
  readonly waits: WaitStore
  readonly faceTemplates: FaceTemplateStore
  readonly faceConsents: FaceConsentStore
  readonly facePhotos: FacePhotoStore
  readonly terminals: TerminalStore
  readonly faceReviews: FaceReviewStore
  readonly vouchers: VoucherStore
  readonly voucherBatches: VoucherBatchStore
  readonly voucherUses: VoucherUseStore
  readonly voucherCopies: VoucherCopyStore
  readonly voucherParties: VoucherPartyStore
  readonly voucherStatistics: VoucherStatisticsStore
  readonly codeKeys: CodeKeyStore
  readonly denyLists: DenyListStore
  readonly offlineUses: OfflineUseStore
  readonly memberships: MembershipStore
  readonly doctors: DoctorStore
  readonly marketHospitals: MarketHospitalStore
  readonly auditCases: AuditCaseStore
  readonly admissions: AdmissionStore
  readonly anaesthesias: AnaesthesiaStore
  readonly invitations: InvitationStore
  readonly evaluations: EvaluationStore
  readonly tips: TipStore
  readonly complaints: ComplaintStore
  readonly stars: StarStore
  readonly consultations: ConsultationStore
  readonly afterSales: AfterSalesStore
  readonly doctorFees: DoctorFeeStore
  readonly presences: PresenceStore
  readonly consultRecords: ConsultRecordStore
  readonly prescriptions: PrescriptionStore
  readonly sickNotes: SickNoteStore
  readonly drugOrders: DrugOrderStore
  readonly parcels: ParcelStore
  readonly threads: ThreadStore
  readonly messages: MessageStore
  readonly calls: CallStore
  readonly rooms: RoomStore
}

export function storesOf (unit: Unit): Stores {
  return {
    records: sqlRecords(unit),
    remoteIds: sqlRemoteIds(unit),
    inbox: sqlInbox(unit),
    viewRows: sqlViewRows(unit),
    ledger: sqlLedger(unit),
    charges: sqlCharges(unit),
    patients: sqlPatients(unit),
    readings: sqlReadings(unit),
    visits: sqlVisits(unit),
    practitioners: sqlPractitioners(unit),
    notices: sqlNotices(unit),
    devices: sqlDevices(unit),
    outbox: sqlOutbox(unit),
    outbound: sqlOutbound(unit),
    alerts: sqlAlerts(unit),
    jobRuns: sqlJobRuns(unit),
    leases: sqlLeases(unit),
    settings: sqlSettings(unit),
    idempotency: sqlIdempotency(unit),
    ...accessStoresOf(unit),
    pauses: sqlPauses(unit),
    unmappedCodes: sqlUnmappedCodes(unit),
    codeResolutions: sqlCodeResolutions(unit),
    payments: sqlPayments(unit),
    escrows: sqlEscrows(unit),
    wallets: sqlWallets(unit),
    reconciliations: sqlReconciliations(unit),
    days: sqlDays(unit),
    contracts: sqlContracts(unit),
    eligibility: sqlEligibility(unit),
    bills: sqlBills(unit),
    decisions: sqlDecisions(unit),
    defaults: sqlDefaults(unit),
    creditFeed: sqlCreditFeed(unit),
    seals: sqlSeals(unit),
    slots: sqlSlots(unit),
    appointments: sqlAppointments(unit),
    waits: sqlWaits(unit),
    ...faceStoresOf(unit),
    ...marketStoresOf(unit),
    ...invitationStoresOf(unit),
    ...documentStoresOf(unit),
    ...consultationStoresOf(unit),
    ...dialogueStoresOf(unit),
    vouchers: sqlVouchers(unit),
    voucherBatches: sqlVoucherBatches(unit),
    voucherUses: sqlVoucherUses(unit),
    voucherCopies: sqlVoucherCopies(unit),
    voucherParties: sqlVoucherParties(unit),
    voucherStatistics: sqlVoucherStatistics(unit),
    codeKeys: sqlCodeKeys(unit),
    denyLists: sqlDenyLists(unit),
    offlineUses: sqlOfflineUses(unit)
  }
}

function accessStoresOf (unit: Unit): Pick<Stores, 'tokens' | 'guardians' | 'clients' | 'accounts' | 'sessions' | 'codes' | 'attempts' | 'tickets' | 'scenes' | 'followers' | 'audit'> {
  return {
    tokens: sqlTokens(unit), guardians: sqlGuardians(unit), clients: sqlClients(unit), accounts: sqlAccounts(unit), sessions: sqlSessions(unit), codes: sqlCodes(unit), attempts: sqlAttempts(unit),
    tickets: sqlTickets(unit), scenes: sqlScenes(unit), followers: sqlFollowers(unit), audit: sqlAudit(unit)
  }
}

function consultationStoresOf (unit: Unit): Pick<Stores, 'consultations' | 'afterSales' | 'doctorFees' | 'presences'> {
  return { consultations: sqlConsultations(unit), afterSales: sqlAfterSales(unit), doctorFees: sqlDoctorFees(unit), presences: sqlPresences(unit) }
}

function dialogueStoresOf (unit: Unit): Pick<Stores, 'threads' | 'messages' | 'calls' | 'rooms'> {
  return { threads: sqlThreads(unit), messages: sqlMessages(unit), calls: sqlCalls(unit), rooms: sqlRooms(unit) }
}

function documentStoresOf (unit: Unit): Pick<Stores, 'consultRecords' | 'prescriptions' | 'sickNotes' | 'drugOrders' | 'parcels'> {
  return { consultRecords: sqlConsultRecords(unit), prescriptions: sqlPrescriptions(unit), sickNotes: sqlSickNotes(unit), drugOrders: sqlDrugOrders(unit), parcels: sqlParcels(unit) }
}

function invitationStoresOf (unit: Unit): Pick<Stores, 'invitations' | 'evaluations' | 'tips' | 'complaints' | 'stars'> {
  return { invitations: sqlInvitations(unit), evaluations: sqlEvaluations(unit), tips: sqlTips(unit), complaints: sqlComplaints(unit), stars: sqlStars(unit) }
}

function faceStoresOf (unit: Unit): Pick<Stores, 'faceTemplates' | 'faceConsents' | 'facePhotos' | 'terminals' | 'faceReviews'> {
  return { faceTemplates: sqlFaceTemplates(unit), faceConsents: sqlFaceConsents(unit), facePhotos: sqlFacePhotos(unit), terminals: sqlTerminals(unit), faceReviews: sqlFaceReviews(unit) }
}

function marketStoresOf (unit: Unit): Pick<Stores, 'memberships' | 'doctors' | 'marketHospitals' | 'auditCases' | 'admissions' | 'anaesthesias'> {
  return { memberships: sqlMemberships(unit), doctors: sqlDoctors(unit), marketHospitals: sqlMarketHospitals(unit), auditCases: sqlAuditCases(unit), admissions: sqlAdmissions(unit), anaesthesias: sqlAnaesthesias(unit) }
}
