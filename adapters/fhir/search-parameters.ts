/**
 * What can be searched by, per resource type (FHIR R4 search parameters of the same names). A row reads `kind paths`:
 *
 * - kinds: string · token (coding, concept, identifier) · code (a code or truth value: its system is fixed, so a system
 *   in the query is not compared) · contact (telecom) · reference · date · quantity;
 * - paths, apart by `|`: elements by dots; `[x]` any type of a choice;
 *   `>Patient,Group` only references to these types;
 * - `alias subject>Patient` finds by the values of another parameter. Every value costs a row at every save, so what
 *   another parameter's values can answer is not kept twice.
 *
 * Extraction, queries and the CapabilityStatement all read this table.
 */
type SearchTable = Readonly<Record<string, Readonly<Record<string, string>>>>

const person = {
  name: 'string name', family: 'string name.family', given: 'string name.given', phonetic: 'alias name',
  gender: 'code gender', telecom: 'contact telecom', phone: 'alias telecom', email: 'alias telecom',
  address: 'string address', 'address-city': 'alias address', 'address-state': 'alias address', 'address-postalcode': 'alias address', 'address-country': 'alias address', active: 'code active'
}
const identifier = { identifier: 'token identifier' }
const ofSubject = { ...identifier, subject: 'reference subject', patient: 'alias subject>Patient' }
const ofPatient = { ...identifier, patient: 'reference patient>Patient' }
const coded = { status: 'code status', code: 'token code', category: 'token category' }
const inEncounter = { encounter: 'reference encounter>Encounter' }
const planned = { intent: 'code intent', priority: 'code priority', requester: 'reference requester' }
const bookable = { 'service-category': 'token serviceCategory', 'service-type': 'token serviceType', specialty: 'token specialty' }

export const searchParameters: SearchTable = {
  Account: { ...identifier, subject: 'reference subject', patient: 'alias subject>Patient', name: 'string name', owner: 'reference owner>Organization', period: 'date servicePeriod', status: 'code status', type: 'token type' },
  AllergyIntolerance: {
    ...ofPatient, code: 'token code|reaction.substance', category: 'code category', 'clinical-status': 'token clinicalStatus', 'verification-status': 'token verificationStatus', criticality: 'code criticality',
    date: 'date recordedDate', onset: 'date reaction.onset', 'last-date': 'date lastOccurrence', manifestation: 'token reaction.manifestation', severity: 'code reaction.severity', type: 'code type'
  },
  Appointment: {
    ...identifier, ...bookable, actor: 'reference participant.actor', patient: 'alias actor>Patient', practitioner: 'alias actor>Practitioner', location: 'alias actor>Location',
    date: 'date start', status: 'code status', 'part-status': 'code participant.status', 'appointment-type': 'token appointmentType', 'reason-code': 'token reasonCode', 'reason-reference': 'reference reasonReference', 'based-on': 'reference basedOn>ServiceRequest', 'supporting-info': 'reference supportingInformation', slot: 'reference slot>Slot'
  },
  Basic: { ...identifier, subject: 'reference subject', patient: 'alias subject>Patient', code: 'token code', created: 'date created', author: 'reference author' },
  Binary: {},
  CarePlan: { ...ofSubject, ...inEncounter, status: 'code status', category: 'token category', date: 'date period', intent: 'code intent' },
  CareTeam: { ...ofSubject, ...inEncounter, status: 'code status', category: 'token category', date: 'date period', participant: 'reference participant.member' },
  ChargeItem: {
    ...ofSubject, code: 'token code', context: 'reference context', status: 'code status', account: 'reference account>Account', 'entered-date': 'date enteredDate', occurrence: 'date occurrence[x]',
    enterer: 'reference enterer', 'performer-actor': 'reference performer.actor', 'performing-organization': 'reference performingOrganization>Organization', 'requesting-organization': 'reference requestingOrganization>Organization', service: 'reference service'
  },
  Communication: { ...ofSubject, ...inEncounter, status: 'code status', category: 'token category', sent: 'date sent', received: 'date received', sender: 'reference sender', recipient: 'reference recipient' },
  Composition: { ...ofSubject, ...inEncounter, status: 'code status', type: 'token type', category: 'token category', date: 'date date', author: 'reference author', attester: 'reference attester.party', title: 'string title' },
  Condition: {
    ...ofSubject, ...inEncounter, code: 'token code', category: 'token category', 'clinical-status': 'token clinicalStatus', 'verification-status': 'token verificationStatus', severity: 'token severity',
    'recorded-date': 'date recordedDate', 'onset-date': 'date onset[x]', 'abatement-date': 'date abatement[x]', asserter: 'reference asserter'
  },
  Consent: { ...ofPatient, status: 'code status', scope: 'token scope', category: 'token category', date: 'date dateTime', period: 'date provision.period' },
  Coverage: { ...identifier, patient: 'alias beneficiary>Patient', beneficiary: 'reference beneficiary>Patient', payor: 'reference payor', status: 'code status', subscriber: 'reference subscriber', type: 'token type', 'policy-holder': 'reference policyHolder' },
  Device: { ...ofPatient, status: 'code status', type: 'token type', organization: 'reference owner>Organization', location: 'reference location>Location' },
  DiagnosticReport: {
    ...ofSubject, ...inEncounter, ...coded, date: 'date effective[x]', issued: 'date issued', performer: 'reference performer', 'results-interpreter': 'reference resultsInterpreter',
    result: 'reference result>Observation', specimen: 'reference specimen>Specimen', 'based-on': 'reference basedOn', conclusion: 'token conclusionCode'
  },
  DocumentReference: {
    identifier: 'token masterIdentifier|identifier', subject: 'reference subject', patient: 'alias subject>Patient', encounter: 'reference context.encounter', status: 'code status', type: 'token type', category: 'token category', date: 'date date', period: 'date context.period',
    author: 'reference author', authenticator: 'reference authenticator', custodian: 'reference custodian>Organization', description: 'string description', contenttype: 'code content.attachment.contentType', related: 'reference context.related', relatesto: 'reference relatesTo.target'
  },
  Encounter: {
    ...ofSubject, status: 'code status', class: 'token class', type: 'token type', date: 'date period', participant: 'reference participant.individual', practitioner: 'alias participant>Practitioner', 'participant-type': 'token participant.type',
    location: 'reference location.location>Location', 'location-period': 'date location.period', 'service-provider': 'reference serviceProvider>Organization', appointment: 'reference appointment>Appointment', account: 'reference account>Account',
    'based-on': 'reference basedOn>ServiceRequest', diagnosis: 'reference diagnosis.condition', 'episode-of-care': 'reference episodeOfCare>EpisodeOfCare', 'part-of': 'reference partOf>Encounter', 'reason-code': 'token reasonCode', 'reason-reference': 'reference reasonReference', length: 'quantity length'
  },
  EpisodeOfCare: { ...ofPatient, status: 'code status', type: 'token type', date: 'date period', organization: 'reference managingOrganization>Organization', 'care-manager': 'reference careManager>Practitioner', condition: 'reference diagnosis.condition>Condition' },
  GuidanceResponse: { ...ofSubject, request: 'token requestIdentifier' },
  HealthcareService: { ...identifier, active: 'code active', name: 'string name', organization: 'reference providedBy>Organization', location: 'reference location>Location', specialty: 'token specialty', 'service-type': 'token type' },
  Immunization: { ...ofPatient, status: 'code status', 'status-reason': 'token statusReason', 'lot-number': 'string lotNumber', manufacturer: 'reference manufacturer>Organization', date: 'date occurrence[x]', 'vaccine-code': 'token vaccineCode', performer: 'reference performer.actor', location: 'reference location>Location' },
  Linkage: { author: 'reference author', item: 'reference item.resource', source: 'alias item' },
  Location: { ...identifier, name: 'string name|alias', status: 'code status', type: 'token type', organization: 'reference managingOrganization>Organization', partof: 'reference partOf>Location', address: 'string address', 'operational-status': 'token operationalStatus' },
  Medication: { ...identifier, code: 'token code', status: 'code status', form: 'token form' },
  MedicationAdministration: {
    ...ofSubject, status: 'code status', code: 'token medication[x]', medication: 'reference medication[x]>Medication', context: 'reference context', 'effective-time': 'date effective[x]', performer: 'reference performer.actor', request: 'reference request>MedicationRequest',
    device: 'reference device>Device', 'reason-given': 'token reasonCode', 'reason-not-given': 'token statusReason'
  },
  MedicationDispense: {
    ...ofSubject, status: 'code status', code: 'token medication[x]', medication: 'reference medication[x]>Medication', context: 'reference context', type: 'token type', prescription: 'reference authorizingPrescription>MedicationRequest', performer: 'reference performer.actor',
    receiver: 'reference receiver', destination: 'reference destination>Location', whenhandedover: 'date whenHandedOver', whenprepared: 'date whenPrepared'
  },
  MedicationRequest: { ...ofSubject, ...inEncounter, ...planned, status: 'code status', category: 'token category', code: 'token medication[x]', medication: 'reference medication[x]>Medication', authoredon: 'date authoredOn', 'intended-dispenser': 'reference dispenseRequest.performer>Organization', date: 'date dosageInstruction.timing.event' },
  MedicationStatement: { ...ofSubject, status: 'code status', category: 'token category', code: 'token medication[x]', medication: 'reference medication[x]>Medication', context: 'reference context', effective: 'date effective[x]' },
  Observation: {
    ...ofSubject, ...inEncounter, ...coded, date: 'date effective[x]', performer: 'reference performer', specimen: 'reference specimen>Specimen', device: 'reference device', 'based-on': 'reference basedOn', 'part-of': 'reference partOf',
    'has-member': 'reference hasMember', 'derived-from': 'reference derivedFrom', 'component-code': 'token component.code', 'value-concept': 'token value[x]', 'value-quantity': 'quantity value[x]', 'value-string': 'string value[x]',
    'data-absent-reason': 'token dataAbsentReason', method: 'token method'
  },
  Organization: { ...identifier, active: 'code active', name: 'string name|alias', partof: 'reference partOf>Organization', type: 'token type', address: 'string address' },
  Patient: {
    ...identifier, ...person, birthdate: 'date birthDate', 'death-date': 'date deceased[x]', language: 'token communication.language', 'general-practitioner': 'reference generalPractitioner', link: 'reference link.other', organization: 'reference managingOrganization>Organization'
  },
  PaymentNotice: { ...identifier, status: 'code status', created: 'date created', provider: 'reference provider', request: 'reference request', response: 'reference response', 'payment-status': 'token paymentStatus' },
  Practitioner: { ...identifier, ...person, communication: 'token communication' },
  PractitionerRole: { ...identifier, active: 'code active', date: 'date period', practitioner: 'reference practitioner>Practitioner', organization: 'reference organization>Organization', location: 'reference location>Location', service: 'reference healthcareService>HealthcareService', role: 'token code', specialty: 'token specialty', telecom: 'contact telecom', phone: 'alias telecom', email: 'alias telecom' },
  Procedure: { ...ofSubject, ...inEncounter, ...coded, date: 'date performed[x]', performer: 'reference performer.actor', location: 'reference location>Location', 'part-of': 'reference partOf', 'based-on': 'reference basedOn', 'reason-code': 'token reasonCode', 'reason-reference': 'reference reasonReference' },
  Provenance: { target: 'reference target', patient: 'alias target>Patient', agent: 'reference agent.who', recorded: 'date recorded', when: 'date occurred[x]', location: 'reference location>Location' },
  RelatedPerson: { ...ofPatient, ...person, birthdate: 'date birthDate', relationship: 'token relationship' },
  Schedule: { ...identifier, ...bookable, active: 'code active', actor: 'reference actor', date: 'date planningHorizon' },
  ServiceRequest: {
    ...ofSubject, ...inEncounter, ...coded, ...planned, authored: 'date authoredOn', occurrence: 'date occurrence[x]', performer: 'reference performer', requisition: 'token requisition', specimen: 'reference specimen>Specimen', 'based-on': 'reference basedOn', replaces: 'reference replaces>ServiceRequest', 'body-site': 'token bodySite'
  },
  Slot: { ...identifier, ...bookable, schedule: 'reference schedule>Schedule', start: 'date start', status: 'code status', 'appointment-type': 'token appointmentType' },
  Specimen: { ...identifier, subject: 'reference subject', patient: 'alias subject>Patient', status: 'code status', type: 'token type', accession: 'token accessionIdentifier', collected: 'date collection.collected[x]', collector: 'reference collection.collector', bodysite: 'token collection.bodySite', parent: 'reference parent>Specimen' },
  SupplyDelivery: { ...ofPatient, status: 'code status', receiver: 'reference receiver', supplier: 'reference supplier' },
  SupplyRequest: { ...identifier, subject: 'reference deliverTo', status: 'code status', date: 'date authoredOn', category: 'token category', requester: 'reference requester' },
  Task: { ...identifier, ...inEncounter, status: 'code status', code: 'token code', intent: 'code intent', priority: 'code priority', subject: 'reference for', patient: 'alias subject>Patient', owner: 'reference owner', requester: 'reference requester', focus: 'reference focus', 'based-on': 'reference basedOn', 'part-of': 'reference partOf>Task', 'business-status': 'token businessStatus', performer: 'token performerType', 'group-identifier': 'token groupIdentifier', modified: 'date lastModified', 'authored-on': 'date authoredOn', period: 'date executionPeriod' }
}
