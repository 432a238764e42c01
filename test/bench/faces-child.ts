import { readFileSync } from 'node:fs'
import type { OpenFaceEngine } from '../../adapters/face/index.ts'
import { percentile, usageOf } from './row.ts'

/** One process for one measurement of faces.ts: the built engine, a picture, and how many threads. */
const [engineFile = '', pictureFile = '', threads = '1'] = process.argv.slice(2)
const workers = Number(threads)
const picture = readFileSync(pictureFile)
const before = process.memoryUsage.rss()
const from = performance.now()
const { openFaceEngine } = await import(engineFile) as { readonly openFaceEngine: (options: { readonly workers: number }) => OpenFaceEngine }
const engine = openFaceEngine({ workers })
await engine.warm()
const warmMs = performance.now() - from
await engine.read(picture)
const firstMs = performance.now() - from

for (let round = 0; round < 5 * workers; round++) await engine.read(picture)
const wall: number[] = []
const cpu: number[] = []
for (let round = 0; round < 60; round++) {
  const usage = await usageOf(async () => { await engine.read(picture) })
  wall.push(usage.wallMs)
  cpu.push(usage.cpuMs)
}

// Best of three, since other work may share the machine.
let perSecond = 0
for (let round = 0; round < 3; round++) {
  let left = 100
  const { wallMs } = await usageOf(async () => { await Promise.all(Array.from({ length: 2 * workers }, async () => { while (left-- > 0) await engine.read(picture) })) })
  perSecond = Math.max(perSecond, 100 / (wallMs / 1000))
}
const rssMb = (process.memoryUsage.rss() - before) / 1e6
await engine.close()
process.stdout.write(JSON.stringify({ warmMs, firstMs, oneWallMs: percentile(wall, 0.5), oneCpuMs: percentile(cpu, 0.5), perSecond, rssMb }))
