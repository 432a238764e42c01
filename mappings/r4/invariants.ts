import { isPart, type Part } from './fault.ts'

/**
 * The rules between elements (FHIR R4 constraints of severity error) that data of hospitals break, by type. A rule answers
 * true where it holds. Rules that only repeat a cardinality are left out, and those of types we never make.
 */
interface Invariant { readonly key: string, readonly text: string, readonly holds: (part: Part) => boolean }

const rule = (key: string, text: string, holds: (part: Part) => boolean): Invariant => ({ key, text, holds })

function has (part: Part, ...names: readonly string[]): boolean {
  return names.some((name) => part[name] !== undefined || part[`_${name}`] !== undefined)
}

function hasChoice (part: Part, name: string): boolean {
  return Object.keys(part).some((key) => key.startsWith(name) || key.startsWith(`_${name}`))
}

function parts (value: unknown): readonly Part[] {
  return Array.isArray(value) ? value.filter(isPart) : []
}

function hasCode (concept: unknown, codes: readonly string[]): boolean {
  return isPart(concept) && parts(concept['coding']).some(({ code }) => typeof code === 'string' && codes.includes(code))
}

/** Texts of unlike precision are compared as far as both go; those with times as instants. */
function notAfter (start: unknown, end: unknown): boolean {
  if (typeof start !== 'string' || typeof end !== 'string') return true
  if (start.length > 10 && end.length > 10) return !(Date.parse(start) > Date.parse(end))
  const length = Math.min(start.length, end.length)
  return start.slice(0, length) <= end.slice(0, length)
}

function valueOf (quantity: unknown): number | undefined {
  return isPart(quantity) && typeof quantity['value'] === 'number' ? quantity['value'] : undefined
}

const quantity = [rule('qty-3', 'a code needs its system', (part) => !has(part, 'code') || has(part, 'system'))]

/** obs-7: a component may not carry the same code as the observation when the observation has a value. */
function componentDiffers (part: Part): boolean {
  if (!hasChoice(part, 'value') || !isPart(part['code'])) return true
  const own = new Set(parts(part['code']['coding']).map(({ system, code }) => JSON.stringify([system, code])))
  return !parts(part['component']).some(({ code }) => isPart(code) &&
    parts(code['coding']).some((coding) => own.has(JSON.stringify([coding['system'], coding['code']]))))
}

function isHome (items: unknown): boolean {
  return parts(items).some(({ use }) => use === 'home')
}

const bundleTypes = {
  withTotal: ['searchset', 'history'],
  withRequest: ['batch', 'transaction', 'history'],
  withResponse: ['batch-response', 'transaction-response', 'history']
}

function bundleHas (part: Part, element: string, types: readonly string[]): boolean {
  const belongs = types.includes(String(part['type']))
  return parts(part['entry']).every((entry) => has(entry, element) === belongs)
}

function fullUrlsAreUnique (part: Part): boolean {
  if (part['type'] === 'history') return true
  const urls = parts(part['entry']).flatMap(({ fullUrl }) => typeof fullUrl === 'string' ? [fullUrl] : [])
  return new Set(urls).size === urls.length
}

function firstEntryIs (part: Part, bundleType: string, resourceType: string): boolean {
  if (part['type'] !== bundleType) return true
  const first = parts(part['entry'])[0]?.['resource']
  return isPart(first) && first['resourceType'] === resourceType
}

export const invariants: Readonly<Record<string, readonly Invariant[]>> = {
  Age: quantity,
  Count: quantity,
  Distance: quantity,
  Duration: quantity,
  Quantity: quantity,
  Money: [rule('R4 Money', 'a currency is three capital letters', ({ currency }) => currency === undefined || (typeof currency === 'string' && /^[A-Z]{3}$/.test(currency)))],
  Extension: [rule('ext-1', 'needs extensions or one value, not both', (part) => hasChoice(part, 'value') !== has(part, 'extension'))],
  Period: [rule('per-1', 'the start may not be after the end', ({ start, end }) => notAfter(start, end))],
  Range: [rule('rng-2', 'low may not be above high', ({ low, high }) => !((valueOf(low) ?? -Infinity) > (valueOf(high) ?? Infinity)))],
  Ratio: [rule('rat-1', 'needs numerator and denominator, or extensions', (part) => has(part, 'numerator') === has(part, 'denominator') && has(part, 'numerator', 'extension'))],
  ContactPoint: [rule('cpt-2', 'a value needs its system', (part) => !has(part, 'value') || has(part, 'system'))],
  Attachment: [rule('att-1', 'data needs a content type', (part) => !has(part, 'data') || has(part, 'contentType'))],
  'Patient.contact': [rule('pat-1', 'needs a name, a telecom, an address or an organization', (part) => has(part, 'name', 'telecom', 'address', 'organization'))],
  Organization: [
    rule('org-1', 'needs a name or an identifier', (part) => has(part, 'identifier', 'name')),
    rule('org-2', 'an address may not be of use home', (part) => !isHome(part['address'])),
    rule('org-3', 'a telecom may not be of use home', (part) => !isHome(part['telecom']))
  ],
  Appointment: [
    rule('app-2', 'start and end come together', (part) => has(part, 'start') === has(part, 'end')),
    rule('app-3', 'needs start and end unless proposed, cancelled or on the waiting list', (part) => has(part, 'start') || ['proposed', 'cancelled', 'waitlist'].includes(String(part['status']))),
    rule('app-4', 'a cancellation reason needs status cancelled or noshow', (part) => !has(part, 'cancelationReason') || ['cancelled', 'noshow'].includes(String(part['status'])))
  ],
  'Appointment.participant': [rule('app-1', 'needs a type or an actor', (part) => has(part, 'type', 'actor'))],
  Observation: [
    rule('obs-6', 'a reason for absent data excludes a value', (part) => !has(part, 'dataAbsentReason') || !hasChoice(part, 'value')),
    rule('obs-7', 'a component may not repeat the code of an observation that has a value', componentDiffers)
  ],
  'Observation.referenceRange': [rule('obs-3', 'needs low, high or text', (part) => has(part, 'low', 'high', 'text'))],
  AllergyIntolerance: [
    rule('ait-1', 'needs a clinical status unless entered in error', (part) => has(part, 'clinicalStatus') || hasCode(part['verificationStatus'], ['entered-in-error'])),
    rule('ait-2', 'entered in error excludes a clinical status', (part) => !has(part, 'clinicalStatus') || !hasCode(part['verificationStatus'], ['entered-in-error']))
  ],
  Condition: [
    rule('con-4', 'abatement needs clinical status inactive, remission or resolved', (part) => !hasChoice(part, 'abatement') || hasCode(part['clinicalStatus'], ['inactive', 'remission', 'resolved'])),
    rule('con-5', 'entered in error excludes a clinical status', (part) => !has(part, 'clinicalStatus') || !hasCode(part['verificationStatus'], ['entered-in-error']))
  ],
  'Condition.stage': [rule('con-1', 'needs a summary or an assessment', (part) => has(part, 'summary', 'assessment'))],
  'Condition.evidence': [rule('con-2', 'needs a code or details', (part) => has(part, 'code', 'detail'))],
  ServiceRequest: [rule('prr-1', 'order details need a code', (part) => !has(part, 'orderDetail') || has(part, 'code'))],
  'Parameters.parameter': [rule('inv-1', 'needs one of value, resource or parts', (part) => [hasChoice(part, 'value'), has(part, 'resource'), has(part, 'part')].filter(Boolean).length === 1)],
  Linkage: [rule('lnk-1', 'needs two items', (part) => parts(part['item']).length > 1)],
  'Bundle.entry': [
    rule('bdl-5', 'needs a resource unless there is a request or a response', (part) => has(part, 'resource', 'request', 'response')),
    rule('bdl-8', 'a full URL names no version', ({ fullUrl }) => typeof fullUrl !== 'string' || !fullUrl.includes('/_history/'))
  ],
  Bundle: [
    rule('bdl-1', 'a total is for search sets and histories', (part) => !has(part, 'total') || bundleTypes.withTotal.includes(String(part['type']))),
    rule('bdl-2', 'search details are for search sets', (part) => part['type'] === 'searchset' || parts(part['entry']).every((entry) => !has(entry, 'search'))),
    rule('bdl-3', 'entries of batches, transactions and histories have a request, others none', (part) => bundleHas(part, 'request', bundleTypes.withRequest)),
    rule('bdl-4', 'entries of responses and histories have a response, others none', (part) => bundleHas(part, 'response', bundleTypes.withResponse)),
    rule('bdl-7', 'full URLs are unique', fullUrlsAreUnique),
    rule('bdl-9', 'a document has an identifier', (part) => part['type'] !== 'document' || has(part, 'identifier')),
    rule('bdl-10', 'a document has a time', (part) => part['type'] !== 'document' || has(part, 'timestamp')),
    rule('bdl-11', 'a document begins with a Composition', (part) => firstEntryIs(part, 'document', 'Composition')),
    rule('bdl-12', 'a message begins with a MessageHeader', (part) => firstEntryIs(part, 'message', 'MessageHeader'))
  ]
}
