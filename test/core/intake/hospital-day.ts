import { createHash } from 'node:crypto'
import { calendarIn, type CalendarDate } from '../../../core/clock.ts'
import type { Fact, FactsOf, TakeInDeps } from '../../../core/intake/index.ts'
import { fen, type Fen } from '../../../core/money.ts'
import type { RecordChange, Resource } from '../../../core/records/index.ts'
import type { Stores } from '../../../adapters/store/index.ts'
import { plainBooking } from '../../fixtures/booking.ts'
import { seedSettings } from '../../fixtures/pay-after-care.ts'

/** A hospital's day in record changes, and a plain reader of facts: core is tested without the mapping tables. */
type Json = Readonly<Record<string, unknown>>

export const at = new Date('2027-03-01T10:00:00Z')
export const clockTime = (time: string): Date => new Date(`2027-03-01T${time}:00+08:00`)

export function depsOf (stores: Stores): TakeInDeps {
  let last = 0
  return {
    ...stores,
    destinations: [],
    factsOf,
    searchValuesOf: () => [],
    stableId: (hospitalId, kind, name) => `${hospitalId}-${kind}-${name}`,
    hashOf: (base64) => createHash('sha1').update(Buffer.from(base64, 'base64')).digest('base64'),
    ids: { next: () => `id-${++last}` },
    calendar: calendarIn('Asia/Shanghai'),
    billing: { settings: seedSettings, hasInsurance: false },
    booking: plainBooking,
    hearAnswer: async () => undefined
  }
}

interface Said {
  readonly asOf?: Date
  readonly source?: string
  readonly weak?: boolean
  readonly removed?: readonly string[]
  readonly hospitalId?: string
  readonly patientId?: string | null
}

export function aChange (resource: Resource & { readonly id: string }, { asOf = at, source = 'm1', weak = false, removed = [], hospitalId = 'east', patientId = 'A' }: Said = {}): RecordChange {
  return { resource, removed, weak, asOf, hospitalId, patientId, source, mappingVersion: 'v1' }
}

export function aPatient (id: string, elements: Json = {}, said: Said = {}): RecordChange {
  return aChange({ resourceType: 'Patient', id, ...elements }, { patientId: id, ...said })
}

export function aVisit (id: string, patientId: string, elements: Json, said: Said = {}): RecordChange {
  return aChange({ resourceType: 'Encounter', id, subject: { reference: `Patient/${patientId}` }, ...elements }, { patientId, ...said })
}

const url = (name: string): string => `urn:yiqiao:fhir:${name}`

/** FT1 with CG or AJ. */
export function aCharge (id: string, patientId: string, { fen: amount, kind = 'charge' }: { readonly fen: number, readonly kind?: 'charge' | 'adjustment' }, said: Said = {}): RecordChange {
  return aChange({
    resourceType: 'ChargeItem',
    id,
    status: 'billable',
    subject: { reference: `Patient/${patientId}` },
    context: { reference: 'Encounter/V' },
    code: { text: 'Consultation' },
    occurrenceDateTime: '2027-03-01T09:00:00+08:00',
    priceOverride: { value: amount / 100, currency: 'CNY' },
    extension: [{ url: url('charge-kind'), valueCode: kind }]
  }, { patientId, ...said })
}

/** FT1 with CD or CR, which names the charge it cancels. */
export function aCredit (id: string, patientId: string, { fen: amount, by = `credit-of-${id}` }: { readonly fen: number, readonly by?: string }, said: Said = {}): RecordChange {
  return aChange({
    resourceType: 'ChargeItem',
    id,
    status: 'entered-in-error',
    subject: { reference: `Patient/${patientId}` },
    code: { text: 'Consultation' },
    extension: [{ url: url('credited-by'), extension: [{ url: 'id', valueString: by }, { url: 'fen', valueInteger: amount }, { url: 'on', valueDate: '2027-03-02' }] }]
  }, { patientId, ...said })
}

/** FT1 with PY. */
export function aPayment (id: string, patientId: string, { fen: amount }: { readonly fen: number }, said: Said = {}): RecordChange {
  return aChange({ resourceType: 'PaymentNotice', id, status: 'active', created: '2027-03-01', amount: { value: amount / 100, currency: 'CNY' }, request: { reference: `Patient/${patientId}` } }, { patientId, ...said })
}

const idOf = (reference: unknown): string => String((reference as { reference?: string } | undefined)?.reference).replace(/^.*\//, '')
const fenOf = (money: unknown): Fen | null => money === undefined ? null : fen(Math.round((money as { value: number }).value * 100))

const readers: Readonly<Record<string, (resource: Resource, hospitalId: string) => Fact>> = {
  Patient: (resource, hospitalId) => ({
    kind: 'patient',
    patient: {
      id: String(resource.id),
      hospitalId,
      name: (resource['name'] as [{ text: string }] | undefined)?.[0].text ?? null,
      birthDate: (resource['birthDate'] as CalendarDate | undefined) ?? null,
      gender: (resource['gender'] as 'male' | undefined) ?? null,
      active: resource['active'] !== false,
      identifiers: ((resource['identifier'] ?? []) as ReadonlyArray<{ system: string, value: string }>).map(({ system, value }) => ({ system, value, type: null }))
    },
    replacedBy: ((resource['link'] ?? []) as ReadonlyArray<{ type: string, other: unknown }>).filter(({ type }) => type === 'replaced-by').map(({ other }) => idOf(other))
  }),
  Encounter: (resource, hospitalId) => ({
    kind: 'visit',
    visit: {
      id: String(resource.id),
      hospitalId,
      visitNumber: null,
      patientId: idOf(resource['subject']),
      class: null,
      state: ({ unknown: 'unconfirmed', arrived: 'registered', finished: 'closed', cancelled: 'cancelled' } as const)[resource['status'] as 'unknown'],
      startedAt: null,
      endedAt: null,
      department: (resource['serviceType'] as { text: string } | undefined)?.text ?? null,
      practitionerId: null,
    placerNumber: null,
    payMode: null,
    continuedAs: null
    }
  }),
  ChargeItem: (resource, hospitalId) => {
    const extensions = (resource['extension'] ?? []) as ReadonlyArray<{ url: string, valueCode?: string, extension?: ReadonlyArray<Json> }>
    const credit = extensions.find((extension) => extension.url === url('credited-by'))?.extension
    return {
      kind: 'charge',
      charge: {
        id: String(resource.id),
        hospitalId,
        kind: (extensions.find((extension) => extension.url === url('charge-kind'))?.valueCode ?? 'charge') as 'charge',
        transactionId: String(resource.id),
        patientId: idOf(resource['subject']),
        visitId: resource['context'] === undefined ? null : idOf(resource['context']),
        amountFen: fenOf(resource['priceOverride']),
        occurredOn: ((resource['occurrenceDateTime'] as string | undefined)?.slice(0, 10) ?? null) as CalendarDate | null,
        code: null,
        text: null,
        creditedBy: credit === undefined
          ? null
          : { transactionId: String(credit[0]?.['valueString']), amountFen: fen(credit[1]?.['valueInteger'] as number), occurredOn: credit[2]?.['valueDate'] as CalendarDate }
      }
    }
  },
  Practitioner: (resource, hospitalId) => ({
    kind: 'practitioner',
    practitioner: { id: String(resource.id), hospitalId, name: (resource['name'] as [{ text: string }])[0].text, active: resource['active'] !== false }
  }),
  PractitionerRole: (resource, hospitalId) => ({
    kind: 'practitioner',
    practitioner: { id: idOf(resource['practitioner']), hospitalId, department: (resource['specialty'] as [{ text: string }])[0].text }
  }),
  PaymentNotice: (resource, hospitalId) => ({
    kind: 'charge',
    charge: {
      id: String(resource.id),
      hospitalId,
      kind: 'payment',
      transactionId: String(resource.id),
      patientId: idOf(resource['request']),
      visitId: null,
      amountFen: fenOf(resource['amount']),
      occurredOn: resource['created'] as CalendarDate,
      code: null,
      text: null,
      creditedBy: null
    }
  })
}

export const factsOf: FactsOf = (resource, { hospitalId }) => {
  const read = readers[resource.resourceType]
  return read === undefined ? [] : [read(resource, hospitalId)]
}

/** A resident id of nobody: region 000001 does not exist. */
export function residentId ({ birth, sequence }: { readonly birth: string, readonly sequence: string }): string {
  const digits = `100001${birth.replaceAll('-', '')}${sequence}`
  const sum = [...digits].reduce((total, digit, place) => total + Number(digit) * (2 ** (17 - place) % 11), 0)
  return `${digits}${'10X98765432'.charAt(sum % 11)}`
}
