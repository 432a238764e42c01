import { randomInt } from 'node:crypto'
import { faceReviewRoutes, terminalEnrolRoutes, terminalIdentifyRoutes, terminalSessionRoutes } from '../../adapters/http/index.ts'
import type { Stores } from '../../adapters/store/index.ts'
import { wrongCode } from '../../core/access/index.ts'
import { DomainError } from '../../core/errors.ts'
import {
  aliveSession, askForMotions, confirmIdentification, consentAtTerminal, decideReview, endSilentSessions, endTerminalSession, enrolAtTerminal, identify, narrowByDigits, nextSilence, openTerminalSession, policyFor, readAll,
  readByPhone, readingOf, sendTerminalCode, sessionOfLook, settleByReading, withdrawFace, type Terminal, type TerminalSession, type TerminalSettings
} from '../../core/faces/index.ts'
import { mergePatients } from '../../core/identity/index.ts'
import type { RecordChange } from '../../core/records/index.ts'
import { plainArea, type Area, type AreaDeps } from './area.ts'
import type { FaceParts } from './face-parts.ts'

const randomCode = (): string => String(randomInt(1_000_000)).padStart(6, '0')
const motion = (): number => randomInt(2 ** 32) / 2 ** 32

/** 终端: sessions, challenges, identification, second factors, enrolment, reviews. */
export function composeTerminals (deps: AreaDeps, faces: FaceParts): Area {
  const { store: { inTransaction, inReading }, clock, writeInstant } = deps
  const work = terminalWork(deps)
  return {
    ...plainArea,
    timers: [{
      name: 'terminal-sessions',
      nextDue: (stores) => nextSilence(stores, work.settings.idleMs),
      run: (dueAt) => inTransaction((stores) => endSilentSessions(stores, work.settings.idleMs, dueAt))
    }],
    routes: [
      terminalSessionRoutes({
        writeInstant,
        idleMs: work.settings.idleMs,
        openSession: work.openSession,
        keepAlive: (terminal, id) => work.inSession(terminal, id, async (_, session) => session),
        endSession: (terminal, id) => work.inSession(terminal, id, (stores, session) => endTerminalSession(stores, session.id, clock.now())),
        ask: async (terminal, sessionId) => {
          const { id } = sessionId === null ? await work.openSession(terminal) : { id: sessionId }
          return work.inSession(terminal, id, (stores, session) => askForMotions({ ...stores, ids: deps.ids, random: motion }, session, clock.now()))
        }
      }),
      terminalIdentifyRoutes({ writeInstant, ...identifying(deps, faces, work) }),
      terminalEnrolRoutes({ writeInstant, ...enrolling(deps, faces, work) }),
      faceReviewRoutes({
        inReading, writeInstant,
        decide: (decision) => work.making((stores, at) => decideReview({ ...stores, merge: (command) => mergePatients({ ...stores, takeIn: (changes) => deps.takeIn(stores, changes, at) }, command, at) }, decision, at))
      })
    ]
  }
}

interface TerminalWork {
  readonly settings: TerminalSettings
  /** One transaction of which the outbox may hear. */
  readonly making: <Result>(work: (stores: Stores, at: Date) => Promise<Result>) => Promise<Result>
  readonly openSession: (terminal: Terminal) => Promise<TerminalSession>
  /** … in a session that is alive. */
  readonly inSession: <Result>(terminal: Terminal, sessionId: string, work: (stores: Stores, session: TerminalSession) => Promise<Result>) => Promise<Result>
  /** … in the session of a look into the camera. */
  readonly afterLook: <Result>(terminal: Terminal, identificationId: string, work: (stores: Stores, session: TerminalSession) => Promise<Result>) => Promise<Result>
}

function terminalWork ({ store: { inTransaction }, clock, ids, config, notifyOutbox }: AreaDeps): TerminalWork {
  const { search, challenge, idleSeconds } = config.site.terminals
  const settings: TerminalSettings = { search, challenge, idleMs: idleSeconds * 1000 }
  const making: TerminalWork['making'] = async (work) => {
    const made = await inTransaction((stores) => work(stores, clock.now()))
    notifyOutbox()
    return made
  }
  const inSession: TerminalWork['inSession'] = (terminal, id, work) => making(async (stores, at) => work(stores, await aliveSession(stores, { id, terminal, idleMs: settings.idleMs }, at)))
  return {
    settings,
    making,
    inSession,
    openSession: (terminal) => making((stores, at) => openTerminalSession(stores, { id: ids.next(), terminal }, at)),
    afterLook: (terminal, id, work) => making(async (stores, at) => work(stores, await aliveSession(stores, { id: await sessionOfLook(stores, id), terminal, idleMs: settings.idleMs }, at)))
  }
}

function identifying (deps: AreaDeps, faces: FaceParts, work: TerminalWork): Omit<Parameters<typeof terminalIdentifyRoutes>[0], 'writeInstant'> {
  const { store: { inTransaction, inReading }, clock, ids, stableId, keys, startOfDay, calendar } = deps
  const settling = (stores: Stores) => ({ ...stores, ids, stableId, sealed: keys.sealed, policy: policyFor(faces.search.modelId, faces.search.index.size()) })
  const phones = (stores: Stores) => ({ ...settling(stores), fingerprint: keys.fingerprint, randomCode })
  return {
    identify: (command) => identify({
      inTransaction, engine: faces.engine, faces: faces.search, settings: work.settings, ids,
      expectedAt: (hospitalId, now) => inReading((stores) => expectedPatients(stores, hospitalId, { from: startOfDay(calendar(now)), until: new Date(startOfDay(calendar(now)).getTime() + dayMs) }))
    }, command, clock.now()),
    confirm: ({ terminal, id, isMe }) => work.afterLook(terminal, id, (stores, session) => confirmIdentification(settling(stores), { session, id, isMe }, clock.now())),
    narrow: ({ terminal, id, digits }) => work.afterLook(terminal, id, (stores, session) => narrowByDigits(settling(stores), { session, id, digits })),
    settle: ({ terminal, id, readingId }) => work.afterLook(terminal, id, (stores, session) => settleByReading(settling(stores), { session, readingId }, clock.now())),
    sendCode: ({ terminal, sessionId, phone }) => {
      if (deps.sms === null) throw new DomainError('OUTSIDE_UNAVAILABLE', 'No SMS gateway is configured, so no code can be sent. Name one in SITE_CONFIG.')
      return work.inSession(terminal, sessionId, (stores, session) => sendTerminalCode(phones(stores), { session, phone }, clock.now()))
    },
    readByPhone: async ({ terminal, sessionId, phone, code }) => {
      const found = await work.inSession(terminal, sessionId, (stores, session) => readByPhone(phones(stores), { session, phone, code }, clock.now()))
      if (found.kind === 'wrong_code') throw wrongCode()
      return found.kind === 'known' ? found.read : null
    }
  }
}

function enrolling (deps: AreaDeps, faces: FaceParts, work: TerminalWork): Omit<Parameters<typeof terminalEnrolRoutes>[0], 'writeInstant'> {
  const { store: { inTransaction }, clock, ids, stableId, keys, calendar } = deps
  const moment = () => ({ now: clock.now(), today: calendar(clock.now()) })
  return {
    consentText: () => faces.consentText,
    consent: ({ terminal, sessionId, ...asked }) => work.inSession(terminal, sessionId, (stores, session) => consentAtTerminal({ ...stores, ids, stableId }, { session, ...asked }, { ...moment(), textVersion: faces.consentText.version })),
    withdraw: async ({ terminal, sessionId, readingId }) => {
      const { patientId, dropped } = await work.inSession(terminal, sessionId, async (stores, session) => {
        const at = clock.now()
        const { patientId } = await readingOf(stores, session, readingId, at)
        const takeIn = (changes: readonly RecordChange[]): Promise<unknown> => deps.takeIn(stores, changes, at)
        return { patientId, ...await withdrawFace({ ...stores, ids, stableId, takeIn }, { patientId, hospitalId: session.hospitalId, channel: 'terminal', textVersion: null, guardianPatientId: null }, at) }
      })
      faces.tell({ faces: [], dropped })
      deps.notifyOutbox()
      return { patientId, templates: dropped.length }
    },
    enrol: async ({ terminal, sessionId, readingId, pictures, facts }) => {
      const session = await work.inSession(terminal, sessionId, async (_, alive) => alive)
      const frames = await readAll(faces.engine, pictures)
      const enrolled = await enrolAtTerminal({
        inTransaction, ids, stableId, sealed: keys.sealed, faces: faces.search, seal: faces.seal, settings: work.settings, takeIn: deps.takeIn
      }, { session, frames, readingId, facts }, moment())
      if (enrolled.kind === 'enrolled') faces.tell(enrolled.kept)
      deps.notifyOutbox()
      return enrolled
    }
  }
}

const dayMs = 86_400_000
const mostExpected = 500
const expectedStates = ['planned', 'registered', 'in_progress'] as const

/** 今日预约: who has an appointment or a visit at the hospital on this day, as far as one list of them goes. */
async function expectedPatients ({ appointments, visits }: Stores, hospitalId: string, { from, until }: { readonly from: Date, readonly until: Date }): Promise<readonly string[]> {
  const expected = new Set<string>()
  const booked = await appointments.list({ patientIds: null, hospitalId, state: null, slotId: null, purpose: null, from, to: until }, { limit: mostExpected, offset: 0 })
  for (const { patientId, state } of booked) if (patientId !== null && state !== 'cancelled') expected.add(patientId)
  for (const state of expectedStates) {
    for (const { patientId, startedAt } of await visits.list({ patientIds: null, hospitalId, state }, { limit: mostExpected, offset: 0 })) {
      if (startedAt !== null && startedAt >= from && startedAt < until) expected.add(patientId)
    }
  }
  return [...expected].slice(0, mostExpected)
}
