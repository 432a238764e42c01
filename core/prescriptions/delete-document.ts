import { refuseEarlyDeletion, type RetainedKind } from '../retention.ts'
import { noPrescription } from './act-on-prescription.ts'
import { noDrugOrder } from './fulfil-order.ts'
import { noSickNote } from './issue-sick-note.ts'
import type { DocumentStores } from './ports.ts'
import { DomainError } from '../errors.ts'

export const deletableKinds = ['record', 'prescription', 'sick_note', 'drug_order'] as const satisfies readonly RetainedKind[]
export type DeletableKind = typeof deletableKinds[number]

export interface DeleteDocument {
  readonly kind: DeletableKind
  /** Of a record the id of its consultation. */
  readonly id: string
}

/**
 * 到期前不得删除. The answer to whoever wants something deleted: before its time it is refused. What is over is not deleted by
 * this product either, a hospital's archive decides; so nothing here can lose a record by mistake.
 */
export async function refuseDeletion (stores: Pick<DocumentStores, 'consultRecords' | 'prescriptions' | 'sickNotes' | 'drugOrders'>, { kind, id }: DeleteDocument, at: Date): Promise<never> {
  refuseEarlyDeletion(kind, await madeAtOf(stores, { kind, id }), at)
  throw new DomainError('DOCUMENT_KEPT', 'Its time is over, and deleting it is the archive\'s decision: take it out of a backup there. This interface deletes no documents.')
}

async function madeAtOf ({ consultRecords, prescriptions, sickNotes, drugOrders }: Pick<DocumentStores, 'consultRecords' | 'prescriptions' | 'sickNotes' | 'drugOrders'>, { kind, id }: DeleteDocument): Promise<Date> {
  switch (kind) {
    case 'record': {
      const last = (await consultRecords.versions(id)).at(-1)
      if (last === undefined) throw new DomainError('DOCUMENT_NOT_FOUND', 'This consultation has no record.')
      return last.signature.at
    }
    case 'prescription': {
      const found = await prescriptions.find(id)
      if (found === null) throw noPrescription()
      return found.signature?.at ?? found.draftedAt
    }
    case 'sick_note': {
      const found = await sickNotes.find(id)
      if (found === null) throw noSickNote()
      return found.signature.at
    }
    case 'drug_order': {
      const found = await drugOrders.find(id)
      if (found === null) throw noDrugOrder()
      return found.endedAt ?? found.createdAt
    }
  }
}
