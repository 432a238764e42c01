import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { WriteInstant } from '../../adapters/http/index.ts'
import type { Store, Stores } from '../../adapters/store/index.ts'
import type { WechatAccount } from '../../core/access/index.ts'
import type { Calendar, Clock } from '../../core/clock.ts'
import type { StartOfDay } from '../../core/days.ts'
import type { SplitGateway } from '../../core/escrow/index.ts'
import type { HisLookup, TokenReader } from '../../core/identity/index.ts'
import type { Ids, StableId } from '../../core/ids.ts'
import type { Job, OnCall, Timer } from '../../core/operations/index.ts'
import type { CarryOut, KindRule } from '../../core/outbox.ts'
import type { InsuranceGateway, ScoreProvider } from '../../core/pay-after-care/index.ts'
import type { PushSender, SmsSender } from '../../core/notifications/index.ts'
import type { OutboundMessage } from '../../core/outbound/index.ts'
import type { Carrier } from '../../core/prescriptions/index.ts'
import type { HisStatements, PaymentGateway } from '../../core/payments/index.ts'
import type { RecordChange } from '../../core/records/index.ts'
import type { Config } from '../config.ts'
import type { AccessKeys } from './access-keys.ts'
import type { Log } from './log.ts'

/** The parties outside that SITE_CONFIG names, or the simulated ones of the demo. */
export interface Outside {
  readonly payments: readonly PaymentGateway[]
  /** Channels that can keep money back, split it and pay out. */
  readonly splits: readonly SplitGateway[]
  readonly insurance: InsuranceGateway | null
  readonly scores: readonly ScoreProvider[]
  /** Day lists of the hospitals' own systems, by hospital; absent: finance uploads them. */
  readonly hisStatements?: ReadonlyMap<string, HisStatements>
  readonly push: PushSender | null
  /** Takes parcels with drugs; null: they are only picked up. */
  readonly carrier: Carrier | null
  /** Reads electronic insurance credentials (医保电子凭证); absent: none is read. */
  readonly insuranceTokens?: TokenReader | null
}

export const nobodyOutside: Outside = { payments: [], splits: [], insurance: null, scores: [], push: null, carrier: null }

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
  /** Null where no gateway is configured. */
  readonly sms: SmsSender | null
  readonly wechat: WechatAccount | null
  readonly writeInstant: WriteInstant
  /** core/intake takeIn with its tools: the one way in for what is decided here. */
  readonly takeIn: (stores: Stores, changes: readonly RecordChange[], at: Date) => Promise<unknown>
  /** Asks a hospital's own system for a person. */
  readonly his: HisLookup
  /** There may be new outbox messages: after a transaction that wrote some. */
  readonly notifyOutbox: () => void
}

/** What an area adds to the running product. */
export interface Area {
  /** By kind of outbox message. */
  readonly carryOut: Readonly<Record<string, CarryOut>>
  readonly rules: Readonly<Record<string, KindRule>>
  /**
   * Kinds whose effects something else knows for good by their own keys, or by a state that is looked at first: a done
   * message goes after a while. Of any other kind the key is kept, so that it can never be written a second time.
   */
  readonly forgettable: readonly string[]
  readonly jobs: readonly Job[]
  readonly timers: ReadonlyArray<Timer<Stores>>
  readonly routes: readonly FastifyPluginAsyncTypebox[]
  /** Done before the product says that it listens; a throw stops the start. */
  readonly begin: ReadonlyArray<() => Promise<void>>
  /** Done when the product ends, after everything that uses it. */
  readonly end: ReadonlyArray<() => Promise<void>>
  /** Of what it signs, as JWK; shown at /.well-known/yiqiao-keys.json. */
  readonly publicKeys: ReadonlyArray<Readonly<Record<string, string>>>
  /** Hears of each attempt in which a message to a hospital failed, with the code of the failure. */
  readonly undelivered: ReadonlyArray<(message: OutboundMessage, code: string) => Promise<void>>
  /** Whether a message to a hospital that waited makes no sense any more; one yes is enough. */
  readonly moot: ReadonlyArray<(message: OutboundMessage) => Promise<boolean>>
}

/** An area is this with what it adds: `{ ...plainArea, jobs: […] }`. */
export const plainArea: Area = { carryOut: {}, rules: {}, forgettable: [], jobs: [], timers: [], routes: [], begin: [], end: [], publicKeys: [], undelivered: [], moot: [] }
