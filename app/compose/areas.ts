import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { WriteInstant } from '../../adapters/http/index.ts'
import type { Store, Stores } from '../../adapters/store/index.ts'
import type { Calendar, Clock } from '../../core/clock.ts'
import type { StartOfDay } from '../../core/days.ts'
import type { Ids, StableId } from '../../core/ids.ts'
import type { Job, OnCall, Timer } from '../../core/operations/index.ts'
import type { CarryOut, KindRule } from '../../core/outbox.ts'
import type { InsuranceGateway, ScoreProvider } from '../../core/pay-after-care/index.ts'
import type { PaymentGateway } from '../../core/payments/index.ts'
import type { RecordChange } from '../../core/records/index.ts'
import type { Config } from '../config.ts'
import type { AccessKeys } from './access-keys.ts'
import type { Log } from './log.ts'

/** The parties outside that SITE_CONFIG names, or the simulated ones of the demo. */
export interface Outside {
  readonly payments: readonly PaymentGateway[]
  readonly insurance: InsuranceGateway | null
  readonly scores: readonly ScoreProvider[]
}

export const nobodyOutside: Outside = { payments: [], insurance: null, scores: [] }

/** What every area of the product is composed from. */
export interface AreaDeps {
  readonly config: Config
  readonly store: Store
  /** Business time. */
  readonly clock: Clock
  readonly wallClock: Clock
  readonly calendar: Calendar
  readonly startOfDay: StartOfDay
  readonly ids: Ids
  readonly stableId: StableId
  readonly keys: AccessKeys
  readonly random: () => number
  readonly log: Log
  readonly onCall: OnCall
  readonly outside: Outside
  readonly writeInstant: WriteInstant
  /** core/intake takeIn with its tools: the one way in for what is decided here. */
  readonly takeIn: (stores: Stores, changes: readonly RecordChange[], at: Date) => Promise<unknown>
  /** There may be new outbox messages: after a transaction that wrote some. */
  readonly notifyOutbox: () => void
}

/** What an area adds to the running product. */
export interface Area {
  /** By kind of outbox message. */
  readonly carryOut: Readonly<Record<string, CarryOut>>
  readonly rules: Readonly<Record<string, KindRule>>
  readonly jobs: readonly Job[]
  readonly timers: readonly Timer[]
  readonly routes: readonly FastifyPluginAsyncTypebox[]
}

/** An area is this with what it adds: `{ ...plainArea, jobs: […] }`. */
export const plainArea: Area = { carryOut: {}, rules: {}, jobs: [], timers: [], routes: [] }

const composers: ReadonlyArray<(deps: AreaDeps) => Area> = []

/** Every area, one after the other. */
export function composeAreas (deps: AreaDeps): Area {
  return joined(composers.map((compose) => compose(deps)))
}

function joined (areas: readonly Area[]): Area {
  return {
    carryOut: Object.assign({}, ...areas.map(({ carryOut }) => carryOut)) as Area['carryOut'],
    rules: Object.assign({}, ...areas.map(({ rules }) => rules)) as Area['rules'],
    jobs: areas.flatMap(({ jobs }) => jobs),
    timers: areas.flatMap(({ timers }) => timers),
    routes: areas.flatMap(({ routes }) => routes)
  }
}
