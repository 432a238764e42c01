import { Type } from 'typebox'
import { controlledClasses } from '../core/prescriptions/index.ts'

/** 病历、处方、病假单、药品订单. */
export const prescriptions = Type.Object({
  validDays: Type.Integer({ minimum: 1, maximum: 3, default: 3, description: 'Calendar days in which drugs may be ordered, the day of signing among them (处方管理办法 art. 18: at most 3).' }),
  mostDays: Type.Integer({ minimum: 1, maximum: 90, default: 30, description: 'Of one drug on one prescription.' }),
  mostSickDays: Type.Integer({ minimum: 1, maximum: 90, default: 14 }),
  payMinutes: Type.Integer({ minimum: 1, maximum: 1_440, default: 30, description: 'An unpaid drug order is cancelled after so long.' }),
  logisticsFen: Type.Integer({ minimum: 0, maximum: 10_000_000, default: 1_200, description: 'What a parcel costs the person.' }),
  returnDays: Type.Integer({ minimum: 0, maximum: 90, default: 7, description: 'Unopened drugs are taken back for so long; 0 = never (医疗机构药事管理规定 art. 28).' }),
  trackMinutes: Type.Integer({ minimum: 5, maximum: 10_080, default: 240, description: 'The carrier is asked for each parcel so often, beside its call-backs.' }),
  controlledDrugs: Type.Array(Type.Object({
    class: Type.Unsafe<typeof controlledClasses[number]>({ type: 'string', enum: controlledClasses, default: 'site' }),
    names: Type.Array(Type.String({ minLength: 2, maxLength: 100 }), { default: [], maxItems: 5_000 }),
    codes: Type.Array(Type.String({ minLength: 1, maxLength: 40 }), { default: [], maxItems: 5_000 })
  }, { additionalProperties: false }), { default: [], maxItems: 100, description: 'Drugs that are not prescribed over the internet, besides the list that comes with the product.' }),
  carrier: Type.Optional(Type.Object({
    url: Type.String({ description: 'Base address of the carrier\'s interface.' }),
    appId: Type.String({ minLength: 1, maxLength: 100 }),
    secretFile: Type.String({ description: 'Secret that both directions are signed with (HMAC-SHA256).' }),
    timeoutMs: Type.Integer({ minimum: 100, maximum: 60_000, default: 10_000 })
  }, { additionalProperties: false, description: 'Without it drugs are only picked up.' }))
}, { additionalProperties: false, default: {} })
