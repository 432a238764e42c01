import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect } from 'node:net'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { frame, makeFramer } from '../../adapters/mllp/index.ts'
import { startChildServer } from './child-server.ts'
import { fdatasyncRate } from './disk.ts'
import { charge } from './messages.ts'
import { loadPeer } from './peers.ts'
import { milliseconds, percentile, perSecond, type BenchRow, type Measured } from './row.ts'

interface Load { readonly perSecond: number, readonly p50Ms: number, readonly p99Ms: number, readonly acks: number }

/** So many connections, each with one message in flight, for so long. Every message is a charge of its own. */
async function load (port: number, connections: number, forMs: number, firstSerial: number): Promise<Load> {
  const latencies: number[] = []
  let serial = firstSerial
  const from = performance.now()
  const until = from + forMs
  await Promise.all(Array.from({ length: connections }, async () => {
    const socket = connect({ host: '127.0.0.1', port, noDelay: true })
    await once(socket, 'connect')
    const framer = makeFramer({ maxMessageBytes: 100_000 })
    let sentAt = 0
    const sendNext = (): void => {
      serial += 1
      sentAt = performance.now()
      socket.write(frame(Buffer.from(charge(serial, serial % 500))))
    }
    await new Promise<void>((resolve, reject) => {
      socket.on('error', reject)
      socket.on('data', (chunk) => {
        for (const event of framer.push(chunk)) {
          if (event.kind !== 'frame' || !event.bytes.includes('MSA|AA')) reject(new Error(`not acknowledged with AA: ${event.kind === 'frame' ? event.bytes.toString('latin1') : event.kind}`))
          const now = performance.now()
          latencies.push(now - sentAt)
          if (now < until) sendNext()
          else resolve()
        }
      })
      sendNext()
    })
    socket.destroy()
  }))
  const seconds = (performance.now() - from) / 1000
  return { perSecond: latencies.length / seconds, p50Ms: percentile(latencies, 0.5), p99Ms: percentile(latencies, 0.99), acks: latencies.length }
}

/** ACK after durable store, the server in a process of its own and applying what it stores meanwhile. */
export const mllpRow: BenchRow = {
  name: 'mllp',
  run: async ({ folder, progress }) => {
    const server = await startChildServer({ DATA_DIR: `${folder}/data` })
    try {
      await load(server.mllp, 4, 1_000, 0)
      progress('1 connection')
      // A shared disk drifts, so the bound is measured between the rounds.
      const rounds: Array<{ readonly bound: number, readonly one: Load }> = []
      for (let round = 1; round <= 6; round++) rounds.push({ bound: fdatasyncRate(folder, 700), one: await load(server.mllp, 1, 1_200, round * 1_000_000) })
      const bound = percentile(rounds.map((round) => round.bound), 0.5)
      const oneRate = percentile(rounds.map(({ one }) => one.perSecond), 0.5)
      const p50Ms = percentile(rounds.map(({ one }) => one.p50Ms), 0.5)
      progress('50 connections')
      const fifty = await load(server.mllp, 50, 6_000, 20_000_000)
      return [
        { what: '1 connection, one message in flight', value: `${perSecond(oneRate)}, p50 ${milliseconds(p50Ms)} (medians of ${rounds.length} rounds)`, against: `goal 50 % of the disk's fdatasync rate, ${perSecond(bound)}: ${Math.round(100 * oneRate / bound)} %`, isMet: oneRate >= bound / 2 },
        { what: '50 connections', value: `${perSecond(fifty.perSecond)}, p99 ${milliseconds(fifty.p99Ms)}`, against: 'goal 5,000/s, p99 < 50 ms', isMet: fifty.perSecond >= 5_000 && fifty.p99Ms < 50 },
        await measurePeer('@medplum/hl7'),
        await measurePeer('simple-hl7')
      ]
    } finally {
      await server.stop()
    }
  }
}

/** Peers acknowledge before anything is stored, so this is no equal race: it tells what durability costs. */
async function measurePeer (name: string): Promise<Measured> {
  const what = `peer ${name}, 50 connections, nothing stored`
  if (await loadPeer(name) === null) return { what, value: 'not installed', against: 'npm ci --prefix test/bench', isMet: null }
  const child = spawn(process.execPath, ['--import', 'tsx', path.join(import.meta.dirname, 'peer-server.ts'), name], { stdio: ['ignore', 'pipe', 'ignore'] })
  try {
    const [line] = await once(createInterface({ input: child.stdout }), 'line') as [string]
    await load(Number(line), 4, 700, 30_000_000)
    const { perSecond: rate, p99Ms } = await load(Number(line), 50, 3_000, 31_000_000)
    return { what, value: `${perSecond(rate)}, p99 ${milliseconds(p99Ms)}`, against: 'no goal', isMet: null }
  } catch (error) {
    return { what, value: error instanceof Error ? error.message.slice(0, 80) : 'failed', against: 'no goal', isMet: null }
  } finally {
    child.kill('SIGKILL')
  }
}
