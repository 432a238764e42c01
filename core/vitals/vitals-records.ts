import type { Ids } from '../ids.ts'
import type { RecordChange, Resource } from '../records/index.ts'
import type { News2 } from './news2.ts'
import { newsParameters } from './news2.ts'
import { consciousnessCode, consciousnessConcept, ecgCode, glucoseCode, inspired, inspiredCode, leadCode, newsCode, newsComponent, own, panelCode, pressureCode, quantityOf, recordingCode, scoreOf, valueCodes, type Concept } from './vitals-codes.ts'
import type { GivenVitals, ValueName, Vitals } from './vitals.ts'

/** Of whom, where, when, by what. */
export interface Measuring {
  readonly patientId: string
  readonly hospitalId: string
  readonly measuredAt: Date
  /** The person's own hands, or the hospital's staff. */
  readonly performer: 'patient' | 'staff'
  readonly device: { readonly name: string, readonly serial: string | null } | null
  /** Channel and token, e.g. `kiosk:<token id>`. */
  readonly by: string
}

export interface VitalsRecords {
  readonly changes: readonly RecordChange[]
  readonly panelId: string
  readonly memberIds: readonly string[]
}

type Part = Readonly<Record<string, unknown>>

interface Member extends Part {
  readonly category: Category
  readonly code: Concept
}

type Category = 'vital-signs' | 'laboratory' | 'exam' | 'procedure'
const categories = 'http://terminology.hl7.org/CodeSystem/observation-category'

/** 生命体征. One Observation each and a panel that has them all: HL7 v2 tells the panel as one ORU^R01. */
export function vitalsRecords ({ given, vitals, news2 }: { readonly given: GivenVitals, readonly vitals: Vitals, readonly news2: News2 }, measuring: Measuring, { ids, at }: { readonly ids: Ids, readonly at: Date }): VitalsRecords {
  const { patientId, measuredAt, performer, hospitalId, device } = measuring
  const subject = { reference: `Patient/${patientId}` }
  const common = {
    status: 'final',
    subject,
    effectiveDateTime: measuredAt.toISOString(),
    issued: at.toISOString(),
    performer: [performer === 'patient' ? subject : { type: 'Organization', identifier: { system: 'urn:yiqiao:hospital', value: hospitalId } }],
    ...device === null ? {} : { device: { display: device.name, identifier: { value: device.serial ?? device.name, assigner: { display: device.name } } } }
  }
  const idOf = new Map<Member, string>()
  const numbers = numbersOf(vitals)
  const measured = [...numbers.values(), ...specialsOf(given, vitals)]
  for (const member of measured) idOf.set(member, ids.next())
  const refer = (members: readonly Member[]): Part => {
    const derivedFrom = members.flatMap((member) => idOf.get(member) ?? []).map((id) => ({ reference: `Observation/${id}` }))
    return derivedFrom.length === 0 ? {} : { derivedFrom }
  }
  const derived = [...derivedOf(vitals).map(([name, from]) => ({ ...valueMember(name, vitals), ...refer(from.flatMap((each) => numbers.get(each) ?? [])) })), ...newsOf(news2).map((member) => ({ ...member, ...refer(measured) }))]
  for (const member of derived) idOf.set(member, ids.next())
  const observation = (id: string, { category, ...rest }: Member): Resource & { readonly id: string } => ({ resourceType: 'Observation', id, category: [{ coding: [{ system: categories, code: category }] }], ...rest, ...common })
  const recording = given.stethoscope === null ? null : { id: ids.next(), ...given.stethoscope }
  const panelId = ids.next()
  const memberIds = [...idOf.values()]
  const panel: Member = {
    category: 'vital-signs',
    code: panelCode,
    ...memberIds.length === 0 ? {} : { hasMember: memberIds.map((id) => ({ reference: `Observation/${id}` })) },
    ...recording === null ? {} : { derivedFrom: [{ reference: `DocumentReference/${recording.id}` }] }
  }
  const change = (resource: Resource & { readonly id: string }, isPart: boolean): RecordChange => ({ resource, removed: [], weak: false, asOf: at, hospitalId, patientId, isOurs: true, ...isPart ? { isPart } : {}, source: measuring.by, mappingVersion: null })
  return {
    changes: [
      ...[...idOf].map(([member, id]) => change(observation(id, member), true)),
      ...recording === null ? [] : [change(documentOf(recording, { subject, date: at }), false)],
      change(observation(panelId, panel), false)
    ],
    panelId,
    memberIds
  }
}

const alone: readonly ValueName[] = ['temperature', 'weight', 'height', 'waist', 'pulse', 'respiration', 'qt', 'qrs', 'pr', 'ecgRate']
const ofVitalSigns = new Set<ValueName>(['temperature', 'weight', 'height', 'pulse', 'respiration', 'ecgRate', 'bodyMass'])

function numbersOf (vitals: Vitals): ReadonlyMap<ValueName, Member> {
  return new Map(alone.filter((name) => vitals.values[name] !== undefined).map((name) => [name, valueMember(name, vitals)]))
}

function valueMember (name: ValueName, { values }: Vitals): Member {
  return {
    category: ofVitalSigns.has(name) ? 'vital-signs' : name === 'waist' ? 'exam' : 'procedure',
    code: valueCodes[name as keyof typeof valueCodes],
    ...name === 'ecgRate' ? { method: { text: 'ECG' } } : {},
    valueQuantity: quantityOf(name, values[name] ?? 0)
  }
}

function derivedOf ({ values }: Vitals): ReadonlyArray<readonly [name: ValueName, from: readonly ValueName[]]> {
  const rate: ValueName = values.ecgRate === undefined ? 'pulse' : 'ecgRate'
  const all: ReadonlyArray<readonly [name: ValueName, from: readonly ValueName[]]> = [['bodyMass', ['weight', 'height']], ['qtcFridericia', ['qt', rate]], ['qtcBazett', ['qt', rate]]]
  return all.filter(([name]) => values[name] !== undefined)
}

function specialsOf (given: GivenVitals, vitals: Vitals): readonly Member[] {
  return [...pressureOf(vitals), ...glucoseOf(vitals), ...saturationOf(vitals), ...consciousnessOf(vitals), ...ecgOf(given)]
}

const component = (name: Exclude<ValueName, 'glucose'>, value: number | undefined): readonly Part[] => value === undefined ? [] : [{ code: valueCodes[name], valueQuantity: quantityOf(name, value) }]
const method = (code: string | null): Part => code === null ? {} : { method: { coding: [own(code, code.replaceAll('_', ' '))] } }

function pressureOf ({ values, pressureSetting }: Vitals): readonly Member[] {
  if (values.systolic === undefined) return []
  return [{ category: 'vital-signs', code: pressureCode, ...method(pressureSetting), component: [...component('systolic', values.systolic), ...component('diastolic', values.diastolic)] }]
}

function glucoseOf ({ values, glucoseContext }: Vitals): readonly Member[] {
  if (values.glucose === undefined) return []
  return [{ category: 'laboratory', code: glucoseCode(glucoseContext === 'fasting'), ...method(glucoseContext === 'unknown' ? null : glucoseContext), valueQuantity: quantityOf('glucose', values.glucose) }]
}

function saturationOf ({ values, supply }: Vitals): readonly Member[] {
  if (values.oxygenSaturation === undefined) return []
  const parts = [...component('oxygenFlow', values.oxygenFlow), ...supply === null ? [] : [{ code: inspiredCode, valueCodeableConcept: inspired[supply] }]]
  return [{ category: 'vital-signs', code: valueCodes.oxygenSaturation, valueQuantity: quantityOf('oxygenSaturation', values.oxygenSaturation), ...parts.length === 0 ? {} : { component: parts } }]
}

function consciousnessOf ({ consciousness }: Vitals): readonly Member[] {
  return consciousness === null ? [] : [{ category: 'vital-signs', code: consciousnessCode, valueCodeableConcept: consciousnessConcept[consciousness] }]
}

function ecgOf ({ ecg }: GivenVitals): readonly Member[] {
  if (ecg === null || (ecg.statement === null && ecg.leads.length === 0)) return []
  const waves = ecg.leads.map(({ lead, origin, factor, unit, periodMs, data }) => ({
    code: { ...leadCode(lead), text: `${lead}, a sample every ${periodMs} ms` },
    valueSampledData: { origin: { value: origin, unit, system: 'http://unitsofmeasure.org', code: unit }, period: periodMs, factor, dimensions: 1, data }
  }))
  return [{ category: 'procedure', code: ecgCode, ...ecg.statement === null ? {} : { valueString: ecg.statement }, ...waves.length === 0 ? {} : { component: waves } }]
}

/** Only a whole set has a total. */
function newsOf (news2: News2): readonly Member[] {
  if (news2.kind !== 'total') return []
  return [{ category: 'vital-signs', code: newsCode, valueQuantity: scoreOf(news2.total), component: newsParameters.map((parameter) => ({ code: newsComponent[parameter], valueInteger: news2.points[parameter] })) }]
}

function documentOf ({ id, contentType, data, bodySite }: { readonly id: string, readonly contentType: string, readonly data: string, readonly bodySite: string | null }, { subject, date }: { readonly subject: object, readonly date: Date }): Resource & { readonly id: string } {
  return { resourceType: 'DocumentReference', id, status: 'current', docStatus: 'final', type: recordingCode, subject, date: date.toISOString(), ...bodySite === null ? {} : { description: bodySite }, content: [{ attachment: { contentType, data } }] }
}
