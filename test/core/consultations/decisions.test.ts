import fc from 'fast-check'
import t from 'tap'
import { consultationStates, isEnded, type Consultation } from '../../../core/consultations/consultation.ts'
import { decideConsultation, mayHappen, type ConsultationEvent } from '../../../core/consultations/decide-consultation.ts'
import { dueOf } from '../../../core/consultations/due.ts'
import { moneyOf } from '../../../core/consultations/money-of.ts'
import { returned } from '../../../core/escrow/return-from-escrow.ts'
import { settled } from '../../../core/escrow/settle-escrow.ts'
import { heldFen, type Escrow } from '../../../core/escrow/index.ts'
import { fen } from '../../../core/money.ts'
import { aConsultation, opensAt, plainSettings } from './a-clinic.ts'

type Kind = ConsultationEvent['kind']

/** Telemedicine document §1.4, word for word: state → event → next. `back`: where a refused refund leads back to. */
const table: Readonly<Record<Consultation['state'], Readonly<Partial<Record<Kind, Consultation['state'] | 'back' | 'same'>>>>> = {
  created: { pay: 'paid', cancel: 'cancelled', pay_timeout: 'cancelled' },
  paid: { assign: 'assigned', cancel: 'refunded', no_doctor: 'refunded' },
  assigned: { accept: 'in_progress', decline_reassign: 'paid', decline: 'refunded', accept_timeout: 'refunded', urge: 'same', switch_doctor: 'assigned', request_refund: 'refund_review' },
  in_progress: { finish: 'finished', urge: 'same', switch_doctor: 'assigned', request_refund: 'refund_review' },
  refund_review: { approve: 'refunded', reject: 'back' },
  finished: { settle: 'settled', request_refund: 'refund_review' },
  refunded: {},
  cancelled: {},
  settled: {}
}

const events: { readonly [Each in Kind]: Extract<ConsultationEvent, { readonly kind: Each }> } = {
  pay: { kind: 'pay' }, pay_timeout: { kind: 'pay_timeout' }, cancel: { kind: 'cancel' }, no_doctor: { kind: 'no_doctor' }, assign: { kind: 'assign', doctorId: 'd1' }, accept: { kind: 'accept' },
  decline_reassign: { kind: 'decline_reassign' }, decline: { kind: 'decline', because: 'declined' }, accept_timeout: { kind: 'accept_timeout', because: 'not_accepted' }, urge: { kind: 'urge', everyMinutes: 10 },
  switch_doctor: { kind: 'switch_doctor', doctorId: 'd2', priceFen: fen(1_000), allowsEqual: true }, request_refund: { kind: 'request_refund' }, approve: { kind: 'approve' }, reject: { kind: 'reject' }, finish: { kind: 'finish' }, settle: { kind: 'settle' }
}
const kinds = Object.keys(events) as readonly Kind[]

t.test('an order', async (t) => {
  t.test('in each state → knows exactly the events of the table, and refuses every other one [C4 C5 C9 C10]', async (t) => {
    for (const state of consultationStates) {
      for (const kind of kinds) {
        const order = Object.freeze(aConsultation({ state, doctorId: 'd0', reviewedFrom: state === 'refund_review' ? 'finished' : null }))
        const next = table[state][kind]
        t.equal(mayHappen(order, kind), next !== undefined, `${state} ${kind}`)
        if (next === undefined) t.throws(() => decideConsultation(order, events[kind], opensAt), { code: 'CONSULTATION_STATE_REFUSED' }, `${state} knows no ${kind}`)
        else t.equal(decideConsultation(order, events[kind], opensAt).state, next === 'same' ? state : next === 'back' ? 'finished' : next, `${state} ${kind}`)
      }
    }
  })

  t.test('whatever happens to it → the money is whole, and none is left in escrow at the end [C4 C9 C10 acc:8.7]', { timeout: 240_000 }, async (t) => {
    let [legal, refused, ended] = [0, 0, 0]
    const some = fc.record({ priceFen: fc.integer({ min: 0, max: 50_000 }), feePermille: fc.integer({ min: 0, max: 300 }), steps: fc.array(fc.tuple(fc.nat({ max: 10_000 }), fc.integer({ min: 0, max: 110 }), fc.boolean()), { minLength: 4, maxLength: 16 }) })
    fc.assert(fc.property(some, ({ priceFen, feePermille, steps }) => {
      let order = aConsultation({ priceFen: fen(priceFen), feePermille, state: 'created', paidAt: null, doctorId: null })
      const books = { patient: 0, escrow: null as Escrow | null, platform: 0, doctor: 0 }
      for (const [place, percent, isLegal] of steps) {
        const state = order.state
        const known = kinds.filter((kind) => mayHappen({ state }, kind))
        const among = isLegal && known.length > 0 ? known : kinds
        const event = eventOf(among[place % among.length] ?? 'pay', Math.floor(order.priceFen * percent / 100))
        const before = Object.freeze({ ...order })
        try {
          order = decideConsultation(before, event, opensAt)
        } catch {
          refused += 1
          continue
        }
        legal += 1
        book(books, before, order)
        const heldNow = books.escrow === null ? 0 : heldFen(books.escrow)
        if (books.patient + heldNow + books.platform + books.doctor !== 0) throw new Error('money was made or lost')
        if (isEnded(order) && heldNow !== 0) throw new Error(`${heldNow} fen stay in escrow of an order that is ${order.state}`)
      }
      if (isEnded(order)) ended += 1
    }), { numRuns: 50_000 })
    t.comment(`${legal} legal and ${refused} refused events; ${ended} orders ended`)
    t.ok(legal > 50_000 && refused > 100_000 && ended > 5_000)
  })

  t.test('switched → only to a cheaper doctor or, where the deployment has it so, one of the same fee; the difference goes back [C9]', async (t) => {
    const order = aConsultation({ state: 'assigned', doctorId: 'd0', priceFen: fen(5_000) })
    const to = (priceFen: number, allowsEqual: boolean) => decideConsultation(order, { kind: 'switch_doctor', doctorId: 'd2', priceFen: fen(priceFen), allowsEqual }, opensAt)
    t.strictSame(moneyOf(order, to(3_000, false)), { kind: 'back', amountFen: 2_000 })
    t.equal(moneyOf(order, to(5_000, true)), null)
    t.strictSame(moneyOf(order, to(0, true)), { kind: 'back', amountFen: null })
    t.throws(() => to(5_000, false), { code: 'CONSULTATION_DOCTOR_DEARER' })
    t.throws(() => to(5_001, true), { code: 'CONSULTATION_DOCTOR_DEARER' })
    t.throws(() => decideConsultation(order, { kind: 'switch_doctor', doctorId: 'd0', priceFen: fen(1), allowsEqual: true }, opensAt), { code: 'CONSULTATION_DOCTOR_SAME' })
    const { namedDoctorId, acceptedAt, hospitalAnswer } = to(3_000, true)
    t.strictSame([namedDoctorId, acceptedAt, hospitalAnswer], ['d2', null, null], 'the new one is asked, by the person\'s choice')
  })

  t.test('has one next time in each state, by the settings [C5 C9 C10]', async (t) => {
    const minutes = (order: Partial<Consultation>): number | null => {
      const { dueAt } = dueOf(aConsultation({ createdAt: opensAt, paidAt: opensAt, assignedAt: opensAt, acceptedAt: opensAt, finishedAt: opensAt, doctorId: 'd0', ...order }), plainSettings, opensAt)
      return dueAt === null ? null : (dueAt.getTime() - opensAt.getTime()) / 60_000
    }
    t.strictSame({
      pay: minutes({ state: 'created' }),
      look: minutes({ state: 'paid' }),
      onDuty: minutes({ state: 'assigned' }),
      namedInWriting: minutes({ state: 'assigned', namedDoctorId: 'd0' }),
      namedByVideo: minutes({ state: 'assigned', namedDoctorId: 'd0', mode: 'video' }),
      hospital: minutes({ state: 'assigned', acceptedBy: 'his' }),
      finish: minutes({ state: 'in_progress' }),
      afterReply: minutes({ state: 'in_progress', repliedAt: new Date(opensAt.getTime() + 3_600_000) }),
      settle: minutes({ state: 'finished' }),
      review: minutes({ state: 'refund_review' }),
      settled: minutes({ state: 'settled' })
    }, { pay: 30, look: 1, onDuty: 5, namedInWriting: 1_440, namedByVideo: 5, hospital: 30, finish: 2_880, afterReply: 2_940, settle: 4_320, review: null, settled: null })
  })
})

function eventOf (kind: Kind, priceFen: number): ConsultationEvent {
  return kind === 'switch_doctor' ? { kind, doctorId: `d${priceFen}`, priceFen: fen(priceFen), allowsEqual: true } : events[kind]
}

/** As keepConsultation and the payment do, on the escrow's own decisions. */
function book (books: { patient: number, escrow: Escrow | null, platform: number, doctor: number }, before: Consultation, after: Consultation): void {
  if (before.state === 'created' && after.state === 'paid' && after.priceFen > 0) {
    books.patient -= after.priceFen
    books.escrow = { id: after.id, purpose: 'consultation', hospitalId: 'east', paymentOrderId: 'p', payer: { kind: 'person', patientId: 'p1' }, paidFen: after.priceFen, returnedFen: fen(0), state: 'held', payee: null, feeFen: fen(0), paidAt: opensAt, endedAt: null }
  }
  const move = moneyOf(before, after)
  if (move === null || books.escrow === null) {
    if (move !== null) throw new Error('money moves of an order that nobody paid')
    return
  }
  const standing = books.escrow
  if (move.kind === 'back') {
    books.escrow = returned(standing, move.amountFen, opensAt)
    books.patient += books.escrow.returnedFen - standing.returnedFen
    return
  }
  books.escrow = settled(standing, { id: after.id, payee: 'doctor:d1', feePermille: after.feePermille }, opensAt)
  books.platform += books.escrow.feeFen
  books.doctor += heldFen(standing) - books.escrow.feeFen
}
