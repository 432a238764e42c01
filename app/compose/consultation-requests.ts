import type { Stores } from '../../adapters/store/index.ts'
import { hearAnswer, isMootRequest, orderOf } from '../../core/consultations/index.ts'
import { takeIn, type HearRequestAnswer } from '../../core/intake/index.ts'
import type { OutboundMessage } from '../../core/outbound/index.ts'
import { plainArea, type Area, type AreaDeps } from './area.ts'
import { consultationTools, type ConsultationDeps } from './consultation-tools.ts'

/**
 * What hospitals answer, where it is taken in. core/intake knows only the stores that it uses itself; whoever takes in is
 * given all stores of the transaction and the tools of taking in, so that what follows goes on in it.
 */
export function heardRequestAnswers (around: Omit<ConsultationDeps, 'takeIn'>): HearRequestAnswer {
  return (taking, { number, hospitalId, answer }, at) => {
    const tools = consultationTools({ ...around, takeIn: (_stores, changes, when) => takeIn(taking, changes, when) })
    return hearAnswer(taking as unknown as Stores, tools, { number, hospitalId, answer }, at)
  }
}

/** 问诊申请. Requests for consultations on their way to the hospitals' own systems. */
export function composeConsultationRequests (deps: AreaDeps): Area {
  const { store: { inTransaction, inReading }, clock, notifyOutbox } = deps
  const tools = consultationTools(deps)
  return {
    ...plainArea,
    moot: [async (message) => isRequest(message) && await inReading((stores) => isMootRequest(stores, message, clock.now()))],
    undelivered: [async (message, code) => {
      // The system will never take it, so nobody there will say yes. Silence and failures are waited out: the limit ends it.
      if (!isRequest(message) || code !== 'OUTSIDE_REFUSED') return
      await inTransaction(async (stores) => {
        const version = await stores.records.version(message.record)
        const order = version === null ? null : await orderOf(stores, version)
        if (order !== null) await hearAnswer(stores, tools, { number: order.number, hospitalId: order.hospitalId, answer: 'refused' }, clock.now())
      })
      notifyOutbox()
    }]
  }
}

const isRequest = ({ record: { type } }: OutboundMessage): boolean => type === 'ServiceRequest' || type === 'Task'
