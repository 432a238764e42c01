import type { Ids } from '../ids.ts'
import type { IndexedFace } from './face-engine.ts'
import type { FaceTemplate } from './face-template.ts'
import type { FaceFrame } from './frames.ts'
import type { FaceTemplateStore, TemplateSeal } from './ports.ts'
import type { TerminalSession } from './terminal.ts'

export interface KeepStores {
  readonly faceTemplates: FaceTemplateStore
}

interface KeepDeps extends KeepStores {
  readonly ids: Ids
  readonly seal: TemplateSeal
  readonly modelId: string
}

/** What the index is told once the transaction stands. */
export interface KeptFaces {
  readonly faces: readonly IndexedFace[]
  readonly dropped: readonly string[]
}

/** Of one record: more make the search longer and nobody better known. */
const mostPerRecord = 5

/** Templates of the pictures, sealed; older ones of terminals make room. */
export async function keepFaces ({ faceTemplates, ids, seal, modelId }: KeepDeps, { session, patientId, keep }: { readonly session: Pick<TerminalSession, 'hospitalId' | 'terminalId'>, readonly patientId: string, readonly keep: readonly FaceFrame[] }, now: Date): Promise<KeptFaces> {
  const there = (await faceTemplates.ofPatients([patientId])).filter((template) => template.modelId === modelId)
  const dropped = await faceTemplates.drop(tooMany(there, keep.length), now)
  const faces: IndexedFace[] = []
  for (const { template } of keep) {
    const id = ids.next()
    const isNew = await faceTemplates.add({ id, patientId, hospitalId: session.hospitalId, modelId, sealed: seal.seal(template, { id, hospitalId: session.hospitalId }), origin: { kind: 'terminal', terminalId: session.terminalId }, createdAt: now })
    if (isNew) faces.push({ templateId: id, patientId, hospitalId: session.hospitalId, template })
  }
  return { faces, dropped }
}

function tooMany (there: readonly FaceTemplate[], coming: number): readonly string[] {
  const ofTerminals = there.filter(({ origin }) => origin.kind === 'terminal').sort((one, other) => one.sequence - other.sequence)
  return ofTerminals.slice(0, Math.max(0, there.length + coming - mostPerRecord)).map(({ id }) => id)
}
