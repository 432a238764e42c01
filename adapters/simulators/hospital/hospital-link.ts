import { setTimeout as pause } from 'node:timers/promises'
import { printSegments } from '../../hl7v2/index.ts'
import type { Journal } from '../journal.ts'
import type { MllpSender } from '../mllp-sender.ts'
import { printStep } from './print-step.ts'
import type { Site } from './site.ts'
import type { Step } from './step.ts'

export interface HospitalLink {
  /** Settles when the receiver has answered; at once, with the message kept back, while the hospital's line is down. */
  readonly deliver: (step: Step) => Promise<void>
  /** Up again, it sends what was kept back, in order, before it settles. */
  readonly setUp: (isUp: boolean) => Promise<void>
  readonly waiting: () => number
}

const rejectedPauseMs = 200
const attemptsMax = 50

interface LinkState {
  readonly site: Site
  readonly sender: MllpSender
  readonly journal: Journal
  readonly kept: Step[]
  isUp: boolean
  draining: Promise<void> | null
}

/** One hospital's outgoing queue: strictly in order, nothing dropped while its line is down. */
export function hospitalLink (site: Site, sender: MllpSender, journal: Journal): HospitalLink {
  const state: LinkState = { site, sender, journal, kept: [], isUp: true, draining: null }
  return {
    deliver: async (step) => {
      state.kept.push(step)
      await drain(state)
    },
    setUp: async (isUp) => {
      state.isUp = isUp
      await drain(state)
    },
    waiting: () => state.kept.length
  }
}

async function drain (state: LinkState): Promise<void> {
  if (!state.isUp || state.kept.length === 0) return
  state.draining ??= sendKept(state)
  await state.draining
}

async function sendKept (state: LinkState): Promise<void> {
  try {
    for (let step = state.kept[0]; step !== undefined && state.isUp; step = state.kept[0]) {
      await sendStep(state, step)
      state.kept.shift()
    }
  } finally {
    // In the same turn as the last look at the queue, so that nothing put into it now is overlooked.
    state.draining = null
  }
}

/** AR says that the receiver could not keep it (its store is down), so the same message is due again. */
async function sendStep (state: LinkState, step: Step): Promise<void> {
  const bytes = printStep(state.site, step)
  for (let attempts = 1; ; attempts++) {
    const answer = await state.sender.send({ controlId: step.controlId, bytes })
    const isRejected = answer.code === 'AR' || answer.code === 'CR'
    if (!isRejected || attempts >= attemptsMax) {
      state.journal.note({ at: step.at, kind: step.kind, key: step.key, body: bodyOf(state.site, step, answer.code) })
      return
    }
    await pause(rejectedPauseMs)
  }
}

function bodyOf (site: Site, step: Step, ack: string): Readonly<Record<string, unknown>> {
  const header = step.message[0]?.fields
  const type = header?.[9]
  return {
    hospital: site.hospital,
    controlId: step.controlId,
    type: Array.isArray(type) ? type.slice(0, 2).join('^') : '',
    ack,
    message: printSegments(step.message)
  }
}
