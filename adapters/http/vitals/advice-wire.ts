import type { FastifyRequest } from 'fastify'
import { Type } from '@fastify/type-provider-typebox'
import { severities, textOf, type Language, type RecordedAdvice } from '../../../core/vitals/index.ts'
import { Id, Instant, nullable, oneOf, type WriteInstant } from '../wire.ts'

const languages = ['zh', 'en'] as const satisfies readonly Language[]
export const LanguageQuery = { language: Type.Optional(oneOf(languages)) }

/** What the query says, else the first language of Accept-Language that is spoken here, else Chinese. */
export function languageOf (request: FastifyRequest, asked: Language | undefined): Language {
  if (asked !== undefined) return asked
  const wished = (request.headers['accept-language'] ?? '').slice(0, 200).split(',').map((range) => {
    const [tag = '', ...parameters] = range.trim().toLowerCase().split(';')
    const quality = Number(parameters.map((each) => /^\s*q=([\d.]+)/.exec(each)?.[1]).find((each) => each !== undefined) ?? 1)
    return { language: languages.find((each) => tag === each || tag.startsWith(`${each}-`)), quality }
  })
  return wished.filter(({ quality }) => quality > 0).sort((one, other) => other.quality - one.quality).find(({ language }) => language !== undefined)?.language ?? 'zh'
}

export const TextBody = {
  language: oneOf(languages),
  opening: Type.String({ description: 'what comes first; in an emergency show this alone' }),
  closing: Type.String(),
  speakable: Type.String({ description: 'all of it to be read aloud: numbers and units are written out' })
}

export const AdviceBody = Type.Object({
  id: Id,
  patientId: Id,
  measuredAt: Instant,
  severity: oneOf(severities),
  ruleSetVersion: Type.String(),
  ...TextBody,
  findings: Type.Array(Type.Object({
    ruleId: Type.String(),
    input: Type.Array(Type.Object({ name: Type.String(), value: Type.Union([Type.Number(), Type.String()]) })),
    band: Type.String(),
    severity: oneOf(severities),
    textKey: Type.String(),
    text: Type.String(),
    source: Type.String({ description: 'the publication that the limits are from' }),
    ruleSetVersion: Type.String()
  })),
  news2: Type.Object({
    total: nullable(Type.Integer({ description: 'only of a whole set' })),
    risk: nullable(Type.String({ description: 'low, low_medium, medium, high' })),
    points: nullable(Type.Record(Type.String(), Type.Integer())),
    missing: Type.Array(Type.String()),
    threes: Type.Array(Type.String({ description: 'single parameters with 3 points' })),
    notApplicable: nullable(Type.String({ description: 'why there is none: under_16, pregnant, age_unknown' }))
  }),
  notAssessed: Type.Array(Type.Object({ ruleId: Type.String(), because: Type.String() })),
  derivedFrom: Type.Array(Type.String({ description: 'Observation/id' }))
})

export function adviceBody ({ id, patientId, measuredAt, derivedFrom, advice }: RecordedAdvice, language: Language, writeInstant: WriteInstant) {
  const { opening, findings: texts, closing, speakable } = textOf(advice, language)
  const { news2 } = advice
  return {
    id,
    patientId,
    measuredAt: writeInstant(measuredAt),
    severity: advice.severity,
    ruleSetVersion: advice.ruleSetVersion,
    language,
    opening,
    closing,
    speakable,
    findings: advice.findings.map((finding, index) => ({ ...finding, input: finding.input.map((each) => ({ ...each })), text: texts[index] ?? '' })),
    news2: {
      total: news2.kind === 'total' ? news2.total : null,
      risk: news2.kind === 'total' ? news2.risk : null,
      points: news2.kind === 'total' ? { ...news2.points } : null,
      missing: news2.kind === 'partial' ? [...news2.missing] : [],
      threes: news2.kind === 'partial' ? [...news2.threes] : [],
      notApplicable: news2.kind === 'not_applicable' ? news2.because : null
    },
    notAssessed: advice.notAssessed.map((each) => ({ ...each })),
    derivedFrom: [...derivedFrom]
  }
}
