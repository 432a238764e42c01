import type { CalendarDate } from '../clock.ts'
import type { Ids, StableId } from '../ids.ts'
import type { InTransaction } from '../unit-of-work.ts'
import type { VisitStore } from '../visits/index.ts'
import type { FaceTemplate } from './face-template.ts'
import { recordsBeside, rulesFor, type FaceSettings, type RuleStores } from './face-rules.ts'
import type { FaceConsentStore, FacePhotoStore, FaceTemplateStore } from './ports.ts'
import { queuePhoto, type QueueStores } from './queue-photos.ts'

interface SweepStores extends RuleStores {
  readonly faceConsents: Pick<FaceConsentStore, 'ofPatients' | 'withdrawnAt' | 'inTurn'>
  readonly faceTemplates: FaceTemplateStore
  readonly facePhotos: FacePhotoStore
  readonly outbox: QueueStores['outbox']
  readonly visits: Pick<VisitStore, 'list'>
}

export interface SweepDeps<Stores extends SweepStores> {
  readonly inTransaction: InTransaction<Stores>
  readonly inReading: InTransaction<Stores>
  readonly ids: Ids
  readonly settings: FaceSettings
  readonly stableId: StableId
  readonly breathe: () => Promise<void>
}

/** Templates that went: unused for too long; not allowed any more (a law is relied on no longer, a child has no guardian's consent). photos: read again, since their owner came. */
export interface Swept {
  readonly unused: number
  readonly notAllowed: number
  readonly photos: number
}

const pageSize = 200
const dayMs = 86_400_000
/** Nodes that did not look for so long have started anew. */
const dropsKeptMs = 7 * dayMs

/** 保存期限. The shortest time that serves the purpose: what nobody was known by, and whose owner did not come, is dropped; so is what the rules do not bear any more. */
export async function sweepFaces<Stores extends SweepStores> (deps: SweepDeps<Stores>, { now, today }: { readonly now: Date, readonly today: CalendarDate }): Promise<Swept> {
  let unused = 0
  let notAllowed = 0
  for (let after = 0; ;) {
    const page = await deps.inReading(({ faceTemplates }) => faceTemplates.list(after, pageSize))
    for (const template of page) {
      const dropped = await deps.inTransaction((stores) => sweepOne(deps, stores, { template, now, today }))
      if (dropped === 'unused') unused += 1
      if (dropped === 'not_allowed') notAllowed += 1
    }
    after = page.at(-1)?.sequence ?? after
    if (page.length < pageSize) break
    await deps.breathe()
  }
  const photos = await returned(deps, now)
  await deps.inTransaction(({ faceTemplates }) => faceTemplates.forgetDrops(new Date(now.getTime() - dropsKeptMs)))
  return { unused, notAllowed, photos }
}

interface One {
  readonly template: FaceTemplate & { readonly matchedAt: Date | null }
  readonly now: Date
  readonly today: CalendarDate
}

async function sweepOne<Stores extends SweepStores> (deps: SweepDeps<Stores>, stores: Stores, { template, now, today }: One): Promise<'kept' | 'unused' | 'not_allowed'> {
  const { personId, ids } = await recordsBeside(stores, template.patientId)
  await stores.faceConsents.inTurn(personId)
  // A law that a hospital relies on carries the photos that it keeps; a camera picture was taken by consent alone.
  const bases = template.origin.kind === 'his_photo' ? deps.settings.bases : []
  const rules = await rulesFor({ ...stores, stableId: deps.stableId, settings: { bases } }, template, today)
  const lastSeen = Math.max(template.createdAt.getTime(), template.matchedAt?.getTime() ?? 0, (await lastVisit(stores, ids))?.getTime() ?? 0)
  const isUnused = now.getTime() - lastSeen > deps.settings.unusedDays * dayMs
  if (rules.may && !isUnused) return 'kept'
  await stores.faceTemplates.drop([template.id], now)
  if (template.origin.kind === 'his_photo') {
    const { patientId, hospitalId, modelId, origin: { photoId } } = template
    await stores.facePhotos.save({ patientId, hospitalId, photoId, outcome: rules.may ? 'expired' : 'not_allowed', reasons: [rules.may ? 'unused' : rules.because], modelId, at: now })
  }
  return rules.may ? 'unused' : 'not_allowed'
}

async function lastVisit ({ visits }: Pick<SweepStores, 'visits'>, patientIds: readonly string[]): Promise<Date | null> {
  const [visit] = await visits.list({ patientIds, hospitalId: null, state: null }, { limit: 1, offset: 0 })
  return visit?.startedAt ?? null
}

/** Photos of people who had not come for long, and came. */
async function returned<Stores extends SweepStores> ({ inReading, inTransaction, ids, breathe }: SweepDeps<Stores>, now: Date): Promise<number> {
  let queued = 0
  for (let offset = 0; ;) {
    const page = await inReading(({ facePhotos }) => facePhotos.list({ outcome: 'expired', hospitalId: null }, { limit: pageSize, offset }))
    for (const photo of page) {
      const isBack = await inTransaction(async (stores) => {
        const visitedAt = await lastVisit(stores, (await recordsBeside(stores, photo.patientId)).ids)
        if (visitedAt === null || visitedAt <= photo.at) return false
        await queuePhoto({ ...stores, ids }, photo, now)
        return true
      })
      if (isBack) queued += 1
      else offset += 1
    }
    if (page.length < pageSize) return queued
    await breathe()
  }
}
