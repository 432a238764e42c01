import path from 'node:path'
import type { Worker } from 'node:worker_threads'
import fc from 'fast-check'
import t from 'tap'
import { IndexThread } from '../../../adapters/face/index-thread.ts'
import { faceIndex } from '../../../adapters/face/index.ts'
import { searchedRows } from '../../../adapters/face/search-rows.ts'
import { loadExactSearch } from '../../../adapters/face/usearch.ts'
import { startThread } from '../../../adapters/face/worker-thread.ts'
import { cosine } from '../../../core/faces/frames.ts'
import type { FaceCandidate, IndexedFace } from '../../../core/faces/index.ts'

const inFolder = path.resolve(import.meta.dirname, '../../../adapters/face/face-index.ts')

t.test('the index', async (t) => {
  const dimension = 32
  /** Vectors of a few coarse numbers, so that some are alike, some equal, and some have one number far above all others. */
  const vector = fc.array(fc.oneof({ weight: 8, arbitrary: fc.integer({ min: -9, max: 9 }) }, { weight: 1, arbitrary: fc.integer({ min: -90, max: 90 }) }), { minLength: dimension, maxLength: dimension })
    .filter((numbers) => numbers.some((number) => number !== 0)).map(unitVector)
  const face = fc.record({ templateId: fc.nat(60).map((id) => `t${id}`), patientId: fc.nat(20).map((id) => `p${id}`), hospitalId: fc.constantFrom('h1', 'h2', 'h3'), template: vector })
  const step = fc.oneof(
    fc.record({ kind: fc.constant('put' as const), faces: fc.uniqueArray(face, { selector: ({ templateId }) => templateId, maxLength: 40 }) }),
    fc.record({ kind: fc.constant('drop' as const), ids: fc.array(fc.nat(60).map((id) => `t${id}`), { maxLength: 20 }) })
  )
  const within = fc.record({ hospitalIds: fc.option(fc.subarray(['h1', 'h2', 'h3'])), among: fc.option(fc.uniqueArray(fc.nat(22).map((id) => `p${id}`), { maxLength: 5 })), limit: fc.integer({ min: 0, max: 8 }) })

  for (const [where, hereUpTo] of [['in place', 1_000_000], ['in its thread', 0]] as const) {
    t.test(`answers what comparing one by one answers, ${where}, whatever was put, replaced and dropped before`, async (t) => {
      const index = faceIndex({ dimension }, { hereUpTo })
      t.teardown(() => index.close())
      await fc.assert(fc.asyncProperty(fc.array(step, { maxLength: 6 }), fc.array(fc.tuple(vector, within), { minLength: 1, maxLength: 4 }), async (steps, searches) => {
        const known = new Map<string, IndexedFace>()
        for (const one of steps) {
          if (one.kind === 'put') {
            index.put(one.faces)
            for (const put of one.faces) known.set(put.templateId, put)
          } else {
            index.drop(one.ids)
            for (const id of one.ids) known.delete(id)
          }
        }
        const isSame = (await Promise.all(searches.map(async ([probe, asked]) => sameHits(await index.search(probe, asked), plainSearch([...known.values()], probe, asked), plainSearch([...known.values()], probe, { ...asked, limit: Infinity }))))).every(Boolean)
        const isCounted = index.size() === known.size
        index.drop([...known.keys()])
        return isSame && isCounted && index.size() === 0
      }), { numRuns: 60 })
    })
  }

  t.test('is exact where the rough order is wrong: thousands of faces nearer to each other than rounding', async (t) => {
    const random = aRandom(7)
    const middle = unitVector(Array.from({ length: 512 }, random))
    const faces = Array.from({ length: 3_000 }, (_, place): IndexedFace => ({ templateId: `t${String(place).padStart(4, '0')}`, patientId: `p${place}`, hospitalId: 'h1', template: unitVector([...middle].map((value) => value + random() * 2e-4)) }))
    const index = faceIndex({ dimension: 512 }, { hereUpTo: 0 })
    t.teardown(() => index.close())
    index.put(faces)
    const asked = { hospitalIds: null, among: null, limit: 20 }
    for (const probe of [middle, unitVector([...middle].map((value) => value + random() * 2e-4))]) t.ok(sameHits(await index.search(probe, asked), plainSearch(faces, probe, asked), plainSearch(faces, probe, { ...asked, limit: Infinity })))
  })

  t.test('without usearch every row is compared plainly, with the same answer', async (t) => {
    const exactSearch = loadExactSearch()
    t.ok(exactSearch !== null, 'its binary is installed here')
    const random = aRandom(3)
    const exact = new Float32Array(200 * 512)
    for (let row = 0; row < 200; row++) exact.set(unitVector(Array.from({ length: 512 }, random)), row * 512)
    const [plain, rough] = [searchedRows(null), searchedRows(exactSearch)]
    for (const one of [plain, rough]) {
      one.take({ kind: 'segment', segment: 1, exact, dimension: 512 })
      one.take({ kind: 'rows', segment: 1, rows: Array.from({ length: 200 }, (_, row) => row) })
      one.take({ kind: 'rows', segment: 9, rows: [1] })
    }
    const probe = exact.slice(77 * 512, 78 * 512)
    const found = [plain, rough].map((one) => one.search({ kind: 'search', id: 1, probe, segments: [1, 9], count: 3 }))
    t.match(found[0]?.found[0], { segment: 1, row: 77 })
    t.match(found[1]?.found[0], { segment: 1, row: 77 })
    t.equal(found[0]?.found.length, 3)
  })

  t.test('a thread that dies is replaced, knows everything again, and answers what was asked', async (t) => {
    const threads: Worker[] = []
    const exact = new Float32Array(new SharedArrayBuffer(4 * 4 * 4))
    exact.set([1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0])
    const thread = new IndexThread(() => [{ kind: 'segment', segment: 1, exact, dimension: 4 }, { kind: 'rows', segment: 1, rows: [0, 1, 2] }], () => {
      const started = startThread('index-worker', inFolder)
      threads.push(started)
      return started
    })
    const request = { probe: Float32Array.from([0, 1, 0, 0]), segments: [1], count: 1 }
    t.match((await thread.search(request)).found, [{ segment: 1, row: 1 }])
    const again = thread.search(request)
    await threads[0]?.terminate()
    t.match((await again).found, [{ segment: 1, row: 1 }])
    t.equal(threads.length, 2)
    const left = thread.search(request)
    const refused = t.rejects(left, { code: 'FACE_ENGINE_UNAVAILABLE' })
    await thread.close()
    await refused
    await t.rejects(thread.search(request), { code: 'FACE_ENGINE_UNAVAILABLE' })
  })

  t.test('only so many searches wait', async (t) => {
    const index = faceIndex({ dimension: 4 }, { hereUpTo: 0 })
    index.put([{ templateId: 't1', patientId: 'p1', hospitalId: 'h1', template: Float32Array.from([1, 0, 0, 0]) }])
    const all = await Promise.allSettled(Array.from({ length: 140 }, () => index.search(Float32Array.from([1, 0, 0, 0]), { hospitalIds: null, among: null, limit: 1 })))
    t.equal(all.filter(({ status }) => status === 'fulfilled').length, 128)
    t.match(all.at(-1), { status: 'rejected', reason: { code: 'FACE_ENGINE_UNAVAILABLE' } })
    await index.close()
  })
})

function unitVector (numbers: readonly number[]): Float32Array {
  const length = Math.hypot(...numbers)
  return Float32Array.from(numbers, (number) => number / length)
}

/** Between −1 and 1, the same for the same seed. */
function aRandom (seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 31 - 1
  }
}

type Asked = Parameters<ReturnType<typeof faceIndex>['search']>[1]

function plainSearch (faces: readonly IndexedFace[], probe: Float32Array, { hospitalIds, among, limit }: Asked): readonly FaceCandidate[] {
  return faces.filter(({ hospitalId, patientId }) => (hospitalIds === null || hospitalIds.includes(hospitalId)) && (among === null || among.includes(patientId)))
    .map(({ template, ...named }) => ({ ...named, score: cosine(template, probe) }))
    .sort((one, other) => other.score - one.score).slice(0, limit)
}

/** As many, as good at every place, and each with its own score; faces of equal score may come in any order. */
function sameHits (found: readonly FaceCandidate[], expected: readonly FaceCandidate[], all: readonly FaceCandidate[]): boolean {
  const scores = new Map(all.map(({ templateId, score }) => [templateId, score]))
  return found.length === expected.length && new Set(found.map(({ templateId }) => templateId)).size === found.length &&
    found.every(({ templateId, score }, place) => Math.abs(score - (expected[place]?.score ?? NaN)) < 1e-6 && Math.abs(score - (scores.get(templateId) ?? NaN)) < 1e-6)
}
