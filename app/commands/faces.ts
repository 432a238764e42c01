import { createHash, randomUUID } from 'node:crypto'
import { readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'
import type { FaceTemplate } from '../../core/faces/index.ts'
import type { RecordChange } from '../../core/records/index.ts'
import type { AreaDeps } from '../compose/area.ts'
import { faceParts, noteKey, type FaceParts } from '../compose/face-parts.ts'
import { faceWork, type FaceWork } from '../compose/faces.ts'
import { areaDeps } from '../compose/job-tools.ts'
import { configuredParties } from '../compose/parties.ts'
import { parsed, UsageError, type Call } from './command.ts'
import { archiveIn, type ArchivePhoto } from './photo-archive.ts'

interface FaceCall {
  readonly deps: AreaDeps
  readonly parts: FaceParts
  readonly work: FaceWork
}

/** Engine and key for as long as the command runs; a service beside it follows the store by itself. */
async function withFaces<Result> ({ config, store }: Call, run: (call: FaceCall) => Promise<Result>): Promise<Result> {
  const wallClock = { now: () => new Date() }
  const deps = await areaDeps(config, store, configuredParties(config, { wallClock, ids: { next: randomUUID } }))
  const parts = faceParts(deps)
  try {
    await parts.prove()
    return await run({ deps, parts, work: faceWork(deps, parts) })
  } finally {
    await parts.end()
  }
}

/** 换模型与历史照片. Looks through all records, then reads every photo that waits. What is done is in the database: begun again, it goes on. */
export async function reindexFaces (call: Call): Promise<string> {
  parsed(() => parseArgs({ args: [...call.args] }))
  return withFaces(call, async ({ deps: { store }, work }) => {
    let queued = 0
    let dropped = 0
    for (let after: number | null = 0; after !== null;) {
      const from: number = after
      const page = await store.inTransaction((stores) => work.scan(stores, from))
      queued += page.queued
      dropped += page.dropped.length
      after = page.next
    }
    const read = await readWaiting(call, work)
    return [
      `${queued} photos were queued, ${dropped} camera templates of another model were dropped (their owners enrol again; listed as model_changed).\n`,
      `read: ${outcomesOf(read)}\n`
    ].join('')
  })
}

type Outcomes = Map<string, number>
const outcomesOf = (outcomes: Outcomes): string => [...outcomes].map(([outcome, count]) => `${count} ${outcome}`).join(', ') || 'nothing'
const count = (outcomes: Outcomes, outcome: string): void => { outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1) }
const pageSize = 200

/** Every photo that waits, at full core use; one that cannot be read now stays waiting, and the service tries it again. */
async function readWaiting ({ store }: Call, work: FaceWork): Promise<Outcomes> {
  const outcomes: Outcomes = new Map()
  const progress = progressOver(null)
  const failed = new Set<string>()
  for (;;) {
    const page = await store.inReading(({ facePhotos }) => facePhotos.list({ outcome: 'waiting', hospitalId: null }, { limit: pageSize + failed.size, offset: 0 }))
    const todo = page.filter(({ patientId, photoId }) => !failed.has(`${patientId} ${photoId}`))
    if (todo.length === 0) return outcomes
    await atOnce(todo, async (photo) => {
      const outcome = await work.enrol(photo).then((done) => done.outcome, () => {
        failed.add(`${photo.patientId} ${photo.photoId}`)
        return 'left waiting'
      })
      count(outcomes, outcome)
      progress(outcomes)
    })
  }
}

/** So many at a time that every thread of the engine has one and the next is being loaded. */
async function atOnce<Item> (items: readonly Item[], work: (item: Item) => Promise<void>): Promise<void> {
  const waiting = [...items]
  await Promise.all(Array.from({ length: Math.min(8, availableParallelism()) + 1 }, async () => {
    for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) await work(item)
  }))
}

const everyMs = 2_000

/** Tells on stderr how far it is; null: nobody knows how many there are. */
function progressOver (total: number | null): (outcomes: Outcomes) => void {
  const startedAt = performance.now()
  let toldAt = startedAt
  return (outcomes) => {
    const now = performance.now()
    if (now - toldAt < everyMs) return
    toldAt = now
    const done = [...outcomes.values()].reduce((sum, number) => sum + number, 0)
    process.stderr.write(`… ${done}${total === null ? '' : ` of ${total}`} photos, ${(done / (now - startedAt) * 1000).toFixed(1)} a second: ${outcomesOf(outcomes)}\n`)
  }
}

/** 批量导入. A hospital's photo archive; each photo goes the way in that a message's would. What was read before is passed over. */
export async function loadFaces (call: Call): Promise<string> {
  const { values, positionals: [folder] } = parsed(() => parseArgs({ args: [...call.args], allowPositionals: true, options: { hospital: { type: 'string' }, manifest: { type: 'string' }, report: { type: 'string' } } }))
  const hospitalId = call.config.site.hospitals.find(({ id }) => id === values.hospital)?.id
  if (folder === undefined || hospitalId === undefined) throw new UsageError('faces load FOLDER --hospital ID; ID is one of hospitals[] of SITE_CONFIG.')
  const photos = await archiveIn(folder, values.manifest ?? null, readdir, readFile).catch((error: unknown) => { throw new UsageError(error instanceof Error ? error.message : 'The folder cannot be read.') })
  return withFaces(call, async (faces) => {
    const outcomes: Outcomes = new Map()
    const bad: string[] = []
    const progress = progressOver(photos.length)
    await atOnce(photos, async (photo) => {
      const { outcome, reasons } = await loadOne(faces, hospitalId, photo)
      count(outcomes, outcome)
      if (outcome !== 'enrolled' && outcome !== 'read before') bad.push(`${photo.file},${outcome},${reasons.join(' ')}`)
      progress(outcomes)
    })
    if (values.report !== undefined) await writeFile(values.report, ['file,outcome,reasons', ...bad.sort()].map((line) => `${line}\n`).join(''), { mode: 0o600 })
    return `${photos.length} photos: ${outcomesOf(outcomes)}\n${bad.length === 0 ? '' : values.report === undefined ? 'Name a file with --report to have each of the others with its reason; GET /v1/faces/photos lists them, too.\n' : `The others, with reasons: ${values.report}\n`}`
  })
}

interface Loaded {
  readonly outcome: string
  readonly reasons: readonly string[]
}

async function loadOne ({ deps, work }: FaceCall, hospitalId: string, photo: ArchivePhoto): Promise<Loaded> {
  try {
    const bytes = await readFile(photo.path)
    const takenAt = photo.takenAt ?? (await stat(photo.path)).mtime
    const patientId = deps.stableId(hospitalId, 'Patient', photo.number)
    const data = bytes.toString('base64')
    const photoId = deps.stableId(hospitalId, 'Binary', `${patientId}|${createHash('sha1').update(bytes).digest('base64')}`)
    const key = { patientId, photoId }
    const { patient, listed } = await deps.store.inReading(async ({ patients, facePhotos }) => ({ patient: await patients.find(patientId), listed: await facePhotos.find(key) }))
    if (patient === null) return { outcome: 'unknown number', reasons: ['no_record'] }
    if (listed !== null && listed.outcome !== 'waiting') return { outcome: listed.outcome === 'enrolled' ? 'read before' : listed.outcome, reasons: listed.reasons }
    const change: RecordChange = {
      resource: { resourceType: 'Patient', id: patientId, photo: [{ contentType: photo.contentType, data, creation: takenAt.toISOString() }] },
      removed: [], weak: false, asOf: takenAt, hospitalId, patientId, source: 'faces load', mappingVersion: null
    }
    await deps.store.inTransaction((stores) => deps.takeIn(stores, [change], deps.clock.now()))
    const waits = await deps.store.inReading(({ facePhotos }) => facePhotos.find(key))
    if (waits === null) return { outcome: 'not taken', reasons: ['withdrawn_or_older_than_the_record'] }
    return await work.enrol(key)
  } catch (error) {
    return { outcome: 'failed', reasons: [error instanceof Error && 'code' in error ? String(error.code) : 'unexpected'] }
  }
}

/** 换密钥. Seals every template with the first key of FACE_KEY_FILE; the old key may leave the file afterwards. */
export async function resealFaces (call: Call): Promise<string> {
  parsed(() => parseArgs({ args: [...call.args] }))
  return withFaces(call, async ({ deps: { store }, parts: { seal } }) => {
    let resealed = 0
    for (let after = 0; ;) {
      const page: readonly FaceTemplate[] = await store.inReading(({ faceTemplates }) => faceTemplates.list(after, pageSize))
      const old = page.filter(({ sealed }) => !seal.isCurrent(sealed))
      await store.inTransaction(async ({ faceTemplates }) => { for (const template of old) await faceTemplates.reseal(template.id, seal.seal(seal.open(template.sealed, template), template)) })
      resealed += old.length
      after = page.at(-1)?.sequence ?? after
      if (page.length < pageSize) break
    }
    await noteKey(store, seal)
    return `${resealed} templates are sealed with the key in force.\n`
  })
}
