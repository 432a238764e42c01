import type { Resource } from '../core/records/index.ts'
import { isObject, type JsonObject } from './element-path.ts'
import { MappingError } from './mapping-error.ts'

/** What a FHIR server says of money, in the words of the stored record (base/segments/ft1-*.json, facts/charge-item.json). */
export interface MoneyContext {
  /** The server's own id of the resource, for a line without a number. */
  readonly remoteId: string
  readonly source: string
  /** The business day of the statement. */
  readonly day: string
  /** What stands of the same line; null where it is new. */
  readonly standing: Resource | null
}

type SettlingContext = Pick<MoneyContext, 'day' | 'standing'>

const kindUrl = 'urn:yiqiao:fhir:charge-kind'
const creditedUrl = 'urn:yiqiao:fhir:charge-credited-by'
const payerUrl = 'urn:yiqiao:fhir:payment-patient'
const plannedUrl = 'urn:yiqiao:fhir:charge-planned-price'
/** R4 ChargeItemStatus: never owed, or no longer. */
const takenBack: readonly string[] = ['entered-in-error', 'aborted', 'not-billable']

/**
 * R4 has no credit: a ChargeItem that was charged and is now entered in error, aborted or not billable is its own
 * credit, so its entry is reversed. What is only planned is not owed yet. A price below zero is a reduction, a line of
 * its own.
 */
export function readChargeItem (charge: JsonObject, context: MoneyContext, note: (text: string) => void): void {
  nameLine(charge, context)
  if (charge['priceOverride'] === undefined) note('ChargeItem.priceOverride: absent, so nothing is owed for it')
  settleCharge(charge, context)
}

function settleCharge (charge: JsonObject, context: SettlingContext): void {
  keepCredit(charge, context)
  const { status, priceOverride } = charge
  if (status === 'planned' && priceOverride !== undefined) {
    Reflect.deleteProperty(charge, 'priceOverride')
    addExtension(charge, { url: plannedUrl, valueMoney: priceOverride })
  }
  if (isObject(priceOverride) && Number(priceOverride['value']) < 0 && !hasExtension(charge, kindUrl)) addExtension(charge, { url: kindUrl, valueCode: 'adjustment' })
  if (takenBack.includes(String(status))) addExtension(charge, creditOf(charge, 'priceOverride', context))
}

/** A payment at the hospital's own window; a cancelled one is reversed. R4 names no patient, ours does by extension. */
export function readPaymentNotice (payment: JsonObject, context: MoneyContext): void {
  nameLine(payment, context)
  settlePayment(payment, context)
}

function settlePayment (payment: JsonObject, context: SettlingContext): void {
  keepCredit(payment, context)
  if (payment['status'] === 'cancelled' || payment['status'] === 'entered-in-error') addExtension(payment, creditOf(payment, 'amount', context))
}

/** `patientId` and `encounterId` are ours. */
export function namePayer (payment: JsonObject, { patientId, encounterId }: { readonly patientId: string, readonly encounterId: string | null }): void {
  addExtension(payment, { url: payerUrl, valueReference: { reference: `Patient/${patientId}` } })
  if (encounterId !== null) addExtension(payment, { url: 'urn:yiqiao:fhir:payment-encounter', valueReference: { reference: `Encounter/${encounterId}` } })
}

interface PostedMoney {
  /** The business day on which it was posted. */
  readonly day: string
  /** What the same line said before; null where it is new. */
  readonly standing: Resource | null
  /** Whose a record of ours (`Encounter/<id>`) is. */
  readonly patientOf: (record: string) => string | null
}

/**
 * What a client posts of money, in the same words; anything else as it is. What took a line back once still stands,
 * whether or not the client repeats it: the books keep it too. A line without a number is left to the table of facts,
 * which refuses it. Throws MappingError for a draft of a payment.
 */
export function readPostedMoney <Posted extends Resource> (posted: Posted, { day, standing, patientOf }: PostedMoney): Posted {
  const { resourceType } = posted
  if ((resourceType !== 'ChargeItem' && resourceType !== 'PaymentNotice') || numberOf(posted) === null) return posted
  const line = structuredClone(posted) as Posted & JsonObject
  if (resourceType === 'ChargeItem') settleCharge(line, { day, standing })
  else if (line['status'] === 'draft') throw new MappingError('MAPPING_VALUE_INVALID', 'A draft is no payment. Post the PaymentNotice when the money is there, with the status active.', 'PaymentNotice.status')
  else {
    settlePayment(line, { day, standing })
    readPostedPayer(line, patientOf)
  }
  return line
}

function readPostedPayer (payment: JsonObject, patientOf: PostedMoney['patientOf']): void {
  const { request } = payment
  const [record = '', type, id] = /^([A-Z][A-Za-z]+)\/([A-Za-z0-9\-.]{1,64})/.exec(isObject(request) ? String(request['reference']) : '') ?? []
  const patientId = patientOf(record)
  if (id !== undefined && patientId !== null && !hasExtension(payment, payerUrl)) namePayer(payment, { patientId, encounterId: type === 'Encounter' ? id : null })
}

/** Said again on a later day, a line was taken back on the first: the books keep that too. */
function keepCredit (line: JsonObject, { standing }: SettlingContext): void {
  const credit = extensionsOf(standing ?? {}).find((each) => isObject(each) && each['url'] === creditedUrl)
  if (isObject(credit)) addExtension(line, credit)
}

/** The ledger knows a line by its number. */
function nameLine (line: JsonObject, { remoteId, source }: MoneyContext): void {
  if (line['identifier'] === undefined) line['identifier'] = [{ system: `urn:yiqiao:source:${source}`, value: remoteId }]
  if (numberOf(line) === null) {
    throw new MappingError('MAPPING_VALUE_INVALID', 'The identifier of a line of charges has no value; have the server correct it.', `${String(line['resourceType'])}.identifier`)
  }
}

function numberOf ({ identifier }: JsonObject): string | null {
  const [first] = Array.isArray(identifier) ? identifier as unknown[] : []
  return isObject(first) && typeof first['value'] === 'string' ? first['value'] : null
}

function creditOf (line: JsonObject, amountElement: string, { day }: SettlingContext): JsonObject {
  const amount = line[amountElement]
  return {
    url: creditedUrl,
    extension: [
      { url: 'transaction', valueString: `${numberOf(line) ?? ''} ${String(line['status'])}` },
      ...(isObject(amount) ? [{ url: 'amount', valueMoney: amount }] : []),
      { url: 'date', valueDate: day }
    ]
  }
}

function hasExtension (resource: JsonObject, url: string): boolean {
  return extensionsOf(resource).some((each) => isObject(each) && each['url'] === url)
}

function addExtension (resource: JsonObject, extension: JsonObject): void {
  if (!hasExtension(resource, String(extension['url']))) resource['extension'] = [...extensionsOf(resource), extension]
}

function extensionsOf (resource: JsonObject): readonly unknown[] {
  return Array.isArray(resource['extension']) ? resource['extension'] as unknown[] : []
}
