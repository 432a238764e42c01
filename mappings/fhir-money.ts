import { isObject, type JsonObject } from './element-path.ts'
import { MappingError } from './mapping-error.ts'

/** What a FHIR server says of money, in the words of the stored record (base/segments/ft1-*.json, facts/charge-item.json). */
export interface MoneyContext {
  /** The server's own id of the resource, for a line without a number. */
  readonly remoteId: string
  readonly source: string
  /** The business day of the statement. */
  readonly day: string
}

const kindUrl = 'urn:yiqiao:fhir:charge-kind'
const creditedUrl = 'urn:yiqiao:fhir:charge-credited-by'
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
  const { status, priceOverride } = charge
  if (priceOverride === undefined) note('ChargeItem.priceOverride: absent, so nothing is owed for it')
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
  if (payment['status'] === 'cancelled' || payment['status'] === 'entered-in-error') addExtension(payment, creditOf(payment, 'amount', context))
}

/** `patientId` and `encounterId` are ours. */
export function namePayer (payment: JsonObject, { patientId, encounterId }: { readonly patientId: string, readonly encounterId: string | null }): void {
  addExtension(payment, { url: 'urn:yiqiao:fhir:payment-patient', valueReference: { reference: `Patient/${patientId}` } })
  if (encounterId !== null) addExtension(payment, { url: 'urn:yiqiao:fhir:payment-encounter', valueReference: { reference: `Encounter/${encounterId}` } })
}

/** The ledger knows a line by its number. */
function nameLine (line: JsonObject, { remoteId, source }: MoneyContext): void {
  if (line['identifier'] === undefined) line['identifier'] = [{ system: `urn:yiqiao:source:${source}`, value: remoteId }]
  const [first] = Array.isArray(line['identifier']) ? line['identifier'] as unknown[] : []
  if (!isObject(first) || typeof first['value'] !== 'string') {
    throw new MappingError('MAPPING_VALUE_INVALID', 'The identifier of a line of charges has no value; have the server correct it.', `${String(line['resourceType'])}.identifier`)
  }
}

function creditOf (line: JsonObject, amountElement: string, { day }: MoneyContext): JsonObject {
  const [identifier] = line['identifier'] as readonly [JsonObject]
  const amount = line[amountElement]
  return {
    url: creditedUrl,
    extension: [
      { url: 'transaction', valueString: `${String(identifier['value'])} ${String(line['status'])}` },
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
