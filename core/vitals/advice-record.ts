import type { RecordChange, RecordVersion, Resource } from '../records/index.ts'
import type { Advice } from './advise.ts'
import { textOf } from './advice-text.ts'
import type { Finding, FindingInput, NotAssessedReason, Severity } from './finding.ts'
import { newsParameters, type News2, type NewsParameter, type NewsRisk } from './news2.ts'
import type { TextKey } from './texts-zh.ts'
import type { Measuring, VitalsRecords } from './vitals-records.ts'

/** Advice as it stands on record. */
export interface RecordedAdvice {
  readonly id: string
  readonly patientId: string
  readonly hospitalId: string
  readonly measuredAt: Date
  /** `Observation/id`: the panel and what is in it. */
  readonly derivedFrom: readonly string[]
  readonly advice: Advice
}

interface Parameter {
  readonly name: string
  readonly part?: readonly Parameter[]
  readonly valueString?: string
  readonly valueCode?: string
  readonly valueInteger?: number
  readonly valueDecimal?: number
}

/**
 * What the rules said, as GuidanceResponse: by which rules (moduleUri), from what (reasonReference), the findings
 * (contained Parameters) and the words (note). It is no ClinicalImpression: nobody clinical looked.
 */
export function adviceRecord (id: string, advice: Advice, { panelId, memberIds }: Pick<VitalsRecords, 'panelId' | 'memberIds'>, { measuring: { patientId, hospitalId, measuredAt, by }, at }: { readonly measuring: Measuring, readonly at: Date }): RecordChange {
  const resource: Resource & { readonly id: string } = {
    resourceType: 'GuidanceResponse',
    id,
    contained: [{ resourceType: 'Parameters', id: 'advice', parameter: parametersOf(advice) }],
    moduleUri: `urn:yiqiao:advice-rules:${advice.ruleSetVersion}`,
    status: 'success',
    subject: { reference: `Patient/${patientId}` },
    occurrenceDateTime: measuredAt.toISOString(),
    reasonReference: [panelId, ...memberIds].map((each) => ({ reference: `Observation/${each}` })),
    note: (['zh', 'en'] as const).map((language) => {
      const { opening, findings, closing } = textOf(advice, language)
      return { text: [opening, ...findings, closing].join('\n') }
    }),
    outputParameters: { reference: '#advice' }
  }
  return { resource, removed: [], weak: false, asOf: at, hospitalId, patientId, isOurs: true, source: by, mappingVersion: null }
}

function parametersOf ({ ruleSetVersion, severity, findings, news2, notAssessed }: Advice): readonly Parameter[] {
  return [
    { name: 'ruleSetVersion', valueString: ruleSetVersion },
    { name: 'severity', valueCode: severity },
    { name: news2.kind, part: newsParts(news2) },
    ...findings.map((finding) => ({
      name: 'finding',
      part: [
        ...(['ruleId', 'band', 'severity', 'textKey', 'source'] as const).map((name) => ({ name, valueString: finding[name] })),
        { name: 'input', part: finding.input.map(({ name, value }) => ({ name, ...typeof value === 'number' ? { valueDecimal: value } : { valueString: value } })) }
      ]
    })),
    ...notAssessed.map(({ ruleId, because }) => ({ name: 'notAssessed', part: [{ name: 'ruleId', valueString: ruleId }, { name: 'because', valueCode: because }] }))
  ]
}

function newsParts (news2: News2): readonly Parameter[] {
  switch (news2.kind) {
    case 'total': return [{ name: 'total', valueInteger: news2.total }, { name: 'risk', valueCode: news2.risk }, ...newsParameters.map((name) => ({ name, valueInteger: news2.points[name] }))]
    case 'partial': return [...news2.missing.map((valueCode) => ({ name: 'missing', valueCode })), ...news2.threes.map((valueCode) => ({ name: 'three', valueCode }))]
    case 'not_applicable': return [{ name: 'because', valueCode: news2.because }]
  }
}

/** What was measured through us; a message or another system's client is known by another source. */
const ourSource = /^(app|kiosk|window):/

/** Null: the record is no advice of ours, e.g. of another system that sends GuidanceResponses, or was changed from outside. */
export function adviceIn ({ id, resource, source, patientId, hospitalId }: RecordVersion): RecordedAdvice | null {
  if (!ourSource.test(source) || patientId === null || hospitalId === null) return null
  const [{ parameter }] = resource['contained'] as readonly [{ readonly parameter: readonly Parameter[] }]
  const ruleSetVersion = text(parameter, 'ruleSetVersion')
  return {
    id,
    patientId,
    hospitalId,
    measuredAt: new Date(resource['occurrenceDateTime'] as string),
    derivedFrom: (resource['reasonReference'] as ReadonlyArray<{ readonly reference: string }>).map(({ reference }) => reference),
    advice: {
      ruleSetVersion,
      severity: text(parameter, 'severity') as Severity,
      findings: parameter.filter(({ name }) => name === 'finding').map(({ part = [] }) => findingIn(part, ruleSetVersion)),
      news2: newsIn(parameter),
      notAssessed: parameter.filter(({ name }) => name === 'notAssessed').map(({ part = [] }) => ({ ruleId: text(part, 'ruleId'), because: text(part, 'because') as NotAssessedReason }))
    }
  }
}

const valueIn = ({ valueString, valueCode, valueDecimal, valueInteger }: Parameter): string | number => valueString ?? valueCode ?? valueDecimal ?? valueInteger ?? ''
const all = (parts: readonly Parameter[], wanted: string): ReadonlyArray<string | number> => parts.filter(({ name }) => name === wanted).map(valueIn)
const text = (parts: readonly Parameter[], wanted: string): string => String(all(parts, wanted)[0] ?? '')

function findingIn (part: readonly Parameter[], ruleSetVersion: string): Finding {
  const input = part.find(({ name }) => name === 'input')?.part ?? []
  return {
    ruleId: text(part, 'ruleId'),
    input: input.map((each) => ({ name: each.name as FindingInput['name'], value: valueIn(each) })),
    source: text(part, 'source'),
    band: text(part, 'band'),
    severity: text(part, 'severity') as Severity,
    textKey: text(part, 'textKey') as TextKey,
    ruleSetVersion
  }
}

function newsIn (parameters: readonly Parameter[]): News2 {
  const { name, part = [] } = parameters.find((each) => ['total', 'partial', 'not_applicable'].includes(each.name)) ?? { name: 'partial' }
  if (name === 'total') {
    const points = Object.fromEntries(newsParameters.map((each) => [each, all(part, each)[0]])) as unknown as Extract<News2, { kind: 'total' }>['points']
    return { kind: 'total', total: Number(all(part, 'total')[0]), risk: text(part, 'risk') as NewsRisk, points }
  }
  if (name === 'not_applicable') return { kind: 'not_applicable', because: text(part, 'because') as NotAssessedReason }
  return { kind: 'partial', missing: all(part, 'missing') as readonly NewsParameter[], threes: all(part, 'three') as readonly NewsParameter[] }
}
