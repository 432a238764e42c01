import { Type } from 'typebox'

export const clockTime = Type.String({ pattern: '^([01][0-9]|2[0-3]):[0-5][0-9]$' })

/** 预约. What the deployment decides of bookings. */
export const appointments = Type.Object({
  holdMinutes: Type.Integer({ minimum: 1, maximum: 1_440, default: 10 }),
  offerMinutes: Type.Integer({ minimum: 1, maximum: 10_080, default: 30, description: 'How long a freed seat is kept for the first in line.' }),
  changeMinutes: Type.Integer({ minimum: 0, maximum: 43_200, default: 60, description: 'The person may cancel or move it until so long before its start.' }),
  mostMoves: Type.Integer({ minimum: 0, maximum: 100, default: 2 }),
  mayOverlap: Type.Boolean({ default: false, description: 'A person may have two appointments at one time.' }),
  noShowMinutes: Type.Integer({ minimum: 0, maximum: 10_080, default: 30, description: 'After the end of the slot.' }),
  remindAt: Type.Unsafe<string>({ ...clockTime, default: '10:00', description: 'On the day before.' })
}, { additionalProperties: false, default: {} })

/** 电子服务券. */
export const vouchers = Type.Object({
  mostRebookings: Type.Integer({ minimum: 0, maximum: 100, default: 2, description: 'How often an appointment for a voucher may be given up or missed.' }),
  honourDays: Type.Integer({ minimum: 0, maximum: 366, default: 30, description: 'An appointment that is booked in time may lie so far after the last day.' }),
  remindDays: Type.Integer({ minimum: 0, maximum: 366, default: 7, description: 'The person is reminded so many days before the end.' }),
  redeemAfterMinutes: Type.Integer({ minimum: 1, maximum: 527_040, default: 1_440, description: 'A voucher whose examination is done is redeemed by itself after so long.' })
}, { additionalProperties: false, default: {} })

const weight = (value: number) => Type.Number({ minimum: 0, maximum: 1, default: value })

/** 健康建议与荐医. By which rules, and what counts how much. */
export const advice = Type.Object({
  bloodPressureRules: Type.Unsafe<'2024' | '2022'>({ type: 'string', enum: ['2024', '2022'], default: '2024' }),
  bodyMassRules: Type.Unsafe<'china' | 'who'>({ type: 'string', enum: ['china', 'who'], default: 'china' }),
  oxygenSaturationOffset: Type.Integer({ minimum: 0, maximum: 15, default: 0, description: 'Percent by which saturation is lower at this altitude.' }),
  weights: Type.Object({ department: weight(0.4), continuity: weight(0.25), availability: weight(0.2), rating: weight(0.1), price: weight(0.05) }, { additionalProperties: false, default: {} })
}, { additionalProperties: false, default: {} })

/** 自助终端. How people are known by their face there. */
export const terminals = Type.Object({
  search: Type.Unsafe<'own' | 'all'>({ type: 'string', enum: ['own', 'all'], default: 'own', description: 'Among the faces of the terminal\'s hospital, or of every one.' }),
  challenge: Type.Unsafe<'enforced' | 'reported'>({ type: 'string', enum: ['enforced', 'reported'], default: 'enforced', description: 'reported: motions before the camera are judged and told but decide nothing; only where somebody stands by.' }),
  idleSeconds: Type.Integer({ minimum: 30, maximum: 600, default: 120, description: 'A session ends after so long without a request.' })
}, { additionalProperties: false, default: {} })

/** 人脸库. What the deployment decides of the photos that hospitals keep. */
export const faces = Type.Object({
  archiveEyeDistancePx: Type.Integer({ minimum: 20, maximum: 200, default: 40, description: 'Between the eyes, at least, in a photo of a hospital.' }),
  unusedDays: Type.Integer({ minimum: 1, maximum: 3650, default: 365, description: 'A template that nobody was known by, of somebody who did not come, is dropped after so long.' }),
  consentText: Type.Optional(Type.Object({
    version: Type.String({ minLength: 1, maxLength: 40 }),
    file: Type.String({ description: 'Text file, UTF-8.' })
  }, { additionalProperties: false, description: 'The text of the separate consent; without it the one that comes with the product.' }))
}, { additionalProperties: false, default: {} })
