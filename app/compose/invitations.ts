import { complaintRoutes, evaluationRoutes, invitationRoutes, invitationStepRoutes, invitationThreadOf, payInvitationRoutes } from '../../adapters/http/index.ts'
import type { Stores } from '../../adapters/store/index.ts'
import {
  changeComplaint, changeInvitation, evaluate, expireTips, loseSeat, makeInvitation, moderateWords, openComplaint, openTip, reckonDueStars, seatLostKind, timeOutInvitations, type InvitationTools
} from '../../core/invitations/index.ts'
import { visibleDoctor } from '../../core/marketplace/index.ts'
import { createPayment } from '../../core/payments/index.ts'
import { proveStarLevels } from '../../jobs/prove-stars.ts'
import { plainArea, type Area, type AreaDeps } from './area.ts'
import { threadsFor } from './dialogue.ts'
import { invitationTools } from './invitation-tools.ts'
import { paymentTools } from './payment-tools.ts'

/** 邀约、评价、打赏、投诉、星级. */
export function composeInvitations (deps: AreaDeps): Area {
  const { store: { inTransaction, inReading }, clock, ids, onCall, notifyOutbox } = deps
  const tools = invitationTools(deps)
  const lookAfter = { inTransaction, inReading, tools, settings: tools.settings }
  const telling = async <Result>(work: Promise<Result>): Promise<Result> => {
    const result = await work
    notifyOutbox()
    return result
  }
  return {
    ...plainArea,
    carryOut: {
      [seatLostKind]: async ({ payload }) => {
        await telling(inTransaction((stores) => loseSeat(stores, tools, String(payload['invitationId']), clock.now())))
      }
    },
    // An appointment is lost once, and the invitation is looked at first.
    forgettable: [seatLostKind],
    jobs: [proveStarLevels({ inTransaction, inReading, ids, onCall, settings: tools.settings })],
    timers: [
      { name: 'invitations', nextDue: ({ invitations }) => invitations.nextDue(), run: (dueAt) => telling(timeOutInvitations(lookAfter, dueAt)) },
      { name: 'tips', nextDue: ({ tips }) => tips.nextDue(), run: (dueAt) => expireTips({ inTransaction }, dueAt) },
      { name: 'stars', nextDue: ({ stars }) => stars.nextDue(), run: (dueAt) => reckonDueStars(lookAfter, dueAt) }
    ],
    routes: [...routesOf(deps, tools), ...payRoutesOf(deps)]
  }
}

/** In one transaction each; what is decided here may have written to the outbox. */
function routesOf (deps: AreaDeps, tools: InvitationTools<Stores>): Area['routes'] {
  const { store: { inTransaction, inReading }, clock, writeInstant, notifyOutbox } = deps
  const reading = { inReading, writeInstant }
  const making = <Command, Made>(work: (stores: Stores, tools: InvitationTools<Stores>, command: Command, at: Date) => Promise<Made>) => async (command: Command): Promise<Made> => {
    const made = await inTransaction((stores) => work(stores, tools, command, clock.now()))
    notifyOutbox()
    return made
  }
  return [
    invitationRoutes({ ...reading, make: making(makeInvitation) }),
    invitationStepRoutes({ ...reading, change: making(changeInvitation) }),
    ...threadsFor(deps).at({ path: '/v1/invitations', access: 'invitation.read', requirements: ['M8'], threadOf: invitationThreadOf(reading) }),
    evaluationRoutes({
      ...reading,
      evaluate: making(evaluate),
      moderate: (wanted) => inTransaction((stores) => moderateWords(stores, wanted)),
      tip: making(openTip),
      seesDoctor: async (caller, doctorId) => await inReading((stores) => visibleDoctor(stores, caller, doctorId, clock.now())) !== null
    }),
    complaintRoutes({ ...reading, appealDays: tools.settings.appealDays, open: making(openComplaint), change: making(changeComplaint) })
  ]
}

function payRoutesOf (deps: AreaDeps): Area['routes'] {
  const { store: { inReading }, writeInstant, keys, notifyOutbox } = deps
  const tools = paymentTools(deps)
  return payInvitationRoutes({
    inReading,
    writeInstant,
    walletKeyOf: (openid) => keys.fingerprint('openid', openid),
    createPayment: async (command) => {
      const order = await createPayment(tools, command)
      notifyOutbox()
      return order
    }
  })
}
