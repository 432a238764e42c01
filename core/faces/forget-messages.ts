import type { Ids } from '../ids.ts'
import type { PatientStore } from '../identity/index.ts'
import { forgetPictures, type InboxStore } from '../inbox/index.ts'
import type { OutboxMessage, OutboxStore } from '../outbox.ts'

/** The outbox kind that empties the messages by which a picture came. */
export const forgetPicturesKind = 'forget-pictures'

/** Written where somebody withdrew, and wherever a hospital sends such a picture again: a message that waits is emptied when it is applied. */
export async function queueForgetting ({ outbox, ids }: { readonly outbox: Pick<OutboxStore, 'add'>, readonly ids: Ids }, patientIds: readonly string[], at: Date): Promise<void> {
  for (const patientId of patientIds) {
    const id = ids.next()
    await outbox.add({ id, kind: forgetPicturesKind, key: id, payload: { patientId }, createdAt: at })
  }
}

/** Whoever is told by a message is found as an operator finds them: by the lane of each of their numbers, and by what it made. */
export async function forgetPicturesOf ({ patients, inbox }: { readonly patients: Pick<PatientStore, 'find'>, readonly inbox: Pick<InboxStore, 'list' | 'load' | 'dropContent'> }, { payload }: OutboxMessage): Promise<void> {
  const patientId = String(payload['patientId'])
  const patient = await patients.find(patientId)
  const lanes = patient === null ? [] : patient.identifiers.map(({ value }) => `${patient.hospitalId}:patient:${value}`)
  await forgetPictures({ inbox }, { lanes, records: [`Patient/${patientId}`] })
}
