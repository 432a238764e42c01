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
import type { WechatAccount } from '../../core/access/index.ts'
import { calendarIn, type Clock } from '../../core/clock.ts'
import { DomainError } from '../../core/errors.ts'
import type { SmsSender } from '../../core/notifications/index.ts'
import type { MovableClock } from '../../core/operations/index.ts'
import type { Config } from '../config.ts'
import { nobodyOutside, type Outside } from './areas.ts'
import type { Composed, System } from './compose.ts'
import { openDemoAccounts, openDemoWechat } from './demo-access.ts'
import { openDemoFhir, type DemoFhir } from './demo-fhir.ts'
import { openDemoReceivers, type DemoReceivers } from './demo-receivers.ts'
import { issueDemoTokens } from './demo-tokens.ts'
import { openDemoViews, type DemoViews } from './demo-views.ts'

export interface Demo {
  /** The configuration with the simulated hospitals in it. */
  readonly config: Config
  readonly sms: SmsSender
  readonly wechat: WechatAccount
  readonly outside: Outside
  /** Where the server listens: simulated parties call it back there. */
  readonly listens: (url: string) => void
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
  const state: State = { clock: null, his: null, url: null }
  const businessClock: Clock = { now: () => state.clock?.now() ?? demoStart }
  const gateway = await startSmsGateway({ host: '127.0.0.1', port: 0, secret, clock: businessClock, realClock: wallClock })

  const wechat = await openDemoWechat({ clock: businessClock, wallClock, ids, callbackUrl: () => state.url === null ? null : `${state.url}/v1/wechat/callback` })
  const party = { dataDir: config.dataDir, seed, patients: patientsPerHospital, clock: businessClock, wallClock, calendar: calendarIn(config.zone), ids }
  const hospitals: Hospitals = { fhir: await openDemoFhir(party), views: await openDemoViews(party), receivers: await openDemoReceivers(businessClock) }

  const play = (): void => {
    if (!config.demoPlays) return
    hospitals.fhir.playDay()
    hospitals.views.playDay()
    state.his?.playDay().then(({ sent }) => { log.info({ sent }, 'the day is played') }, (error: unknown) => { log.error({ err: error }, 'the day could not be played') })
  }
  return {
    config: withHospitals(config, hospitals),
    wechat: wechat.account,
    outside: nobodyOutside,
    listens: (url) => { state.url = url },
    sms: httpSms({ url: gateway.url, secret, clock: wallClock, nonces: ids, timeoutMs: smsTimeoutMs }),
    clockOf: async ({ inTransaction }) => {
      state.clock = await standingClock({ inTransaction, start: demoStart })
      return businessClock
    },
    begin: async (parts) => {
      const credentials = await issueDemoTokens(parts)
      await openDemoAccounts(parts)
      mkdirSync(config.dataDir, { recursive: true, mode: 0o700 })
      writeFileSync(path.join(config.dataDir, 'demo-credentials.json'), `${JSON.stringify(credentials, null, 2)}\n`, { mode: 0o600 })
      state.his = openHospitals(parts, moveClockWith(parts, { state, drain: drainStep(parts, hospitals) }), dayTakesMs === 0 ? null : paceOf(system, dayTakesMs))
    },
    routes: (parts) => ({
      zone: config.zone,
      now: businessClock.now,
      moveClock: moveClockWith(parts, { state, drain: drainAll(parts, hospitals) }),
      simulators: { his: hisSimulator(state, hospitals.receivers), fhir: hospitals.fhir.simulator, views: hospitals.views.simulator, sms: smsSimulator(gateway), wechat: wechat.simulator }
    }),
    play,
    close: async () => {
      state.his?.close()
      await Promise.all([hospitals.fhir.close(), hospitals.views.close(), hospitals.receivers.close(), wechat.close(), gateway.close()])
    }
  }
}

type State = { clock: MovableClock | null, his: SimulatedHis | null, url: string | null }
type MoveClock = (target: Date) => ReturnType<Composed['operations']['jobs']['advance']>
type Drain = () => Promise<void>

/** Simulated hospitals besides those that send HL7 v2, and the receiving sides of all. */
interface Hospitals {
  readonly fhir: DemoFhir
  readonly views: DemoViews
  readonly receivers: DemoReceivers
}

function withHospitals (config: Config, { fhir, views, receivers }: Hospitals): Config {
  const { site } = config
  return {
    ...config,
    site: {
      ...site,
      hospitals: [...site.hospitals, fhir.hospital, views.hospital],
      sources: [...site.sources, fhir.source, views.source],
      destinations: [...receivers.destinations, fhir.destination]
    }
  }
}

/** Every job and timer due on the way runs at its own instant, with all that is under way settled in between. */
function moveClockWith ({ operations }: Composed, { state, drain }: { readonly state: State, readonly drain: Drain }): MoveClock {
  return async (target) => {
    if (state.clock === null) throw new Error('the clock is made when the store is open')
    return operations.jobs.advance({ clock: state.clock, drain }, target)
  }
}

/** Within a played day: the tables of the views go with the clock; the FHIR server is followed by its own loop. */
function drainStep (parts: Composed, { views }: Pick<Hospitals, 'views'>): Drain {
  return async () => {
    if (views.catchUp() > 0) await parts.viewPollers.get(views.source.name)?.look()
    await drainQueues(parts)
  }
}

/** After a call that moved the clock, what any hospital shows by then is taken in. */
function drainAll (parts: Composed, { views }: Pick<Hospitals, 'views'>): Drain {
  return async () => {
    views.catchUp()
    for (const poller of [...parts.followers.values(), ...parts.viewPollers.values()]) await poller.look()
    await drainQueues(parts)
  }
}

async function drainQueues ({ operations, applying }: Composed): Promise<void> {
  await applying.receiver.drain()
  await applying.applier.drain()
  await operations.outbox.drain()
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

function hisSimulator (state: State, receivers: DemoReceivers): DemoSimulator {
  const his = (): SimulatedHis => {
    if (state.his === null) throw new DomainError('OUTSIDE_UNAVAILABLE', 'The simulated hospitals are not up yet.')
    return state.his
  }
  return {
    items: async (since) => [...his().items(since), ...receivers.items(since)].sort((one, other) => one.at.getTime() - other.at.getTime()),
    setFaults: async (faults) => {
      his().setFaults(faults as Parameters<SimulatedHis['setFaults']>[0])
      receivers.setFaults(faults as Parameters<DemoReceivers['setFaults']>[0])
    },
    act: async ({ act, key }) => {
      if (act === 'day') return his().playDay()
      const isReceiver = key?.endsWith('-his') === true
      if (act === 'up' || act === 'down') return isReceiver ? receivers.setUp(act === 'up', key) : his().setUp(act === 'up', key)
      throw new DomainError('REQUEST_INVALID', 'The hospitals know the acts day, up and down; the key of a receiving side is east-his or west-his.', 'act')
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

