import t from 'tap'
import { auditStoreContract, guardianStoreContract, tokenStoreContract } from '../../contracts/access-stores.ts'
import { chargeStoreContract } from '../../contracts/charge-store.ts'
import { inboxStoreContract } from '../../contracts/inbox-store.ts'
import { ledgerStoreContract } from '../../contracts/ledger-store.ts'
import { alertStoreContract, idempotencyStoreContract, jobRunStoreContract, leaseStoreContract, settingStoreContract } from '../../contracts/operation-stores.ts'
import { outboxStoreContract } from '../../contracts/outbox-store.ts'
import { patientStoreContract } from '../../contracts/patient-store.ts'
import { practitionerStoreContract } from '../../contracts/practitioner-store.ts'
import { recordStoreContract } from '../../contracts/record-store.ts'
import { visitStoreContract } from '../../contracts/visit-store.ts'
import { freshStore } from '../../fixtures/store.ts'

const database = process.env['TEST_DATABASE_URL'] === undefined ? 'SQLite' : 'PostgreSQL'
const contracts = {
  inbox: inboxStoreContract,
  records: recordStoreContract,
  ledger: ledgerStoreContract,
  charges: chargeStoreContract,
  patients: patientStoreContract,
  visits: visitStoreContract,
  practitioners: practitionerStoreContract,
  outbox: outboxStoreContract,
  alerts: alertStoreContract,
  'job runs': jobRunStoreContract,
  leases: leaseStoreContract,
  settings: settingStoreContract,
  'request keys': idempotencyStoreContract,
  tokens: tokenStoreContract,
  guardians: guardianStoreContract,
  audit: auditStoreContract
}

for (const [store, contract] of Object.entries(contracts)) {
  t.test(`${database} keeps the ${store}:`, async (t) => { contract(t, freshStore) })
}
