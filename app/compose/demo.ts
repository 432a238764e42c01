import { randomBytes } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import type { HttpDeps, DemoSimulator } from '../../adapters/http/index.ts'
import { standingClock } from '../../adapters/queue/index.ts'
import type { Store } from '../../adapters/store/index.ts'
import type { Pace } from '../../adapters/simulators/hospital/play-day.ts'
import { simulatedHis, type SimulatedHis } from '../../adapters/simulators/hospital/simulated-his.ts'
import { demoSites } from '../../adapters/simulators/hospital/site.ts'
import { startSmsGateway, type SmsGateway } from '../../adapters/simulators/sms-gateway.ts'
import { httpSms } from '../../adapters/sms/http-sms.ts'
import { calendarIn, type Clock } from '../../core/clock.ts'
import { DomainError } from '../../core/errors.ts'
import type { SmsSender } from '../../core/notifications/index.ts'
import type { MovableClock } from '../../core/operations/index.ts'
import type { Config } from '../config.ts'
import type { Composed, System } from './compose.ts'
import { issueDemoTokens } from './demo-tokens.ts'

export interface Demo {
  readonly sms: SmsSender
  readonly clockOf: (store: Store) => Promise<Clock>
  /** Tokens, guardians and the simulated hospitals. */
  readonly begin: (parts: Composed) => Promise<void>
  readonly routes: (parts: Composed) => NonNullable<HttpDeps['demo']>
  /** Plays the day where the settings say so; it goes on after this returns. */
  readonly play: () => void
  readonly close: () => Promise<void>
}

export interface DemoOptions {
  /** Real time that a played day takes; 0 = as fast as the hospitals are answered. */
  readonly dayTakesMs: number
}

/** A Monday whose seventh day after is a workday. */
const demoStart = new Date('2027-03-01T07:30:00+08:00')
const seed = 20270301
const patientsPerHospital = 32
const smsTimeoutMs = 5_000

/** The simulated parties around the product: hospitals over real MLLP, an SMS gateway over real HTTP, a clock of its own. */
export async function openDemo (config: Config, system: System, { dayTakesMs }: DemoOptions): Promise<Demo> {
  const { wallClock, ids, log } = system
  const secret = randomBytes(32)
  const state: { clock: MovableClock | null, his: SimulatedHis | null } = { clock: null, his: null }
  const businessClock: Clock = { now: () => state.clock?.now() ?? demoStart }
  const gateway = await startSmsGateway({ host: '127.0.0.1', port: 0, secret, clock: businessClock, realClock: wallClock })

  const play = (): void => {
    if (!config.demoPlays) return
    state.his?.playDay().then(({ sent }) => { log.info({ sent }, 'the day is played') }, (error: unknown) => { log.error({ err: error }, 'the day could not be played') })
  }
  return {
    sms: httpSms({ url: gateway.url, secret, clock: wallClock, nonces: ids, timeoutMs: smsTimeoutMs }),
    clockOf: async ({ inTransaction }) => {
      state.clock = await standingClock({ inTransaction, start: demoStart })
      return businessClock
    },
    begin: async (parts) => {
      const credentials = await issueDemoTokens(parts)
      mkdirSync(config.dataDir, { recursive: true, mode: 0o700 })
      writeFileSync(path.join(config.dataDir, 'demo-credentials.json'), `${JSON.stringify(credentials, null, 2)}\n`, { mode: 0o600 })
      state.his = openHospitals(parts, moveClockWith(parts, state), dayTakesMs === 0 ? null : paceOf(system, dayTakesMs))
    },
    routes: (parts) => ({
      zone: config.zone,
      now: businessClock.now,
      moveClock: moveClockWith(parts, state),
      simulators: { his: hisSimulator(state), sms: smsSimulator(gateway) }
    }),
    play,
    close: async () => {
      state.his?.close()
      await gateway.close()
    }
  }
}

type State = { clock: MovableClock | null, his: SimulatedHis | null }
type MoveClock = (target: Date) => ReturnType<Composed['operations']['jobs']['advance']>

/** Every job and timer due on the way runs at its own instant, with inbox and outbox drained in between. */
function moveClockWith ({ operations, applying }: Composed, state: State): MoveClock {
  const drain = async (): Promise<void> => {
    await applying.receiver.drain()
    await applying.applier.drain()
    await operations.outbox.drain()
  }
  return async (target) => {
    if (state.clock === null) throw new Error('the clock is made when the store is open')
    return operations.jobs.advance({ clock: state.clock, drain }, target)
  }
}

function openHospitals (parts: Composed, moveClock: MoveClock, pace: Pace | null): SimulatedHis {
  const sites = [...parts.listeners]
    .flatMap(([name, { port }]) => name === 'east' || name === 'west' ? [{ site: demoSites[name], host: '127.0.0.1', port }] : [])
  const clock = { now: parts.clock.now, setNow: async (now: Date) => { await moveClock(now) } }
  return simulatedHis({ seed, patients: patientsPerHospital, sites, clock, calendar: calendarIn(parts.config.zone), pace })
}

function paceOf ({ wallClock }: System, totalMs: number): Pace {
  const startedMs = wallClock.now().getTime()
  return { totalMs, elapsedMs: () => wallClock.now().getTime() - startedMs, wait: async (ms) => { await wait(ms) } }
}

function hisSimulator (state: State): DemoSimulator {
  const his = (): SimulatedHis => {
    if (state.his === null) throw new DomainError('OUTSIDE_UNAVAILABLE', 'The simulated hospitals are not up yet.')
    return state.his
  }
  return {
    items: async (since) => his().items(since),
    setFaults: async (faults) => { his().setFaults(faults as Parameters<SimulatedHis['setFaults']>[0]) },
    act: async ({ act, key }) => {
      if (act === 'day') return his().playDay()
      if (act === 'up' || act === 'down') return his().setUp(act === 'up', key)
      throw new DomainError('REQUEST_INVALID', 'The hospital knows the acts day, up and down.', 'act')
    }
  }
}

function smsSimulator (gateway: SmsGateway): DemoSimulator {
  return {
    items: async (since) => gateway.items(since),
    setFaults: async (faults) => { gateway.setFaults(faults as Parameters<SmsGateway['setFaults']>[0]) },
    act: async () => { throw new DomainError('REQUEST_INVALID', 'The SMS gateway has no acts; set its faults.', 'act') }
  }
}

