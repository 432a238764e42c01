import { faceIndex, type OpenFaceIndex } from '../../adapters/face/index.ts'
import { scanRows } from '../../adapters/face/scan-rows.ts'
import { otherWork, percentile, usageOf, type BenchRow, type Measured } from './row.ts'

const dimension = 512
const searches = 40
const goals = [{ faces: 100_000, wallMs: 15 }, { faces: 1_000_000, wallMs: 100 }] as const

/**
 * 1:N on synthetic unit vectors, each searched for with a mate at cosine 0.5; beside it the plain scan in JavaScript over the
 * same numbers. Wall time is what a caller waits; longest pause is how long the event loop stood still meanwhile.
 */
export const faceSearchRow: BenchRow = {
  name: 'face-search',
  run: async ({ progress }) => {
    const lines: Measured[] = []
    for (const { faces, wallMs } of goals) {
      progress(`${faces.toLocaleString('en')} faces are made`)
      lines.push(...await measure(faces, wallMs, progress))
    }
    return [...lines, otherWork()]
  }
}

interface Known { readonly templateId: string, readonly probe: Float32Array }

async function measure (faces: number, goalMs: number, progress: (text: string) => void): Promise<readonly Measured[]> {
  const random = aRandom(faces)
  const index = faceIndex({ dimension })
  try {
    const before = process.memoryUsage.rss()
    const { known, putMs } = fill(index, faces, random)
    const first = await usageOf(async () => { await index.search(known[0]?.probe ?? new Float32Array(dimension), everywhere) })
    const rss = process.memoryUsage.rss() - before
    progress(`${faces.toLocaleString('en')} faces are searched`)
    const own = await searchAll(known, async ({ templateId, probe }) => (await index.search(probe, everywhere))[0]?.templateId === templateId)
    const plain = await plainScan(faces, random)
    const name = `1:N among ${faces.toLocaleString('en')}`
    return [
      { what: `${name}, recall at 1`, value: `${own.found} of ${searches}`, against: 'goal all', isMet: own.found === searches },
      { what: `${name}, exact`, value: `CPU p50 ${own.cpu50.toFixed(1)}, wall p50 ${own.wall50.toFixed(1)}, p99 ${own.wall99.toFixed(1)} ms`, against: `goal ${goalMs} ms; plain scan CPU p50 ${plain.cpu50.toFixed(1)}, wall p50 ${plain.wall50.toFixed(1)}, p99 ${plain.wall99.toFixed(1)} ms`, isMet: own.wall50 <= goalMs },
      { what: `${name}, longest pause of the event loop`, value: `${own.pauseMs.toFixed(0)} ms`, against: `plain scan stops it for ${plain.wall50.toFixed(0)} ms each time`, isMet: null },
      { what: `${name}, memory`, value: `${(rss / 1e6).toFixed(0)} MB`, against: `${(faces * dimension * 5 / 1e6).toFixed(0)} MB of numbers (int8 and f32)`, isMet: null },
      { what: `${name}, filled`, value: `${(putMs / 1000).toFixed(1)} s, first search after it ${first.wallMs.toFixed(0)} ms`, against: 'beside what goes on, in parts of 1,000', isMet: null }
    ]
  } finally {
    await index.close()
  }
}

const everywhere = { hospitalIds: null, among: null, limit: 10 }

function fill (index: OpenFaceIndex, faces: number, random: () => number): { readonly known: readonly Known[], readonly putMs: number } {
  const known: Known[] = []
  const every = faces / searches
  let putMs = 0
  for (let from = 0; from < faces; from += 1_000) {
    const part = Array.from({ length: 1_000 }, (_, place) => ({ templateId: `template-${from + place}`, patientId: `patient-${from + place}`, hospitalId: `hospital-${from % 3_000}`, template: unitVector(random) }))
    for (const { templateId, template } of part) if (Number(templateId.slice(9)) % every === 7) known.push({ templateId, probe: mateOf(template, random) })
    const at = performance.now()
    index.put(part)
    putMs += performance.now() - at
  }
  return { known, putMs }
}

interface Searched { readonly found: number, readonly cpu50: number, readonly wall50: number, readonly wall99: number, readonly pauseMs: number }

async function searchAll<One> (all: readonly One[], search: (one: One) => Promise<boolean>): Promise<Searched> {
  const [cpu, wall]: [number[], number[]] = [[], []]
  let [found, pauseMs, beat] = [0, 0, performance.now()]
  const pulse = setInterval(() => {
    pauseMs = Math.max(pauseMs, performance.now() - beat - 5)
    beat = performance.now()
  }, 5)
  for (const one of all) {
    const usage = await usageOf(async () => { if (await search(one)) found += 1 })
    cpu.push(usage.cpuMs)
    wall.push(usage.wallMs)
  }
  clearInterval(pulse)
  return { found, cpu50: percentile(cpu, 0.5), wall50: percentile(wall, 0.5), wall99: percentile(wall, 0.99), pauseMs }
}

/** The peer: every row in JavaScript, single precision, as one piece of memory. */
async function plainScan (rows: number, random: () => number): Promise<Searched> {
  const vectors = new Float32Array(rows * dimension)
  for (let place = 0; place < vectors.length; place++) vectors[place] = random()
  const probes = Array.from({ length: 12 }, () => unitVector(random))
  return searchAll(probes, async (probe) => scanRows({ vectors, rows, dimension }, probe, everywhere.limit).length === everywhere.limit)
}

function unitVector (random: () => number): Float32Array {
  const vector = new Float32Array(dimension)
  let squares = 0
  for (let place = 0; place < dimension; place++) {
    // Nearly normal, so that no direction is preferred.
    const value = random() + random() + random() + random()
    vector[place] = value
    squares += value * value
  }
  const length = Math.sqrt(squares)
  for (let place = 0; place < dimension; place++) vector[place] = (vector[place] ?? 0) / length
  return vector
}

/** Another vector at cosine 0.5, as another picture of the same person would be. */
function mateOf (vector: Float32Array, random: () => number): Float32Array {
  const other = unitVector(random)
  const along = vector.reduce((sum, value, place) => sum + value * (other[place] ?? 0), 0)
  const aside = other.map((value, place) => value - along * (vector[place] ?? 0))
  const length = Math.hypot(...aside)
  return vector.map((value, place) => 0.5 * value + Math.sqrt(0.75) * (aside[place] ?? 0) / length)
}

/** Between −1 and 1. */
function aRandom (seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 31 - 1
  }
}
