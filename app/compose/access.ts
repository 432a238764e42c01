import { randomBytes, randomInt } from 'node:crypto'
import type { AccessRoutesDeps } from '../../adapters/http/index.ts'
import type { Store, Stores } from '../../adapters/store/index.ts'
import {
  askForWard, beginRound, bindAccount, bindAtDesk, comparablePhone, confirmAtDesk, confirmByCode, editsOf, ended, endRound, endSession, findCaller, findClient,
  grantToken, hearEvent, keepScene, logIn, logInByOpenid, profileOf, refreshSession, registerClient, revokeClient, revokeGranted, rotateClient, sendCode,
  stateOfScene, wrongCode, type CallerWithWards, type FindHolders, type Holder, type PersonRecord, type Principal, type WechatAccount
} from '../../core/access/index.ts'
import type { Calendar, Clock } from '../../core/clock.ts'
import { DomainError } from '../../core/errors.ts'
import { holdersOf } from '../../core/identity/index.ts'
import type { Ids } from '../../core/ids.ts'
import type { RecordChange } from '../../core/records/index.ts'
import type { AccessKeys } from './access-keys.ts'
import { sha256 } from './sha256.ts'

export interface ComposeAccess {
  readonly store: Pick<Store, 'inTransaction' | 'inReading'>
  readonly clock: Clock
  readonly wallClock: Clock
  readonly calendar: Calendar
  readonly ids: Ids
  readonly keys: AccessKeys
  /** core/intake takeIn with its tools. */
  readonly takeIn: (stores: Stores, changes: readonly RecordChange[], at: Date) => Promise<unknown>
  /** Null where SITE_CONFIG names no official account. */
  readonly wechat: WechatAccount | null
  /** Whether a gateway could carry a code out. */
  readonly hasSms: boolean
  readonly notifyOutbox: () => void
}

const randomSecret = (): string => randomBytes(32).toString('base64url')
const randomCode = (): string => String(randomInt(1_000_000)).padStart(6, '0')

/** The use cases of access, each in a transaction of its own. */
export function composeAccess (deps: ComposeAccess): AccessRoutesDeps {
  const { store: { inTransaction, inReading }, clock, wallClock, ids, keys } = deps
  const secrets = { ids, hash: sha256, randomSecret }
  const codeTools = { ...keys, ids, randomCode }
  const times = () => ({ now: clock.now(), realNow: wallClock.now() })
  const refuseWithoutSms = (): void => {
    if (!deps.hasSms) throw new DomainError('OUTSIDE_UNAVAILABLE', 'No SMS gateway is configured, so no code can be sent. Name one in SITE_CONFIG.')
  }
  return {
    inReading,
    hash: sha256,
    now: clock.now,
    realNow: wallClock.now,
    grantToken: (credentials, scope) => inTransaction((stores) => grantToken({ ...stores, ...secrets }, credentials, scope, wallClock.now())),
    revokeToken: (credentials, token) => inTransaction(async (stores) => {
      const client = await findClient({ ...stores, hash: sha256 }, credentials, wallClock.now())
      if (client !== null) await revokeGranted({ ...stores, hash: sha256 }, client, token, wallClock.now())
      return client !== null
    }),
    registerClient: (command) => inTransaction(({ clients }) => registerClient({ clients, ...secrets }, command, wallClock.now())),
    rotateClient: (id) => inTransaction(({ clients }) => rotateClient({ clients, ...secrets }, id, wallClock.now())),
    revokeClient: (id) => inTransaction((stores) => revokeClient(stores, id, wallClock.now())),
    sendCode: async (wanted) => {
      refuseWithoutSms()
      const sent = await inTransaction((stores) => sendCode({ ...stores, ...codeTools }, wanted, clock.now()))
      deps.notifyOutbox()
      return sent
    },
    logIn: async (wanted) => orWrongCode(await inTransaction((stores) => logIn({ ...stores, ...secrets, ...keys }, wanted, times()))),
    refreshSession: (token) => inTransaction((stores) => refreshSession({ ...stores, ...secrets }, token, wallClock.now())),
    endSession: (tokenId) => inTransaction(async (stores) => {
      const token = await stores.tokens.find(tokenId)
      if (token?.sessionId === undefined) throw new DomainError('SESSION_NOT_FOUND', 'This token belongs to no session; it was issued by hand and is revoked by hand.')
      await endSession(stores, token.sessionId, wallClock.now())
    }),
    bindAccount: (wanted) => inTransaction((stores) => bindAccount({ ...stores, findHolders: holdersIn(stores, keys), phonesOf: phonesIn(stores, keys) }, wanted, clock.now())),
    bindAtDesk: async (wanted) => orWrongCode(await inTransaction((stores) => bindAtDesk({ ...stores, ...codeTools }, wanted, times()))),
    ...wardsWith(deps, codeTools),
    ...profilesWith(deps),
    ...wechatWith(deps, secrets)
  }
}

function wardsWith (deps: ComposeAccess, codeTools: AccessKeys & { readonly ids: Ids, readonly randomCode: () => string }): Pick<AccessRoutesDeps, 'recordsOf' | 'today' | 'askForWard' | 'confirmByCode' | 'confirmAtDesk' | 'endGuardianship'> {
  const { store: { inTransaction, inReading }, clock, calendar, keys } = deps
  const moment = () => ({ now: clock.now(), today: calendar(clock.now()) })
  return {
    recordsOf: (personId) => inReading(({ patients }) => recordsIn(patients)(personId)),
    today: () => calendar(clock.now()),
    askForWard: async (wanted) => {
      const asked = await inTransaction((stores) => askForWard({ ...stores, ...codeTools, findHolders: holdersIn(stores, keys) }, wanted, moment()))
      deps.notifyOutbox()
      return asked
    },
    confirmByCode: async (wanted) => orWrongCode(await inTransaction((stores) => confirmByCode({ ...stores, ...keys, recordsOf: recordsIn(stores.patients) }, wanted, moment()))),
    confirmAtDesk: (wanted) => inTransaction((stores) => confirmAtDesk({ ...stores, ids: deps.ids }, wanted, moment())),
    endGuardianship: (guardianship) => inTransaction(({ guardians }) => guardians.save(ended(guardianship, clock.now())))
  }
}

function profilesWith ({ store: { inTransaction }, clock, takeIn, notifyOutbox }: ComposeAccess): Pick<AccessRoutesDeps, 'editProfile'> {
  return {
    editProfile: async ({ patientIds, isUnchanged, edit, by }) => {
      const isEdited = await inTransaction(async (stores) => {
        const at = clock.now()
        const records = await stores.records.current(patientIds.map((id) => ({ type: 'Patient', id })))
        if (!isUnchanged(records)) return false
        await takeIn(stores, editsOf({ records, edit, by, at }), at)
        return true
      })
      notifyOutbox()
      return isEdited
    }
  }
}

function wechatWith (deps: ComposeAccess, secrets: { readonly ids: Ids, readonly hash: (text: string) => string, readonly randomSecret: () => string }): Pick<AccessRoutesDeps, 'wechat'> {
  const { store: { inTransaction, inReading }, clock, wallClock, keys, wechat } = deps
  if (wechat === null) return { wechat: null }
  const times = () => ({ now: clock.now(), realNow: wallClock.now() })
  return {
    wechat: {
      account: wechat,
      beginRound: () => inTransaction(({ tickets }) => beginRound({ tickets, ...secrets }, clock.now())),
      endRound: (state) => inTransaction(({ tickets }) => endRound({ tickets, ...secrets }, state, clock.now())),
      logInByOpenid: (openid) => inTransaction((stores) => logInByOpenid({ ...stores, ...secrets, ...keys }, openid, times())),
      keepScene: (wanted) => inTransaction(({ scenes }) => keepScene({ scenes, randomSecret }, wanted, clock.now())),
      stateOfScene: (id) => inReading((stores) => stateOfScene(stores, id, clock.now())),
      hearEvent: (call) => inTransaction((stores) => hearEvent({ ...stores, ...keys, hash: sha256 }, call, times()))
    }
  }
}

/** Finds the caller behind a token, with wards as of the business day. */
export function callerFinder ({ store: { inReading }, clock, calendar }: Pick<ComposeAccess, 'store' | 'clock' | 'calendar'>): (principal: Principal) => Promise<CallerWithWards> {
  return (principal) => inReading(({ guardians, patients }) => findCaller({ guardians, recordsOf: recordsIn(patients), today: calendar(clock.now()) }, principal))
}

/** An unknown id stands for itself, since its record may come later. */
function recordsIn (patients: Pick<Stores['patients'], 'find' | 'byPerson'>): (personId: string) => Promise<readonly PersonRecord[]> {
  return async (personId) => {
    const patient = await patients.find(personId)
    return patient === null ? [{ id: personId, birthDate: null }] : await patients.byPerson(patient.personId)
  }
}

function holdersIn ({ patients, records }: Pick<Stores, 'patients' | 'records'>, { fingerprint }: AccessKeys): FindHolders {
  return async (claim) => {
    const found = await holdersOf({ patients }, claim)
    const phones = await phonesByRecord(records, found, fingerprint)
    return found.map(({ id, personId, birthDate }, place) => ({ patientId: id, personId, birthDate, phones: phones[place] ?? [] }))
  }
}

function phonesIn ({ patients, records }: Pick<Stores, 'patients' | 'records'>, { fingerprint }: AccessKeys): (personId: string) => Promise<ReadonlyArray<Holder['phones']>> {
  return async (personId) => phonesByRecord(records, (await patients.byPerson(personId)).filter(({ active }) => active), fingerprint)
}

/** In the order of the patients. */
async function phonesByRecord (records: Pick<Stores['records'], 'current'>, patients: ReadonlyArray<{ readonly id: string }>, fingerprint: AccessKeys['fingerprint']): Promise<ReadonlyArray<Holder['phones']>> {
  const current = await records.current(patients.map(({ id }) => ({ type: 'Patient', id })))
  return patients.map(({ id }) => {
    const record = current.find((one) => one.id === id)
    return record === undefined ? [] : profileOf(record).phones.flatMap((number) => withKey(number, fingerprint))
  })
}

function withKey (number: string, fingerprint: AccessKeys['fingerprint']): ReadonlyArray<{ readonly number: string, readonly key: string }> {
  const digits = comparablePhone(number)
  return digits === null ? [] : [{ number, key: fingerprint('phone', digits) }]
}

/** A wrong code stays counted: it is refused when its transaction is over. */
function orWrongCode<Result> (result: Result | null): Result {
  if (result === null) throw wrongCode()
  return result
}
