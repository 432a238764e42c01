import { Type } from 'typebox'

/** 会员. */
export const memberships = Type.Object({
  payMinutes: Type.Integer({ minimum: 1, maximum: 10_080, default: 30, description: 'An order that is not paid by then lapses.' }),
  remindDays: Type.Integer({ minimum: 1, maximum: 366, default: 7, description: 'The member is reminded so many days before the end.' }),
  refundDays: Type.Integer({ minimum: 0, maximum: 3_660, default: 366, description: 'So long after it began a membership can be given back.' })
}, { additionalProperties: false, default: {} })

/** 麻醉医师市场. */
export const marketplace = Type.Object({
  auditByTwo: Type.Boolean({ default: false, description: 'Whoever takes an audit up does not decide on it.' }),
  declaredDays: Type.Integer({ minimum: 1, maximum: 366, default: 30, description: 'How long the person\'s own word of being admitted counts, where the hospital\'s system is not connected.' })
}, { additionalProperties: false, default: {} })
