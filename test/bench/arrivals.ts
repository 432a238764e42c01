import { Agent, request } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'
import { seededChance } from '../../adapters/simulators/random.ts'
import { percentile } from './row.ts'

export interface Asked {
  readonly method: 'GET' | 'POST'
  readonly path: string
  readonly body?: string
}

export interface ArrivalsOptions {
  readonly port: number
  readonly token: string
  readonly perSecond: number
  readonly forSeconds: number
  readonly next: () => Asked
}

export interface Latencies {
  readonly perSecond: number
  readonly p50: number
  readonly p99: number
  readonly failed: number
}

/**
 * People who ask independently of one another: gaps are exponential (a Poisson process), nobody waits for somebody else's
 * answer, and a latency counts from the instant at which the request was due, so that a server that stands still is not
 * asked less. autocannon asks for a second's share at once at its beginning instead, each connection one after the other.
 */
export async function askAtRandom ({ port, token, perSecond, forSeconds, next }: ArrivalsOptions): Promise<Latencies> {
  const agent = new Agent({ keepAlive: true, maxSockets: 64 })
  const { next: chance } = seededChance('arrivals')
  const latencies: number[] = []
  let failed = 0
  const from = performance.now()
  const answers: Array<Promise<void>> = []
  for (let due = from; due < from + forSeconds * 1000; due -= Math.log(1 - chance()) * 1000 / perSecond) {
    const early = due - performance.now()
    if (early > 0) await pause(early)
    answers.push(statusOf(agent, port, token, next()).then((status) => {
      latencies.push(performance.now() - due)
      if (status !== 200) failed += 1
    }))
  }
  await Promise.all(answers)
  agent.destroy()
  return { perSecond: latencies.length / forSeconds, p50: percentile(latencies, 0.5), p99: percentile(latencies, 0.99), failed }
}

/** 0 where there is no answer. */
async function statusOf (agent: Agent, port: number, token: string, { method, path, body }: Asked): Promise<number> {
  return await new Promise((resolve) => {
    const asking = request({ agent, host: '127.0.0.1', port, method, path, headers: { authorization: `Bearer ${token}`, ...body === undefined ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) } } }, (answer) => {
      answer.resume()
      answer.on('end', () => { resolve(answer.statusCode ?? 0) })
      answer.on('error', () => { resolve(0) })
    })
    asking.on('error', () => { resolve(0) })
    asking.end(body)
  })
}
