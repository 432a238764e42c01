import { readFile } from 'node:fs/promises'
import path from 'node:path'
import type { FaceEngine } from '../../core/faces/index.ts'

export interface ReadPictures {
  readonly pictures: number
  /** By file, of the pictures in which a face was found. */
  readonly templates: ReadonlyMap<string, Float32Array>
  /** For each picture, all threads working. */
  readonly wallMs: number
  /** For each picture, all threads together. */
  readonly cpuMs: number
}

/** Enough to keep every thread at work, and below what the engine lets wait. */
const atOnce = 32
const tellEveryMs = 3_000

export async function readAll (engine: FaceEngine & { readonly warm: () => Promise<void> }, folder: string, files: readonly string[], progress: (line: string) => void): Promise<ReadPictures> {
  const templates = new Map<string, Float32Array>()
  await engine.warm()
  const cpu = process.cpuUsage()
  const from = performance.now()
  let [next, done, told] = [0, 0, from]
  const readSome = async (): Promise<void> => {
    for (let file = files[next++]; file !== undefined; file = files[next++]) {
      const read = await engine.read(await readFile(path.join(folder, file)))
      if (read.kind === 'face') templates.set(file, read.template)
      done += 1
      if (performance.now() - told < tellEveryMs) continue
      told = performance.now()
      progress(`${done.toLocaleString('en')} of ${files.length.toLocaleString('en')} pictures, ${((told - from) / done).toFixed(1)} ms each`)
    }
  }
  await Promise.all(Array.from({ length: atOnce }, readSome))
  progress(`${done.toLocaleString('en')} pictures read`)
  const { user, system } = process.cpuUsage(cpu)
  return { pictures: files.length, templates, wallMs: (performance.now() - from) / files.length, cpuMs: (user + system) / 1000 / files.length }
}
