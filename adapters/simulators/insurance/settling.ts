import { fen, sumFen, type Fen } from '../../../core/money.ts'
import { fenOfYuan, interfaceTime, listOf, objectOf, textOf, yuanOfFen } from '../../insurance/index.ts'
import { accountOf, addLine, changeBalance, nextNumber, refuse, type Carried, type InsurerState, type Settlement, type SimulatedVisit } from './insurer-state.ts'

type Input = Readonly<Record<string, unknown>>

const done = (answer: Input): Carried => ({ answer, undo: null })
const no = (code: string): Carried => ({ answer: refuse(code), undo: null })
const dataOf = (input: Input): Input => objectOf(input['data']) ?? {}

/** 1101. */
export function personInfo (state: InsurerState, input: Input): Carried {
  const { mdtrt_cert_no: residentId, psn_name: name } = dataOf(input)
  if (!/^\d{17}[\dX]$/.test(textOf(residentId))) return no('PERSON_NOT_FOUND')
  const account = accountOf(state, textOf(residentId))
  if (account.person.name !== null && account.person.name !== name) return no('NAME_MISMATCH')
  return done({
    baseinfo: { psn_no: account.number, psn_cert_type: '01', certno: residentId, psn_name: name },
    insuinfo: account.region === null ? [] : [{ insutype: '310', psn_type: '1101', psn_insu_stas: '1', insuplc_admdvs: account.region, balc: yuanOfFen(account.balanceFen) }]
  })
}

/** 2201. The hospital's visit number registers once, and anew after its settlement, for charges that come late. */
export function registerVisit (state: InsurerState, input: Input): Carried {
  const { mdtrt_cert_no: residentId, ipt_otp_no: number } = dataOf(input)
  const account = accountOf(state, textOf(residentId))
  if (account.region !== state.options.region) return no('NOT_INSURED_HERE')
  if (account.lockedBy !== null) return no('CARD_LOCKED')
  const known = [...state.visits.values()].find((visit) => visit.account === account && visit.number === number && visit.settlement === null)
  const visit: SimulatedVisit = known ?? { id: nextNumber(state, 'M'), number: textOf(number), account, lines: new Map(), settlement: null }
  state.visits.set(visit.id, visit)
  return done({ data: { mdtrt_id: visit.id, psn_no: account.number, ipt_otp_no: number } })
}

function visitOf (state: InsurerState, { mdtrt_id: id, psn_no: person }: Input): SimulatedVisit | null {
  const visit = state.visits.get(textOf(id))
  return visit !== undefined && visit.account.number === person ? visit : null
}

/** 2203. */
export function visitInfo (state: InsurerState, input: Input): Carried {
  return visitOf(state, objectOf(input['mdtrtinfo']) ?? {}) === null ? no('VISIT_NOT_FOUND') : done({})
}

/** 2205: 0000 takes all lines back that are not settled. */
export function cancelLines (state: InsurerState, input: Input): Carried {
  const visit = visitOf(state, dataOf(input))
  if (visit === null) return no('VISIT_NOT_FOUND')
  if (visit.settlement !== null) return no('ALREADY_SETTLED')
  visit.lines.clear()
  return done({})
}

/** 2204. */
export function uploadLines (state: InsurerState, input: Input): Carried {
  const lines = listOf(input['feedetail'])
  for (const line of lines) {
    const visit = visitOf(state, line)
    const amount = fenOfYuan(line['det_item_fee_sumamt'])
    const number = textOf(line['feedetl_sn'])
    if (visit === null) return no('VISIT_NOT_FOUND')
    if (amount === null || number === '') return no('LINE_INVALID')
    if (visit.lines.has(number)) return no('LINE_REPEATED')
    visit.lines.set(number, amount)
  }
  return done({ result: lines.map(({ feedetl_sn: number, det_item_fee_sumamt: amount }) => ({ feedetl_sn: number, det_item_fee_sumamt: amount })) })
}

interface Shares {
  readonly totalFen: Fen
  readonly fundFen: Fen
  readonly accountFen: Fen
  readonly cashFen: Fen
}

function sharesOf (state: InsurerState, visit: SimulatedVisit, usesAccount: boolean): Shares {
  const totalFen = sumFen([...visit.lines.values()])
  const fundFen = fen(Math.max(0, Math.floor(totalFen * state.options.fundPercent / 100)))
  const personalFen = totalFen - fundFen
  const accountFen = fen(usesAccount ? Math.max(0, Math.min(visit.account.balanceFen, personalFen)) : 0)
  return { totalFen, fundFen, accountFen, cashFen: fen(personalFen - accountFen) }
}

function writeShares ({ totalFen, fundFen, accountFen, cashFen }: Shares, visit: SimulatedVisit, isWrong: boolean): Input {
  return {
    mdtrt_id: visit.id, psn_no: visit.account.number, insutype: '310', medfee_sumamt: yuanOfFen(totalFen), fulamt_ownpay_amt: 0, overlmt_selfpay: 0, preselfpay_amt: 0,
    inscp_scp_amt: yuanOfFen(totalFen), act_pay_dedc: 0, hifp_pay: yuanOfFen(fundFen), cvlserv_pay: 0, hifes_pay: 0, hifmi_pay: 0, hifob_pay: 0, maf_pay: 0, oth_pay: 0,
    fund_pay_sumamt: yuanOfFen(fundFen), psn_part_amt: yuanOfFen(fen(accountFen + cashFen)), acct_pay: yuanOfFen(accountFen), acct_mulaid_pay: 0,
    psn_cash_pay: yuanOfFen(fen(cashFen + (isWrong ? 1 : 0))), hosp_part_amt: 0, balc: yuanOfFen(visit.account.balanceFen), clr_optins: '999999', clr_way: '1', clr_type: '11'
  }
}

/** Why 2206 and 2207 refuse; null: they do not. */
function refusalOf (visit: SimulatedVisit | null, data: Input): string | null {
  if (visit === null) return 'VISIT_NOT_FOUND'
  if (visit.account.lockedBy !== null) return 'CARD_LOCKED'
  if (visit.settlement !== null) return 'ALREADY_SETTLED'
  return fenOfYuan(data['medfee_sumamt']) === sumFen([...visit.lines.values()]) ? null : 'TOTAL_DIFFERS'
}

/** 2206. */
export function preSettle (state: InsurerState, input: Input, isWrong: boolean): Carried {
  const data = dataOf(input)
  const visit = visitOf(state, data)
  const refusal = refusalOf(visit, data)
  if (visit === null || refusal !== null) return no(refusal ?? 'VISIT_NOT_FOUND')
  return done({ setlinfo: writeShares(sharesOf(state, visit, data['acct_used_flag'] === '1'), visit, isWrong) })
}

/** 2207. */
export function settle (state: InsurerState, input: Input, isWrong: boolean): Carried {
  const data = dataOf(input)
  const visit = visitOf(state, data)
  const refusal = refusalOf(visit, data)
  if (visit === null || refusal !== null) return no(refusal ?? 'VISIT_NOT_FOUND')
  const shares = sharesOf(state, visit, data['acct_used_flag'] === '1')
  const settlement: Settlement = { id: nextNumber(state, 'S'), visit, ...shares, isReversed: false }
  const takeBack = book(state, settlement)
  return { answer: { setlinfo: { ...writeShares(shares, visit, isWrong), setl_id: settlement.id, setl_time: interfaceTime(state.options.clock.now()) } }, undo: takeBack }
}

function book (state: InsurerState, settlement: Settlement): () => void {
  const { visit, accountFen } = settlement
  visit.settlement = settlement
  state.settlements.set(settlement.id, settlement)
  changeBalance(visit.account, 0 - accountFen)
  const removeLine = addLine(state, lineOf('settle', settlement, state.options.clock.now()))
  return () => {
    visit.settlement = null
    state.settlements.delete(settlement.id)
    changeBalance(visit.account, accountFen)
    removeLine()
  }
}

/** 2208. */
export function reverse (state: InsurerState, input: Input): Carried {
  const data = dataOf(input)
  const settlement = state.settlements.get(textOf(data['setl_id']))
  if (settlement === undefined || settlement.visit.account.number !== data['psn_no']) return no('SETTLEMENT_NOT_FOUND')
  if (settlement.isReversed) return no('ALREADY_REVERSED')
  const { visit, accountFen } = settlement
  settlement.isReversed = true
  visit.settlement = null
  changeBalance(visit.account, accountFen)
  const removeLine = addLine(state, lineOf('reverse', settlement, state.options.clock.now()))
  return {
    answer: { setlinfo: { setl_id: settlement.id, mdtrt_id: visit.id } },
    undo: () => {
      settlement.isReversed = false
      visit.settlement = settlement
      changeBalance(visit.account, 0 - accountFen)
      removeLine()
    }
  }
}

function lineOf (kind: 'settle' | 'reverse', { id, totalFen, fundFen, accountFen, cashFen }: Settlement, at: Date): Parameters<typeof addLine>[1] {
  return { kind, settlementNumber: id, ourNumber: '', channelNumber: '', orderNumber: '', at, totalFen, fundFen, accountFen, cashFen }
}

/** 2601. What never arrived is as good as undone, and is refused if it still comes. */
export function undo (state: InsurerState, input: Input): Carried {
  const { omsgid: id } = dataOf(input)
  const carried = state.carried.get(textOf(id))
  if (carried !== undefined && carried !== 'undone') carried.undo?.()
  state.carried.set(textOf(id), 'undone')
  return done({})
}

