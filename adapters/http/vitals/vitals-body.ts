import { Type, type Static } from '@fastify/type-provider-typebox'
import { consciousnessLevels, ecgLeads, ecgNames, glucoseContexts, pressureSettings, singleNames, type GivenVitals } from '../../../core/vitals/index.ts'
import { PersonFields } from '../person-in-hand.ts'
import { Instant, oneOf } from '../wire.ts'

const QuantityBody = { value: Type.Number({ minimum: -1000, maximum: 100_000 }), unit: Type.String({ minLength: 1, maxLength: 20, description: 'UCUM, e.g. mm[Hg], kPa, Cel, [degF], mmol/L, mg/dL, kg, [lb_av], cm, [in_i], %, /min, ms' }) }
const closed = { additionalProperties: false } as const
const Quantity = Type.Object(QuantityBody, closed)
const optional = <const Names extends readonly string[]>(names: Names) => Object.fromEntries(names.map((name) => [name, Type.Optional(Quantity)])) as unknown as Readonly<Record<Names[number], ReturnType<typeof Type.Optional<typeof Quantity>>>>

/** Base64 of 5 MB: a minute of a stethoscope in WAV. */
const mostRecordingText = 7_000_000
/** Two minutes at 500 samples a second, five characters each. */
const mostSampleText = 300_000
export const vitalsBodyBytes = 12 * 1024 * 1024
const audioTypes = ['audio/wav', 'audio/x-wav', 'audio/mpeg', 'audio/ogg', 'audio/webm', 'audio/mp4', 'audio/flac'] as const

export const VitalsBody = Type.Object({
  ...PersonFields,
  measuredAt: Type.Optional(Instant),
  device: Type.Optional(Type.Object({ name: Type.String({ minLength: 1, maxLength: 100 }), serial: Type.Optional(Type.String({ minLength: 1, maxLength: 100 })) }, closed)),
  isPregnant: Type.Optional(Type.Boolean({ description: 'as the person answered; left out where nobody asked' })),
  bloodPressure: Type.Optional(Type.Object({ systolic: Quantity, diastolic: Quantity, setting: Type.Optional(oneOf(pressureSettings)) }, { ...closed, description: 'without a setting: home for the person\'s own app, else office' })),
  glucose: Type.Optional(Type.Object({ ...QuantityBody, context: Type.Unsafe<typeof glucoseContexts[number]>({ ...oneOf(glucoseContexts), default: 'unknown' }) }, closed)),
  oxygenSaturation: Type.Optional(Type.Object({
    ...QuantityBody,
    supply: Type.Unsafe<'air' | 'oxygen' | 'unknown'>({ type: 'string', enum: ['air', 'oxygen', 'unknown'], default: 'unknown' }),
    scale: Type.Unsafe<1 | 2>({ type: 'integer', enum: [1, 2], default: 1, description: 'of NEWS2; 2 by staff only, where a target of 88 to 92 % is prescribed' }),
    flow: Type.Optional(Quantity)
  }, closed)),
  ...optional(singleNames),
  consciousness: Type.Optional(oneOf(consciousnessLevels)),
  ecg: Type.Optional(Type.Object({
    ...optional(ecgNames),
    statement: Type.Optional(Type.String({ minLength: 1, maxLength: 2_000, description: 'what the device printed; passed on as it is' })),
    leads: Type.Optional(Type.Array(Type.Object({
      lead: oneOf(ecgLeads),
      origin: Type.Number({ default: 0 }),
      factor: Type.Number({ default: 1 }),
      unit: Type.Unsafe<'mV' | 'uV'>({ type: 'string', enum: ['mV', 'uV'], default: 'mV' }),
      periodMs: Type.Number({ exclusiveMinimum: 0, maximum: 1_000 }),
      data: Type.String({ minLength: 1, maxLength: mostSampleText, pattern: '^(-?\\d{1,9}(\\.\\d{1,6})?|[EUL])( (-?\\d{1,9}(\\.\\d{1,6})?|[EUL]))*$', description: 'FHIR SampledData' })
    }, closed), { minItems: 1, maxItems: 12 }))
  }, closed)),
  stethoscope: Type.Optional(Type.Object({
    contentType: oneOf(audioTypes),
    data: Type.String({ minLength: 4, maxLength: mostRecordingText, pattern: '^[A-Za-z0-9+/]+={0,2}$', description: 'base64' }),
    bodySite: Type.Optional(Type.String({ minLength: 1, maxLength: 100 }))
  }, closed))
}, closed)

type Given = Static<typeof VitalsBody>

/** In the words of core; what was not measured is null. */
export function givenVitals (body: Given, { isAtHome }: { readonly isAtHome: boolean }): GivenVitals {
  const { bloodPressure, oxygenSaturation, ecg, stethoscope } = body
  const { statement = null, leads = [], ...intervals } = ecg ?? {}
  return {
    bloodPressure: bloodPressure === undefined ? null : { setting: isAtHome ? 'home' : 'office', ...bloodPressure },
    glucose: body.glucose ?? null,
    oxygenSaturation: oxygenSaturation === undefined ? null : { ...oxygenSaturation, flow: oxygenSaturation.flow ?? null },
    single: Object.fromEntries(singleNames.flatMap((name) => body[name] === undefined ? [] : [[name, body[name]]])),
    consciousness: body.consciousness ?? null,
    ecg: ecg === undefined ? null : { ...intervals, statement, leads },
    stethoscope: stethoscope === undefined ? null : { bodySite: null, ...stethoscope }
  }
}

/** Something was measured, and not only what goes along with it. */
export function isEmpty ({ bloodPressure, glucose, oxygenSaturation, single, consciousness, ecg, stethoscope }: GivenVitals): boolean {
  return [bloodPressure, glucose, oxygenSaturation, consciousness, ecg, stethoscope].every((each) => each === null) && Object.keys(single).length === 0
}
