import { Type, type Static } from '@fastify/type-provider-typebox'
import {
  drugOrderStates, deliveries, itemFen, lastDayOf, parcelEventKinds, prescriptionStates, totalFen,
  type ConsultRecord, type DrugOrder, type Parcel, type ParcelEvent, type Prescription, type SickNote, type Signature, type VerifiedSignature
} from '../../../core/prescriptions/index.ts'
import { AmountFen, Day, Id, Instant, nullable, oneOf, orNull, type WriteInstant } from '../wire.ts'

const words = (maxLength: number) => Type.String({ minLength: 1, maxLength })
export const Reason = words(500)
const DiagnosisBody = Type.Object({ code: Type.String({ pattern: '^[A-Z][0-9]{2}(\\.[0-9A-Za-z+*]{1,8})?$', description: 'ICD-10' }), text: words(200) }, { additionalProperties: false })
export const RecordContentBody = Type.Object({
  chiefComplaint: words(500),
  history: words(10_000),
  findings: words(10_000),
  diagnoses: Type.Array(DiagnosisBody, { minItems: 1, maxItems: 20 }),
  advice: words(5_000)
}, { additionalProperties: false })

const SignatureBody = Type.Object({ keyId: Type.String(), value: Type.String({ description: 'Ed25519 over `text` of the verification, base64url' }), by: Id, at: Instant })
export const VerificationBody = Type.Object({
  isValid: Type.Boolean(), keyId: Type.String({ description: 'in /.well-known/yiqiao-keys.json' }), value: Type.String(), by: Id, at: Instant, algorithm: Type.Literal('EdDSA'), text: Type.String({ description: 'what was signed, UTF-8' })
})

function signatureBody ({ keyId, value, by, at }: Signature, writeInstant: WriteInstant): Static<typeof SignatureBody> {
  return { keyId, value, by, at: writeInstant(at) }
}

export function verificationBody ({ isValid, text, ...signature }: VerifiedSignature, writeInstant: WriteInstant): Static<typeof VerificationBody> {
  return { ...signatureBody(signature, writeInstant), isValid, algorithm: 'EdDSA', text }
}

export const RecordBody = Type.Object({
  id: Id, version: Type.Integer(), consultationId: Id, hospitalId: Id, patientId: Id, doctorId: Id, content: RecordContentBody, amendedBecause: nullable(Type.String()), signature: SignatureBody
})

export function recordBody (record: ConsultRecord, writeInstant: WriteInstant): Static<typeof RecordBody> {
  const { content: { diagnoses, ...content }, signature, ...rest } = record
  return { ...rest, content: { ...content, diagnoses: [...diagnoses] }, signature: signatureBody(signature, writeInstant) }
}

export const ItemGiven = Type.Object({
  code: words(40),
  name: words(100),
  form: words(100),
  dose: Type.Object({ value: Type.Number({ exclusiveMinimum: 0, maximum: 100_000 }), unit: words(20) }, { additionalProperties: false }),
  route: words(40),
  frequency: Type.String({ pattern: '^[A-Z][A-Z0-9]{0,9}$', description: 'HL7 GTSAbbreviation, e.g. QD, BID, TID, Q8H, PRN' }),
  days: Type.Integer({ minimum: 1, maximum: 366 }),
  quantity: Type.Integer({ minimum: 1, maximum: 1_000, description: 'packs' }),
  unit: words(20),
  priceFen: Type.Integer({ minimum: 0, maximum: 10_000_000, description: 'of one pack' })
}, { additionalProperties: false })
const ItemBody = Type.Object({ number: Type.Integer(), ...ItemGiven.properties, amountFen: AmountFen })

const itemBody = (item: Prescription['items'][number]): Static<typeof ItemBody> => ({ ...item, dose: { ...item.dose }, amountFen: itemFen(item) })

export const PrescriptionBody = Type.Object({
  id: Id, number: Type.String(), consultationId: Id, hospitalId: Id, patientId: Id, doctorId: Id, recordId: Id, recordVersion: Type.Integer(),
  diagnoses: Type.Array(DiagnosisBody), items: Type.Array(ItemBody), guardianPresent: Type.Boolean(), state: oneOf(prescriptionStates), draftedAt: Instant, signature: nullable(SignatureBody), validUntil: nullable(Instant),
  review: nullable(Type.Object({ approved: Type.Boolean(), reason: nullable(Type.String()), signature: SignatureBody })), endedAt: nullable(Instant), reason: nullable(Type.String())
})

export function prescriptionBody (prescription: Prescription, writeInstant: WriteInstant): Static<typeof PrescriptionBody> {
  const { isGuardianPresent, diagnoses, items, draftedAt, signature, validUntil, review, endedAt, ...rest } = prescription
  return {
    ...rest, diagnoses: [...diagnoses], items: items.map(itemBody), guardianPresent: isGuardianPresent, draftedAt: writeInstant(draftedAt), signature: orNull(signature, (one) => signatureBody(one, writeInstant)),
    validUntil: orNull(validUntil, writeInstant), endedAt: orNull(endedAt, writeInstant), review: orNull(review, (one) => ({ approved: one.isApproved, reason: one.reason, signature: signatureBody(one.signature, writeInstant) }))
  }
}

export const SickNoteBody = Type.Object({
  id: Id, consultationId: Id, hospitalId: Id, patientId: Id, doctorId: Id, diagnoses: Type.Array(DiagnosisBody), firstDay: Day, lastDay: Day, days: Type.Integer(), advice: nullable(Type.String()),
  code: Type.String({ description: 'to be verified with by whoever is shown the note' }), state: oneOf(['issued', 'void'] as const), signature: SignatureBody, voidedAt: nullable(Instant), voidedBecause: nullable(Type.String())
})

export function sickNoteBody (note: SickNote, code: string, writeInstant: WriteInstant): Static<typeof SickNoteBody> {
  const { id, consultationId, hospitalId, patientId, doctorId, diagnoses, firstDay, days, advice, state, signature, voidedAt, voidedBecause } = note
  return {
    id, consultationId, hospitalId, patientId, doctorId, diagnoses: [...diagnoses], firstDay, lastDay: lastDayOf(note), days, advice, code, state, signature: signatureBody(signature, writeInstant),
    voidedAt: orNull(voidedAt, writeInstant), voidedBecause
  }
}

export const ParcelBody = Type.Object({
  number: Type.String(), trackingNumber: nullable(Type.String()), state: Type.String(), requestedAt: Instant,
  events: Type.Array(Type.Object({ kind: oneOf(parcelEventKinds), at: Instant, place: nullable(Type.String()) }))
})

export function parcelBody ({ number, trackingNumber, state, requestedAt }: Parcel, events: readonly ParcelEvent[], writeInstant: WriteInstant): Static<typeof ParcelBody> {
  return { number, trackingNumber, state, requestedAt: writeInstant(requestedAt), events: events.map(({ kind, at, place }) => ({ kind, at: writeInstant(at), place })) }
}

export const AddressBody = Type.Object({ name: words(60), phone: Type.String({ pattern: '^[0-9+\\- ]{6,20}$' }), address: words(200) }, { additionalProperties: false })

export const DrugOrderBody = Type.Object({
  id: Id, number: Type.String(), prescriptionId: Id, hospitalId: Id, patientId: Id, items: Type.Array(ItemBody), delivery: oneOf(deliveries), address: nullable(AddressBody),
  drugsFen: AmountFen, logisticsFen: AmountFen, totalFen: AmountFen, state: oneOf(drugOrderStates), paymentId: nullable(Id), refundFen: AmountFen,
  returnAsked: nullable(Type.Object({ reason: Type.String(), at: Instant })), reason: nullable(Type.String()),
  createdAt: Instant, paidAt: nullable(Instant), checkedAt: nullable(Instant), dispensedAt: nullable(Instant), shippedAt: nullable(Instant), deliveredAt: nullable(Instant), endedAt: nullable(Instant), payUntil: nullable(Instant),
  parcel: nullable(ParcelBody)
})

export interface SeenOrder {
  readonly order: DrugOrder
  readonly address: Static<typeof AddressBody> | null
  readonly parcel: Parcel | null
  readonly events: readonly ParcelEvent[]
}

export function drugOrderBody ({ order, address, parcel, events }: SeenOrder, writeInstant: WriteInstant): Static<typeof DrugOrderBody> {
  const { id, number, prescriptionId, hospitalId, patientId, items, delivery, drugsFen, logisticsFen, state, paymentOrderId, refundFen, returnAsked, reason } = order
  return {
    id, number, prescriptionId, hospitalId, patientId, items: items.map(itemBody), delivery, address, drugsFen, logisticsFen, totalFen: totalFen(order), state, paymentId: paymentOrderId, refundFen,
    returnAsked: orNull(returnAsked, (asked) => ({ reason: asked.reason, at: writeInstant(asked.at) })), reason, createdAt: writeInstant(order.createdAt), paidAt: orNull(order.paidAt, writeInstant),
    checkedAt: orNull(order.checkedAt, writeInstant), dispensedAt: orNull(order.dispensedAt, writeInstant), shippedAt: orNull(order.shippedAt, writeInstant), deliveredAt: orNull(order.deliveredAt, writeInstant),
    endedAt: orNull(order.endedAt, writeInstant), payUntil: orNull(order.dueAt, writeInstant), parcel: orNull(parcel, (one) => parcelBody(one, events, writeInstant))
  }
}
