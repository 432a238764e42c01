import { attachment, attachmentLink, documentText, observationAttachment, picture, pictureFields } from './attachment.ts'
import { mailAddress, makeAddresses } from './address.ts'
import { makeCodings } from './coding.ts'
import type { Converter, FindTable, SegmentsConverter } from './converter.ts'
import { endpoint, messageEvent } from './header.ts'
import { days, makeIdentifiers, quantity } from './identifier.ts'
import { chargeAmount, composedAmount, composedCredit, creditAmount } from './money.ts'
import { makeNames } from './name.ts'
import { makeObservationValues } from './observation-value.ts'
import { makeReferences } from './reference.ts'
import { boolean, code, codeIfKnown, decimal, positiveInt, string, unsignedInt, wholeText } from './text.ts'
import { date, dateTime, day, endByDuration, exactDateTime, instant, minutes, period, resourcePeriod, startInstant, time } from './time.ts'

export type { Converter, FindTable, SegmentsConverter, Use } from './converter.ts'

/** `field` reads a value; `segment` one whole segment (`from: "OBX"`); `segments` all of that name in reach. */
export type NamedConverter =
  | { readonly reads: 'field' | 'segment', readonly convert: Converter }
  | { readonly reads: 'segments', readonly convert: SegmentsConverter }

/**
 * The closed list of converters that rows may name in `as`. What a row cannot say, a converter with a test does; a
 * site may name it, but never write one.
 */
export function makeConverters (findTable: FindTable): ReadonlyMap<string, NamedConverter> {
  const codings = makeCodings(findTable)
  const identifiers = makeIdentifiers(findTable)
  const names = makeNames(findTable)
  const addresses = makeAddresses(findTable)
  const references = makeReferences(identifiers, names)
  const values = makeObservationValues(codings)
  const byField: Record<string, Converter> = {
    ...{ string, code, codeIfKnown, boolean, decimal, positiveInt, unsignedInt, wholeText },
    ...{ date, day, dateTime, exactDateTime, instant, startInstant, time, period, minutes },
    ...{ attachment, attachmentLink, picture, pictureFields, quantity, days, mailAddress, messageEvent, endpoint, composedAmount, composedCredit },
    humanName: names.humanName, wholeName: names.wholeName, nameText: names.nameText,
    address: addresses.address,
    wholeAddress: addresses.wholeAddress,
    contactPoint: addresses.contactPoint,
    codeableConcept: codings.codeableConcept,
    coding: codings.coding,
    conceptText: codings.conceptText,
    identifier: identifiers.identifier,
    visitNumber: identifiers.visitNumber,
    medicalRecordNumber: identifiers.medicalRecordNumber,
    entityIdentifier: identifiers.entityIdentifier,
    placerIdentifier: identifiers.placerIdentifier,
    fillerIdentifier: identifiers.fillerIdentifier,
    residentId: identifiers.residentId,
    transactionIdentifier: identifiers.ownIdentifier('FT'),
    employeeNumber: identifiers.ownIdentifier('EI'),
    prescriptionNumber: identifiers.ownIdentifier('prescription'),
    queueNumber: identifiers.ownIdentifier('queue'),
    rosterNumber: identifiers.ownIdentifier('roster'),
    requestNumber: identifiers.ownIdentifier('request'),
    practitioner: references.practitioner,
    practitionerWholeName: references.practitionerWholeName,
    practitionerWithin: references.practitionerWithin,
    location: references.location,
    organization: references.organization,
    department: references.department,
    facility: references.facility
  }
  const bySegment: Record<string, Converter> = {
    chargeAmount,
    creditAmount,
    endByDuration,
    observationAttachment,
    observationValue: values.observationValue,
    observationValueAttachment: values.observationValueAttachment,
    servicePeriod: resourcePeriod(4),
    locationPeriod: resourcePeriod(6),
    personPeriod: resourcePeriod(6),
    generalPeriod: resourcePeriod(8),
    hospital: references.hospital,
    referralProvider: references.referralProvider
  }
  return new Map<string, NamedConverter>([
    ...Object.entries(byField).map(([name, convert]) => [name, { reads: 'field', convert }] as const),
    ...Object.entries(bySegment).map(([name, convert]) => [name, { reads: 'segment', convert }] as const),
    ['documentText', { reads: 'segments', convert: documentText }] as const
  ])
}
