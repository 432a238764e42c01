import { spawn, type ChildProcess } from 'node:child_process'
import { createInterface } from 'node:readline'
import path from 'node:path'
import { printStep } from '../../adapters/simulators/hospital/print-step.ts'
import type { Site } from '../../adapters/simulators/hospital/site.ts'
import type { Step } from '../../adapters/simulators/hospital/step.ts'
import { createMllpSender, type MllpSender } from '../../adapters/simulators/mllp-sender.ts'
import { seededChance } from '../../adapters/simulators/random.ts'

const root = path.resolve(import.meta.dirname, '../..')

export interface ServerProcess {
  readonly ports: ReadonlyMap<string, number>
  /** Settles when the process is gone. */
  readonly kill: (signal: 'SIGKILL' | 'SIGTERM') => Promise<void>
}

/** The product as a process of its own, on free ports; settles when it says `listening`. */
export function startServer ({ dataDir, siteFile }: { readonly dataDir: string, readonly siteFile: string }): Promise<ServerProcess> {
  const child = spawn(process.execPath, ['--import', 'tsx', 'app/server.ts'], {
    cwd: root,
    // Nothing of the surrounding settings is passed on: the embedded store is what is killed here.
    env: { PATH: process.env['PATH'], DATA_DIR: dataDir, SITE_CONFIG: siteFile, HTTP_PORT: '0', HOST: '127.0.0.1', LOG_LEVEL: 'info' },
    stdio: ['ignore', 'pipe', 'pipe']
  })
  const gone = new Promise<void>((resolve) => { child.once('exit', () => { resolve() }) })
  let complaint = ''
  child.stderr.on('data', (bytes: Buffer) => { complaint = (complaint + bytes.toString()).slice(-2000) })
  return new Promise((resolve, reject) => {
    child.once('exit', (code) => { reject(new Error(`the server ended with ${code} before it listened: ${complaint}`)) })
    createInterface(child.stdout).on('line', (line) => {
      const ports = listeningPorts(line)
      if (ports !== null) resolve({ ports, kill: (signal) => end(child, signal, gone) })
    })
  })
}

function listeningPorts (line: string): ReadonlyMap<string, number> | null {
  if (!line.includes('"listening"')) return null
  const { msg, sources } = JSON.parse(line) as { readonly msg: string, readonly sources: ReadonlyArray<{ readonly name: string, readonly port: number }> }
  return msg === 'listening' ? new Map(sources.map(({ name, port }) => [name, port])) : null
}

async function end (child: ChildProcess, signal: 'SIGKILL' | 'SIGTERM', gone: Promise<void>): Promise<void> {
  child.kill(signal)
  await gone
}

export interface KillPlan {
  readonly seed: number
  readonly kills: number
  readonly connectionsPerSite: number
}

interface Lane {
  readonly site: Site
  readonly steps: readonly Step[]
  /** How many of its messages have been acknowledged. */
  acked: number
}

/**
 * Sends every step over several connections at once. As soon as a random number of messages is acknowledged the server
 * is killed, with messages under way on all other connections; after the next start the senders go on with what was
 * not acknowledged, as a HIS does. The connections have faults of their own besides. Answers the last server, alive.
 */
export async function sendThroughKills (steps: readonly Step[], sites: readonly Site[], plan: KillPlan, start: () => Promise<ServerProcess>): Promise<ServerProcess> {
  const chance = seededChance(plan.seed)
  const lanes = sites.flatMap((site) => Array.from({ length: plan.connectionsPerSite }, (_, lane): Lane => ({
    site, acked: 0, steps: steps.filter((step) => step.hospital === site.hospital).filter((_, place) => place % plan.connectionsPerSite === lane)
  })))
  const killsAt = Array.from({ length: plan.kills }, () => 1 + chance.below(steps.length - 1)).sort((one, other) => one - other)
  for (const killAt of killsAt) await sendUntil(lanes, await start(), { seed: plan.seed + killAt, killAt })
  const last = await start()
  await sendUntil(lanes, last, { seed: plan.seed, killAt: null })
  return last
}

/** Null sends all there is and kills nobody. */
async function sendUntil (lanes: readonly Lane[], server: ServerProcess, { seed, killAt }: { readonly seed: number, readonly killAt: number | null }): Promise<void> {
  const senders = lanes.map(({ site }, place) => {
    const sender = createMllpSender({ host: '127.0.0.1', port: server.ports.get(site.hospital) ?? 0, ackTimeoutMs: 20_000, retryAfterMs: 20, seed: seed + place })
    sender.setFaults((['close_before_ack', 'duplicate_send', 'split_packets'] as const).map((kind, fault) => ({ kind, rate: 0.02, count: null, seed: seed + place * 3 + fault })))
    return sender
  })
  const deaths: Array<Promise<void>> = []
  const look = (): void => {
    const acked = lanes.reduce((sum, lane) => sum + lane.acked, 0)
    if (killAt === null || acked < killAt || deaths.length > 0) return
    deaths.push(server.kill('SIGKILL'))
    for (const sender of senders) sender.close()
  }
  look()
  await Promise.all(lanes.map((lane, place) => sendLane(lane, senders[place], look)))
  await Promise.all(deaths)
  for (const sender of senders) sender.close()
}

async function sendLane (lane: Lane, sender: MllpSender | undefined, heard: () => void): Promise<void> {
  for (let step = lane.steps[lane.acked]; step !== undefined; step = lane.steps[lane.acked]) {
    const answer = await sender?.send({ controlId: step.controlId, bytes: printStep(lane.site, step) }).catch(() => undefined)
    if (answer === undefined) return
    if (answer.code !== 'AA') throw new Error(`a charge was answered with ${answer.code}`)
    lane.acked += 1
    heard()
  }
}
