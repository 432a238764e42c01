import { Type } from 'typebox'
import { consultationKinds, consultationModes } from '../core/consultations/index.ts'

const minutes = (value: number) => Type.Integer({ minimum: 1, maximum: 527_040, default: value })
const hours = (value: number) => Type.Integer({ minimum: 1, maximum: 8_784, default: value })
const oneOf = <Values extends readonly string[]>(values: Values, options: object = {}) => Type.Unsafe<Values[number]>({ type: 'string', enum: [...values], ...options })
const product = { kind: oneOf(consultationKinds), mode: oneOf(consultationModes) }
const acceptedBy = Type.Optional(oneOf(['his', 'doctor'] as const, { description: 'Who says yes to an order; without it the hospital\'s system decides on what its terminals ask, where it can be asked, and the doctor on everything else.' }))
const names = (description: string) => Type.Array(Type.String({ minLength: 1, maxLength: 200 }), { default: [], maxItems: 200, description })

/** 在线问诊. What the deployment decides of consultations; the timers are those of the telemedicine document. */
export const consultations = Type.Object({
  payMinutes: minutes(30),
  noDoctorMinutes: Type.Unsafe<number>({ ...minutes(30), description: 'Nobody on duty so long after the payment: the money goes back.' }),
  lookAgainMinutes: Type.Unsafe<number>({ ...minutes(1), description: 'How often it is looked who is on duty.' }),
  onDutyAcceptMinutes: Type.Unsafe<number>({ ...minutes(5), description: 'Then the next doctor on duty is asked.' }),
  namedAcceptMinutes: Type.Object({ text: minutes(1_440), voice: minutes(5), video: minutes(5) }, { additionalProperties: false, default: {} }),
  hospitalAnswerMinutes: Type.Unsafe<number>({ ...minutes(30), description: 'Without an answer of the hospital\'s system the money goes back.' }),
  namedDeclined: oneOf(['refund', 'reassign'] as const, { default: 'refund', description: 'When the doctor whom the patient wanted declines.' }),
  finishAfterHours: Type.Unsafe<number>({ ...hours(48), description: 'After the last message.' }),
  settleAfterHours: Type.Unsafe<number>({ ...hours(72), description: 'After the end; until then the patient may ask the money back.' }),
  reviewHours: Type.Unsafe<number>({ ...hours(48), description: 'Then somebody on call hears that a refund is not decided.' }),
  urgeMinutes: Type.Unsafe<number>({ ...minutes(10), description: 'At most one reminder in so long.' }),
  switch: Type.Object({ allowEqual: Type.Boolean({ default: true, description: 'To a doctor of the same fee, not only of a smaller one.' }) }, { additionalProperties: false, default: {} }),
  onlineMinutes: Type.Unsafe<number>({ ...minutes(5), description: 'A doctor counts as online so long after the last word of the app.' }),
  platformFees: Type.Array(Type.Object({ ...product, permille: Type.Integer({ minimum: 0, maximum: 1_000 }) }, { additionalProperties: false }), { default: [], maxItems: 100, description: 'What the platform keeps at settlement; what is not named 0.' }),
  hospitals: Type.Array(Type.Object({
    hospital: Type.String({ description: 'hospitals[].id' }),
    onDutyPrices: Type.Array(Type.Object({ ...product, priceFen: Type.Integer({ minimum: 0, maximum: 100_000_000 }) }, { additionalProperties: false }), { default: [], maxItems: 20, description: 'Without a named doctor; what is not here is not offered so.' }),
    onDutyDepartments: names('Rosters of these departments count as being on duty; with onDutyServiceTypes empty, too, all do.'),
    onDutyServiceTypes: names('As above, by the kind of service of the roster.'),
    acceptedBy: Type.Object({ app: acceptedBy, terminal: acceptedBy, desk: acceptedBy }, { additionalProperties: false, default: {} }),
    payee: oneOf(['doctor', 'hospital'] as const, { default: 'doctor', description: 'Whose wallet the settled fee goes to.' })
  }, { additionalProperties: false }), { default: [], maxItems: 1_000 })
}, { additionalProperties: false, default: {} })
