import type { InTransaction } from '../unit-of-work.ts'
import type { FaceIndex, IndexedFace } from './face-engine.ts'
import type { KeptFaces } from './keep-faces.ts'
import type { FaceTemplateStore, TemplateSeal } from './ports.ts'
import type { FaceSearch } from './search-faces.ts'

interface FollowDeps {
  readonly inReading: InTransaction<{ readonly faceTemplates: Pick<FaceTemplateStore, 'after' | 'dropsAfter' | 'lastDrop'> }>
  readonly index: FaceIndex
  readonly seal: TemplateSeal
  readonly modelId: string
  /** Lets others have the event loop between two handfuls. */
  readonly breathe: () => Promise<void>
  /** A template that cannot be opened: its key is not in the file any more. */
  readonly unopened: (templateId: string) => void
}

export interface FaceFollower extends FaceSearch {
  /** Reads on from where it stood, in pages, until nothing is new. The first look fills the index. */
  readonly look: () => Promise<void>
  /** What a transaction of this node kept or dropped, at once. */
  readonly tell: (kept: KeptFaces) => void
}

const pageSize = 1_000
/** AES and copying of one template take some ten microseconds. */
const handful = 100

/**
 * Keeps the index of a node beside the store: new templates by their sequence, dropped ones by theirs. Both are read in one
 * snapshot and drops are done last, so a template that another node dropped does not stay.
 */
export function followFaces ({ inReading, index, seal, modelId, breathe, unopened }: FollowDeps): FaceFollower {
  let templatesTo = 0
  let dropsTo: number | null = null
  let isFilled = false

  const put = async (templates: Awaited<ReturnType<FaceTemplateStore['after']>>): Promise<void> => {
    for (let from = 0; from < templates.length; from += handful) {
      const faces = templates.slice(from, from + handful).flatMap(({ id, patientId, hospitalId, sealed }): readonly IndexedFace[] => {
        try {
          return [{ templateId: id, patientId, hospitalId, template: seal.open(sealed, { id, hospitalId }) }]
        } catch {
          unopened(id)
          return []
        }
      })
      index.put(faces)
      await breathe()
    }
  }

  const look = async (): Promise<void> => {
    for (;;) {
      const { templates, drops, lastDrop } = await inReading(async ({ faceTemplates }) => ({
        templates: await faceTemplates.after(templatesTo, { modelId, limit: pageSize }),
        drops: dropsTo === null ? [] : await faceTemplates.dropsAfter(dropsTo, pageSize),
        lastDrop: dropsTo === null ? await faceTemplates.lastDrop() : dropsTo
      }))
      await put(templates)
      index.drop(drops.map(({ templateId }) => templateId))
      templatesTo = templates.at(-1)?.sequence ?? templatesTo
      dropsTo = drops.at(-1)?.sequence ?? lastDrop
      if (templates.length < pageSize && drops.length < pageSize) break
    }
    isFilled = true
  }

  return {
    modelId,
    index,
    indexedTo: () => isFilled ? templatesTo : null,
    look,
    tell: ({ faces, dropped }) => {
      index.put(faces)
      index.drop(dropped)
    }
  }
}
