import { createHash } from 'node:crypto'
import { fen } from '../../../core/money.ts'
import { fenOfYuan, interfaceTime, objectOf, signedSum, statementColumns, textOf, yuanOfFen, type StatementLine } from '../../insurance/index.ts'
import { refuse, type Carried, type InsurerState } from './insurer-state.ts'

type Input = Readonly<Record<string, unknown>>

/** A day's file is made half an hour after its end. */
const madeAfterMs = 1_800_000

/** 3202. */
export function statementOf (state: InsurerState, input: Input): Carried {
  const day = textOf((objectOf(input['data']) ?? {})['stmt_begndate'])
  const readyMs = Date.parse(`${day}T24:00:00+08:00`) + madeAfterMs
  if (!(state.options.clock.now().getTime() >= readyMs)) return { answer: refuse('STATEMENT_NOT_READY'), undo: null }
  const file = Buffer.from(`${[statementColumns.join('\t'), ...(state.lines.get(day) ?? []).map(rowOf)].join('\n')}\n`)
  return { answer: { fileinfo: { file_qury_no: `F${day}`, file: file.toString('base64'), sha256: createHash('sha256').update(file).digest('hex') } }, undo: null }
}

function rowOf (line: StatementLine): string {
  const amount = (value: number): string => yuanOfFen(fen(value)).toFixed(2)
  return [line.kind, line.settlementNumber, line.ourNumber, line.channelNumber, line.orderNumber, interfaceTime(line.at), amount(line.totalFen), amount(line.fundFen), amount(line.accountFen), amount(line.cashFen)].join('\t')
}

/** 3201: 0 where count and sums agree with ours. */
export function checkTotals (state: InsurerState, input: Input): Carried {
  const data = objectOf(input['data']) ?? {}
  const lines = state.lines.get(textOf(data['stmt_begndate'])) ?? []
  const agrees = data['fixmedins_setl_cnt'] === lines.length && fenOfYuan(data['medfee_sumamt']) === signedSum(lines, 'totalFen') &&
    fenOfYuan(data['fund_pay_sumamt']) === signedSum(lines, 'fundFen') && fenOfYuan(data['acct_pay']) === signedSum(lines, 'accountFen')
  return { answer: { stmtinfo: { stmt_rslt: agrees ? '0' : '1', stmt_rslt_dscr: agrees ? 'agrees' : 'differs' } }, undo: null }
}
