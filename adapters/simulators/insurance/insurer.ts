import { DomainError } from '../../../core/errors.ts'
import { fen } from '../../../core/money.ts'
import { interfaceTime, objectOf, readInterfaceTime, readSigned, signedText, textOf, transactions, writeAnswer } from '../../insurance/index.ts'
import { strikingFaults, type Fault, type Striking } from '../fault.ts'
import { openJournal, type JournalItem } from '../journal.ts'
import { lockCard, unlockCard } from './card-platform.ts'
import { accountOf, isRefused, refuse, type Account, type Carried, type InsurerOptions, type InsurerState, type Order } from './insurer-state.ts'
import { checkTotals, statementOf } from './insurer-statement.ts'
import { closePayment, decideOrder, placeOrder, queryPayment, refundPayment, uploadPayment } from './mobile-pay.ts'
import { cancelLines, personInfo, preSettle, registerVisit, reverse, settle, undo, uploadLines, visitInfo } from './settling.ts'

/**
 * unavailable: 503, nothing done. lost: done, and no answer. slow: done, and the answer late. rejected: refused.
 * wrong_split: amounts that do not add up. forged: the answer is signed by nobody we know. lock_refused.
 * late_statement: not made yet. duplicate: the call-back comes twice. wrong_amount: the call-back says a fen more.
 * forged_callback. no_callback: the person agreed and nobody is told.
 */
export type InsurerFaultKind = 'unavailable' | 'lost' | 'slow' | 'rejected' | 'wrong_split' | 'forged' | 'lock_refused' | 'late_statement' | 'duplicate' | 'wrong_amount' | 'forged_callback' | 'no_callback'

const moving: readonly string[] = [transactions.settle, transactions.reverse, transactions.paymentOrder, transactions.paymentRefund, transactions.lockCard, transactions.unlockCard]

/** Where each fault may strike; elsewhere it does not even draw, so that a count of one means one of these. */
const places: Readonly<Record<InsurerFaultKind, readonly string[] | 'all'>> = {
  unavailable: 'all',
  lost: moving,
  slow: moving,
  rejected: [transactions.preSettle, ...moving],
  wrong_split: [transactions.preSettle, transactions.settle],
  forged: moving,
  lock_refused: [transactions.lockCard],
  late_statement: [transactions.statement],
  duplicate: [transactions.paymentNotice],
  wrong_amount: [transactions.paymentNotice],
  forged_callback: [transactions.paymentNotice],
  no_callback: [transactions.paymentNotice]
}

export interface Reply {
  readonly status: number
  readonly body: string
  readonly delayMs: number
}

export interface Insurer {
  /** One message of the interface; null: no answer at all. */
  readonly answer: (body: string) => Reply | null
  readonly items: (since: Date | null) => readonly JournalItem[]
  readonly setFaults: (faults: ReadonlyArray<Fault<InsurerFaultKind>>) => void
  /**
   * `pay` or `accept`: the person agrees to the order of this number (the newest without one); `refuse`: does not. `down`
   * and `up`. `set` with key `balance:person:fen` or `region:person:code` (`none`: not insured); a person is a resident id
   * or a record number of the demo. `look` with key person tells balance, region and whether the card is locked.
   */
  readonly act: (act: { readonly act: string, readonly key: string | null }) => Promise<unknown>
}

interface Running extends InsurerState {
  isDown: boolean
  strikes: ReadonlyMap<InsurerFaultKind, Striking<InsurerFaultKind>>
}

const keptItems = 10_000
const keptMessages = 100_000
const freshForMs = 300_000

/** 医保经办. An insurer behind the national interface: it checks signatures and carries one message out once. */
export function openInsurer (options: InsurerOptions): Insurer {
  const state: Running = {
    options, journal: openJournal(keptItems), accounts: new Map(), visits: new Map(), settlements: new Map(), orders: new Map(), locks: new Map(), lines: new Map(), carried: new Map(),
    serial: 0, isDown: false, strikes: new Map()
  }
  return {
    answer: (body) => answerTo(state, body),
    items: state.journal.since,
    setFaults: (faults) => { state.strikes = new Map([...new Set(faults.map(({ kind }) => kind))].map((kind) => [kind, strikingFaults(faults.filter((fault) => fault.kind === kind))])) },
    act: (act) => actAs(state, act)
  }
}

function strike (state: Running, infno: string): InsurerFaultKind | null {
  for (const [kind, strikes] of state.strikes) {
    const place = places[kind]
    if ((place === 'all' ? infno !== transactions.paymentNotice : place.includes(infno)) && strikes() !== null) return kind
  }
  return null
}

function answerTo (state: Running, body: string): Reply | null {
  if (state.isDown) return null
  const { options } = state
  const message = readSigned(body, options.verifier)
  if (message === null) return { status: 401, body: '', delayMs: 0 }
  const at = readInterfaceTime(message['inf_time'])
  const isFresh = at !== null && Math.abs(at.getTime() - options.realClock.now().getTime()) <= freshForMs
  const infno = textOf(message['infno'])
  const fault = strike(state, infno)
  if (fault === 'unavailable') return { status: 503, body: '', delayMs: 0 }
  const msgid = textOf(message['msgid'])
  const answer = isFresh ? refusedBy(fault) ?? carriedOnce(state, { infno, msgid, input: objectOf(message['input']) ?? {}, fault }) : refuse('STALE_MESSAGE')
  if (fault === 'lost') return null
  const said = isRefused(answer) ? { infcode: -1, err_msg: `[${answer.refusedBecause}]`, output: {} } : { infcode: 0, err_msg: '', output: answer }
  const text = writeAnswer({ ...said, inf_refmsgid: msgid, at: options.realClock.now() }, options.signer)
  return { status: 200, body: fault === 'forged' ? forged(text) : text, delayMs: fault === 'slow' ? options.slowMs : 0 }
}

function refusedBy (fault: InsurerFaultKind | null): ReturnType<typeof refuse> | null {
  if (fault === 'rejected') return refuse('REJECTED')
  if (fault === 'lock_refused') return refuse('LOCK_REFUSED')
  return fault === 'late_statement' ? refuse('STATEMENT_NOT_READY') : null
}

/** Flips a byte of what was signed. */
const forged = (text: string): string => text.replace(/"(cainfo)":"(.)/, (_, name: string, first: string) => `"${name}":"${first === 'A' ? 'B' : 'A'}`)

interface Asked {
  readonly infno: string
  readonly msgid: string
  readonly input: Readonly<Record<string, unknown>>
  readonly fault: InsurerFaultKind | null
}

/** Refusals are not kept: a message that was refused may be sent again. */
function carriedOnce (state: Running, asked: Asked): Carried['answer'] {
  const before = state.carried.get(asked.msgid)
  if (before === 'undone') return refuse('TRANSACTION_UNDONE')
  if (before !== undefined) return before.answer
  const carried = carry(state, asked)
  if (!isRefused(carried.answer)) {
    state.carried.set(asked.msgid, carried)
    for (const old of state.carried.keys()) if (state.carried.size > keptMessages) state.carried.delete(old); else break
    noteMoved(state, asked, carried)
  }
  return carried.answer
}

type Carry = (state: InsurerState, input: Readonly<Record<string, unknown>>, isWrong: boolean) => Carried

const carriers: Readonly<Record<string, Carry>> = {
  [transactions.personInfo]: personInfo,
  [transactions.registerVisit]: registerVisit,
  [transactions.visitInfo]: visitInfo,
  [transactions.uploadLines]: uploadLines,
  [transactions.cancelLines]: cancelLines,
  [transactions.preSettle]: preSettle,
  [transactions.settle]: settle,
  [transactions.reverse]: reverse,
  [transactions.undo]: undo,
  [transactions.checkTotals]: checkTotals,
  [transactions.statement]: statementOf,
  [transactions.paymentUpload]: uploadPayment,
  [transactions.paymentOrder]: placeOrder,
  [transactions.paymentRefund]: refundPayment,
  [transactions.paymentQuery]: queryPayment,
  [transactions.paymentClose]: closePayment,
  [transactions.lockCard]: lockCard,
  [transactions.unlockCard]: unlockCard
}

function carry (state: Running, { infno, input, fault }: Asked): Carried {
  const carrier = Object.hasOwn(carriers, infno) ? carriers[infno] : undefined
  return carrier === undefined ? { answer: refuse('TRANSACTION_UNKNOWN'), undo: null } : carrier(state, input, fault === 'wrong_split')
}

const noted: Readonly<Record<string, string>> = { [transactions.settle]: 'settle', [transactions.reverse]: 'reverse', [transactions.undo]: 'undo' }

function noteMoved (state: Running, { infno, msgid }: Asked, { answer }: Carried): void {
  const kind = noted[infno]
  if (kind === undefined) return
  const { setl_id: settlement, medfee_sumamt: total } = isRefused(answer) ? {} : objectOf(answer['setlinfo']) ?? {}
  state.journal.note({ at: state.options.clock.now(), kind, key: textOf(settlement) || msgid, body: total === undefined ? {} : { total } })
}

async function actAs (state: Running, { act, key }: { readonly act: string, readonly key: string | null }): Promise<unknown> {
  if (act === 'down' || act === 'up') {
    state.isDown = act === 'down'
    return null
  }
  if (act === 'pay' || act === 'accept' || act === 'refuse') return await decide(state, orderOf(state, key), act !== 'refuse')
  if (act === 'set') return set(state, key ?? '')
  if (act === 'look') return look(personNamed(state, key ?? ''))
  throw new DomainError('REQUEST_INVALID', 'The insurer knows the acts pay, accept, refuse, set, look, down and up.', 'act')
}

function orderOf ({ orders }: Running, number: string | null): Order {
  const order = number === null ? [...orders.values()].at(-1) : orders.get(number)
  if (order === undefined) throw new DomainError('REQUEST_INVALID', 'The insurer knows no order of this number.', 'key')
  return order
}

/** The person decides, and we are told by a signed call-back. */
async function decide (state: Running, order: Order, isAgreed: boolean): Promise<unknown> {
  const data = decideOrder(state, order, isAgreed)
  const { callBack, signer, ids, realClock } = state.options
  const fault = strike(state, transactions.paymentNotice)
  if (data === null || callBack === null || fault === 'no_callback') return { state: order.state }
  const said = fault === 'wrong_amount' ? { ...data, feeSumamt: Number(data['feeSumamt']) + 0.01 } : data
  const message = { infno: transactions.paymentNotice, msgid: ids.next(), inf_time: interfaceTime(realClock.now()), signtype: signer.scheme, input: { data: said } }
  const text = JSON.stringify({ ...message, cainfo: signer.sign(signedText(message)) })
  const status = await callBack(fault === 'forged_callback' ? forged(text) : text)
  if (fault === 'duplicate') await callBack(text)
  return { state: order.state, callback: status }
}

function personNamed (state: Running, name: string): Account {
  const listed = state.options.persons.find(({ alias, residentId }) => alias === name || residentId === name)
  if (listed === undefined && !/^\d{17}[\dX]$/.test(name)) throw new DomainError('REQUEST_INVALID', 'The insurer knows no such person; name a resident id, or a record number of the demo.', 'key')
  return accountOf(state, listed?.residentId ?? name)
}

function set (state: Running, key: string): unknown {
  const [what, name = '', value = ''] = key.split(':')
  const account = personNamed(state, name)
  if (what === 'balance' && /^\d{1,12}$/.test(value)) account.balanceFen = fen(Number(value))
  else if (what === 'region' && /^(\d{6}|none)$/.test(value)) account.region = value === 'none' ? null : value
  else throw new DomainError('REQUEST_INVALID', 'Set balance:person:fen or region:person:code.', 'key')
  return look(account)
}

const look = ({ balanceFen, region, lockedBy }: Account) => ({ balanceFen, region, isLocked: lockedBy !== null })
