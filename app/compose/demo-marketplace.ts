import { demoDoctors, demoPatients } from '../../adapters/simulators/hospital/demo-persons.ts'
import { demoSites } from '../../adapters/simulators/hospital/site.ts'
import type { Stores } from '../../adapters/store/index.ts'
import type { CalendarDate } from '../../core/clock.ts'
import { addDays, startOfDayIn, type StartOfDay } from '../../core/days.ts'
import { takeIn } from '../../core/intake/index.ts'
import { newAudit, publishCalendar, reviewAudit, submitDoctor, type CalendarSpan, type Doctor, type MarketTools } from '../../core/marketplace/index.ts'
import { saveProduct, seeAllBenefit, type WantedProduct } from '../../core/membership/index.ts'
import { fen } from '../../core/money.ts'
import type { RecordChange } from '../../core/records/index.ts'
import type { Composed } from './compose.ts'
import { marketTools } from './market-tools.ts'

const products: ReadonlyArray<Omit<WantedProduct, 'hospitalId' | 'madeBy'>> = [
  { code: 'anaesthesiologist_vip', name: '麻醉医师市场VIP会员', english: 'Anaesthesiologist marketplace VIP', forKind: 'hospital', priceFen: fen(99_800), days: 365, usages: {}, benefits: [seeAllBenefit], isOnSale: true },
  { code: 'care_year', name: '问诊年卡', english: 'Consultations for a year', forKind: 'patient', priceFen: fen(19_900), days: 365, usages: { consultations: 3 }, benefits: [], isOnSale: true }
]
const [openDays, from, to] = [14, 18.5, 21.5]
const hourMs = 3_600_000

/** The demo's doctors are approved as anaesthesiologists with open evenings, its patients are to be admitted, and memberships are on sale. */
export async function openDemoMarketplace (parts: Composed): Promise<void> {
  const { store, clock, tools, config: { zone } } = parts
  const market: MarketTools<Stores> = marketTools({ ...parts, takeIn: (stores: Stores, changes, at) => takeIn({ ...stores, ...tools }, changes, at) })
  await store.inTransaction(async (stores) => {
    const at = clock.now()
    if (await stores.memberships.product('care_year') !== null) return
    for (const product of products) await saveProduct(stores, { ...product, hospitalId: 'east', madeBy: 'demo' }, market.hospitals.map(({ id }) => id), at)
    await market.takeIn(stores, [demoPatients.patient, demoPatients.patient2].map(({ hospital, person }) => admission(parts, { hospital, mrn: person.mrn }, at)), at)
    for (const [name, { hospital, code }] of Object.entries(demoDoctors)) {
      const doctor = registered(parts, { name, hospital, code }, at)
      await stores.doctors.save(doctor)
      await stores.auditCases.add(newAudit('doctor', doctor.id))
      await approve(stores, market, doctor, at)
      await publishCalendar(stores, market, { doctor, spans: evenings(parts.calendar(at), startOfDayIn(zone)), by: 'demo' }, at)
    }
  })
}

function registered ({ stableId, keys, config }: Composed, { name, hospital, code }: { readonly name: string, readonly hospital: string, readonly code: string }, at: Date): Doctor {
  const site = Object.values(demoSites).find((one) => one.hospital === hospital)
  const known = site?.doctors.find((doctor) => doctor.code === code)
  const serial = code.slice(-4).padStart(4, '0')
  return {
    id: stableId(hospital, 'Practitioner', code), accountId: `demo:${name}`, name: `${known?.familyName ?? ''}${known?.givenName ?? ''}`, hospitalId: hospital, employer: config.site.hospitals.find(({ id }) => id === hospital)?.name ?? hospital, staffNumber: code, title: '主任医师',
    licenceNumber: `11011000000${serial}`, licensedOn: '2010-09-01' as CalendarDate, specialty: 'anaesthesia', phone: keys.sealed(['139', '0000', serial].join('')), phoneTail: serial, introduction: '', registeredAt: at, changedAt: at
  }
}

async function approve (stores: Stores, market: MarketTools<Stores>, { id }: Doctor, at: Date): Promise<void> {
  const reviewer = { by: 'demo-reviewer', personId: null }
  await submitDoctor(stores, market, { id, actor: { by: 'demo', personId: null } }, at)
  await reviewAudit(stores, market, { kind: 'doctor', id, event: { kind: 'take' }, actor: reviewer }, at)
  await reviewAudit(stores, market, { kind: 'doctor', id, event: { kind: 'approve', reason: '演示', accepted: ['evidence_missing'] }, actor: reviewer }, at)
}

/** After the shifts of the hospital's own roster. */
function evenings (today: CalendarDate, startOfDay: StartOfDay): readonly CalendarSpan[] {
  return Array.from({ length: openDays }, (_, place) => startOfDay(addDays(today, place + 1)).getTime()).map((dayMs) => ({ startsAt: new Date(dayMs + from * hourMs), endsAt: new Date(dayMs + to * hourMs), isOpen: true }))
}

/** A planned inpatient stay, as the hospital's own system says it (ADT^A05). */
function admission ({ stableId }: Composed, { hospital, mrn }: { readonly hospital: string, readonly mrn: string }, at: Date): RecordChange {
  const patientId = stableId(hospital, 'Patient', mrn)
  return {
    resource: { resourceType: 'Encounter', id: stableId(hospital, 'Encounter', `demo-admission-${mrn}`), status: 'planned', class: { system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: 'IMP' }, subject: { reference: `Patient/${patientId}` } },
    removed: [], weak: false, asOf: at, hospitalId: hospital, patientId, source: 'demo', mappingVersion: null
  }
}
