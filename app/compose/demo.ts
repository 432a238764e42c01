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
import { startOfDayIn } from '../../core/days.ts'
import { DomainError } from '../../core/errors.ts'
import { namedPersonOf, type NamedPerson } from '../../core/identity/index.ts'
import type { SmsSender } from '../../core/notifications/index.ts'
import type { MovableClock } from '../../core/operations/index.ts'
import type { HisStatements } from '../../core/payments/index.ts'
import type { Config } from '../config.ts'
import { nobodyOutside, type Outside } from './area.ts'
import type { Composed, System } from './compose.ts'
import { openDemoAccounts, openDemoWechat } from './demo-access.ts'
import { openDemoBureau, type DemoBureau } from './demo-bureau.ts'
import { demoConsultationRules, openDemoConsultations } from './demo-consultations.ts'
import { openDemoCarrier } from './demo-carrier.ts'
import { openDemoCreditScore } from './demo-credit-score.ts'
import { openDemoFhir, type DemoFhir } from './demo-fhir.ts'
import { openDemoInsurance } from './demo-insurance.ts'
import { openDemoMarketplace } from './demo-marketplace.ts'
import { joinedWechat, openDemoPayments } from './demo-payments.ts'
import { demoPictures } from './demo-pictures.ts'
import { openDemoPush } from './demo-push.ts'
import { openDemoReceivers, type DemoReceivers } from './demo-receivers.ts'
import { openDemoRoster, type DemoRoster } from './demo-roster.ts'
import { issueDemoTokens } from './demo-tokens.ts'
import { openDemoViews, type DemoViews } from './demo-views.ts'
import { openDemoVouchers } from './demo-vouchers.ts'

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
  const state: State = { clock: null, his: null, url: null, store: null }
  const businessClock: Clock = { now: () => state.clock?.now() ?? demoStart }
  const gateway = await startSmsGateway({ host: '127.0.0.1', port: 0, secret, clock: businessClock, realClock: wallClock })

  const wechat = await openDemoWechat({ clock: businessClock, wallClock, ids, callbackUrl: () => state.url === null ? null : `${state.url}/v1/wechat/callback` })
  const party = { dataDir: config.dataDir, seed, patients: patientsPerHospital, clock: businessClock, wallClock, calendar: calendarIn(config.zone), ids }
  const namedPerson = async (patientId: string): Promise<NamedPerson | null> => await state.store?.inReading((stores) => namedPersonOf(stores, patientId)) ?? null
  const creditScore = await openDemoCreditScore({ clock: businessClock, wallClock, calendar: calendarIn(config.zone), ids, namedPerson })
  const push = await openDemoPush({ clock: businessClock, wallClock, ids })
  const carrier = await openDemoCarrier({ clock: businessClock, wallClock, ids, url: () => state.url })
  const hospitals: Hospitals = { fhir: await openDemoFhir(party), views: await openDemoViews(party), roster: await openDemoRoster(party), receivers: await openDemoReceivers(businessClock), bureau: await openDemoBureau({ dataDir: config.dataDir, clock: businessClock, url: () => state.url }) }
  const insurance = await openDemoInsurance({
    clock: businessClock, wallClock, ids, hospitals: withHospitals(config, hospitals).site.hospitals, namedPerson, callbackUrl: () => state.url === null ? null : `${state.url}/v1/payments/callbacks/insurance`
  })
  const payments = await openDemoPayments({ clock: businessClock, calendar: calendarIn(config.zone), startOfDay: startOfDayIn(config.zone), realClock: wallClock, ids, seed, callbackUrl: (channel) => state.url === null ? null : `${state.url}/v1/payments/callbacks/${channel}` })

  const play = (): void => {
    if (!config.demoPlays) return
    hospitals.fhir.playDay()
    hospitals.views.playDay()
    state.his?.playDay().then(({ sent }) => { log.info({ sent }, 'the day is played') }, (error: unknown) => { log.error({ err: error }, 'the day could not be played') })
  }
  return {
    config: withHospitals(config, hospitals),
    wechat: wechat.account,
    outside: { ...nobodyOutside, scores: creditScore.scores, push: push.push, carrier: carrier.carrier, insurance: insurance.insurance, payments: [...insurance.payments, ...payments.gateways], splits: payments.splits, hisStatements: dayLists(state) },
    listens: (url) => { state.url = url },
    sms: httpSms({ url: gateway.url, secret, clock: wallClock, nonces: ids, timeoutMs: smsTimeoutMs }),
    clockOf: async (store) => {
      const { inTransaction } = store
      state.store = store
      state.clock = await standingClock({ inTransaction, start: demoStart })
      return businessClock
    },
    begin: async (parts) => {
      const credentials = await issueDemoTokens(parts)
      await openDemoAccounts(parts)
      await openDemoVouchers(parts)
      await openDemoMarketplace(parts)
      await openDemoConsultations(parts)
      await hospitals.bureau.begin(parts)
      for (const [name, { port }] of parts.listeners) hospitals.receivers.connect(name, port)
      mkdirSync(config.dataDir, { recursive: true, mode: 0o700 })
      writeFileSync(path.join(config.dataDir, 'demo-credentials.json'), `${JSON.stringify(credentials, null, 2)}\n`, { mode: 0o600 })
      state.his = openHospitals(parts, moveClockWith(parts, { state, drain: drainStep(parts, hospitals) }), dayTakesMs === 0 ? null : paceOf(system, dayTakesMs))
    },
    routes: (parts) => ({
      zone: config.zone,
      now: businessClock.now,
      moveClock: movingAll(parts, hospitals, moveClockWith(parts, { state, drain: drainStep(parts, hospitals) })),
      simulators: { his: hisSimulator(state, hospitals.receivers), fhir: hospitals.fhir.simulator, views: hospitals.views.simulator, sms: smsSimulator(gateway), wechat: joinedWechat(wechat.simulator, payments.wechat), alipay: payments.alipay, bank: payments.bank, bureau: hospitals.bureau.simulator, 'credit-score': creditScore.simulator, push: push.simulator, carrier: carrier.simulator, insurance: insurance.simulator }
    }),
    play,
    close: async () => {
      state.his?.close()
      await Promise.all([hospitals.bureau.close(), hospitals.fhir.close(), hospitals.views.close(), hospitals.roster.close(), hospitals.receivers.close(), wechat.close(), payments.close(), creditScore.close(), insurance.close(), push.close(), carrier.close(), gateway.close()])
    }
  }
}

type State = { clock: MovableClock | null, his: SimulatedHis | null, url: string | null, store: Store | null }
type MoveClock = (target: Date) => ReturnType<Composed['operations']['jobs']['advance']>
type Drain = () => Promise<void>

/** Simulated hospitals besides those that send HL7 v2, the receiving sides of all, and the bureau that they report to. */
interface Hospitals {
  readonly fhir: DemoFhir
  readonly views: DemoViews
  readonly roster: DemoRoster
  readonly receivers: DemoReceivers
  readonly bureau: DemoBureau
}

function withHospitals (config: Config, { fhir, views, roster, receivers, bureau }: Hospitals): Config {
  const { site } = config
  return {
    ...config,
    feedKeyFile: config.feedKeyFile ?? bureau.feedKeyFile,
    site: {
      ...site,
      creditFeed: site.creditFeed ?? bureau.creditFeed,
      // The demo shows tips; a site decides by itself (D3).
      tips: { ...site.tips, enabled: true },
      consultations: { ...site.consultations, hospitals: site.consultations.hospitals.length > 0 ? site.consultations.hospitals : [...demoConsultationRules] },
      // Charges also come from whoever speaks to the demo's sources, of whom the hospitals' lists know nothing.
      reconciliation: { ...site.reconciliation, blocking: site.reconciliation.blocking ?? ['amount_diff', 'refund_amount_diff'] },
      hospitals: [...site.hospitals, fhir.hospital, views.hospital],
      sources: [...site.sources, fhir.source, views.source, roster.source],
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
function drainStep (parts: Composed, { views, roster, receivers, bureau }: Pick<Hospitals, 'views' | 'roster' | 'receivers' | 'bureau'>): Drain {
  return async () => {
    if (roster.catchUp() > 0) await parts.viewPollers.get(roster.source.name)?.look()
    if (views.catchUp() > 0) await parts.viewPollers.get(views.source.name)?.look()
    await drainQueues(parts)
    if (await receivers.settled()) await drainQueues(parts)
    if (await bureau.visit(parts)) await drainQueues(parts)
  }
}

/** Before and after a call that moves the clock, what any hospital shows is taken in; to look after every job would cost seconds a day. */
function movingAll (parts: Composed, hospitals: Pick<Hospitals, 'views' | 'roster' | 'receivers' | 'bureau'>, move: MoveClock): MoveClock {
  const settle = drainStep(parts, hospitals)
  const look = async (): Promise<void> => {
    hospitals.views.catchUp()
    for (const poller of [...parts.followers.values(), ...parts.viewPollers.values()]) await poller.look()
    await settle()
  }
  return async (target) => {
    await look()
    const ran = await move(target)
    await look()
    return ran
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
  return simulatedHis({ seed, patients: patientsPerHospital, sites, clock, calendar: calendarIn(parts.config.zone), pace, pictureOf: demoPictures(parts.config.dataDir) })
}

function paceOf ({ wallClock }: System, totalMs: number): Pace {
  const startedMs = wallClock.now().getTime()
  return { totalMs, elapsedMs: () => wallClock.now().getTime() - startedMs, wait: async (ms) => { await wait(ms) } }
}

/** Of the hospitals that speak HL7 v2; the others have their day lists uploaded. */
function dayLists (state: State): ReadonlyMap<string, HisStatements> {
  return new Map(['east', 'west'].map((hospital) => [hospital, { statement: async (day) => state.his?.statement(hospital, day) ?? null }]))
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
      if (act === 'statement') return statementText(his(), key)
      const isReceiver = key?.endsWith('-his') === true
      if (act === 'up' || act === 'down') return isReceiver ? receivers.setUp(act === 'up', key) : his().setUp(act === 'up', key)
      const sent = await receivers.act(act, key)
      if (sent !== null) return sent
      throw new DomainError('REQUEST_INVALID', 'The hospitals know the acts day, up, down and statement (key: east 2027-03-01); the key of a receiving side is east-his or west-his. The desk of the east leads a visit that was registered here (key: its number): call, see, order, report, prescribe, skin_test, dispense, infuse, charge, finish. Its booking office knows an appointment by its number (cancel_appointment, miss_appointment) and a shift by the roster\'s (close_shift, open_shift), and refuse_changes, take_changes, hold_notices, tell_notices. Requests for consultations it answers by accept, refuse, pending, expire, silent and repeat: one by its number (CR-…), or without a key all that come from now on.', 'act')
    }
  }
}

function statementText (his: SimulatedHis, key: string | null): { readonly statement: string | null } {
  const [hospital = '', day = ''] = key?.split(' ') ?? []
  const content = his.statement(hospital, day)
  return { statement: content === null ? null : Buffer.from(content).toString('utf8') }
}

function smsSimulator (gateway: SmsGateway): DemoSimulator {
  return {
    items: async (since) => gateway.items(since),
    setFaults: async (faults) => { gateway.setFaults(faults as Parameters<SmsGateway['setFaults']>[0]) },
    act: async () => { throw new DomainError('REQUEST_INVALID', 'The SMS gateway has no acts; set its faults.', 'act') }
  }
}

