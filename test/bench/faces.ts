import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import sharp from 'sharp'
import { otherWork, type BenchRow, type Measured } from './row.ts'

const root = path.resolve(import.meta.dirname, '../..')
const sample = path.join(root, 'node_modules/@vladmandic/face-api/demo/sample6.jpg')

/** What the child prints: milliseconds and megabytes. */
interface Told {
  readonly warmMs: number
  readonly firstMs: number
  readonly oneWallMs: number
  readonly oneCpuMs: number
  readonly perSecond: number
  readonly rssMb: number
}

/**
 * Pictures of 250 × 250 (as the goals were measured) and of a terminal's camera, 1280 × 720, through the built engine in a
 * process of its own: from the start of its threads to the first answer, one after the other with one thread, and as fast as two go.
 */
export const facesRow: BenchRow = {
  name: 'faces',
  run: async ({ folder, progress }) => {
    const picture = sharp(await readFile(sample))
    const small = path.join(folder, 'small.jpg')
    const camera = path.join(folder, 'camera.jpg')
    await picture.clone().extract({ left: 30, top: 300, width: 640, height: 640 }).resize(250, 250).jpeg({ quality: 90 }).toFile(small)
    await picture.clone().resize(1280, 720, { fit: 'cover' }).jpeg({ quality: 85 }).toFile(camera)
    progress('250 × 250, one thread')
    const one = await measure(small, 1)
    progress('250 × 250, two threads')
    const two = await measure(small, 2)
    progress('1280 × 720, one thread, two threads')
    const cameraOne = await measure(camera, 1)
    const cameraTwo = await measure(camera, 2)
    const perThread = two.rssMb - one.rssMb
    return [
      { what: 'face engine, first picture after a cold start, one thread', value: `${one.firstMs.toFixed(0)} ms, of it ${one.warmMs.toFixed(0)} to load`, against: 'goal 1,000 ms', isMet: one.firstMs <= 1_000 },
      picturesOf('250 × 250', one, 35),
      { what: '250 × 250, two threads', value: `${two.perSecond.toFixed(1)} pictures/s`, against: 'goal 50/s', isMet: two.perSecond >= 50 },
      picturesOf('1280 × 720', cameraOne, null),
      { what: '1280 × 720, two threads', value: `${cameraTwo.perSecond.toFixed(1)} pictures/s`, against: `${(cameraTwo.perSecond / cameraOne.perSecond).toFixed(2)} times one thread`, isMet: null },
      { what: 'memory of the process, one thread; each further one', value: `${one.rssMb.toFixed(0)} MB; ${perThread.toFixed(0)} MB`, against: 'goal 250 MB a thread', isMet: one.rssMb <= 250 && perThread <= 250 },
      otherWork()
    ]
  }
}

function picturesOf (size: string, { oneWallMs, oneCpuMs }: Told, goalMs: number | null): Measured {
  return { what: `${size}, one thread, one after the other`, value: `p50 ${oneWallMs.toFixed(1)} ms, CPU ${oneCpuMs.toFixed(1)} ms each`, against: goalMs === null ? 'no goal' : `goal ${goalMs} ms`, isMet: goalMs === null ? null : oneWallMs <= goalMs }
}

async function measure (picture: string, workers: number): Promise<Told> {
  const child = spawn(process.execPath, ['--import', 'tsx', path.join(import.meta.dirname, 'faces-child.ts'), path.join(root, 'dist/adapters/face/index.js'), picture, String(workers)], { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] })
  let printed = ''
  child.stdout.on('data', (chunk: Buffer) => { printed += chunk.toString() })
  const [code] = await once(child, 'exit') as [number | null]
  if (code !== 0) throw new Error('the face engine could not be measured; run npm run build first')
  return JSON.parse(printed) as Told
}
