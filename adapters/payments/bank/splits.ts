import type { PayoutNotice, SplitGateway, SplitNotice, WantedPayout, WantedSplit } from '../../../core/escrow/index.ts'
import { beijingDigits, instantOf } from '../beijing-time.ts'
import { unavailable } from '../exchange.ts'
import { accepted, acceptedBy, amountOf, call, channelName, inWork, ok, unknown, type BankOptions } from './client.ts'
import type { Fields } from './wire.ts'

/** 分账 and 代付 at the bank's gateway. */
export function bankSplits (options: BankOptions): SplitGateway {
  return {
    channel: 'bank',
    split: async (split, order) => splitNotice(split, await acceptedBy(options, '/gateway/api/splitTrans.do', {
      ...numbered(split), txnType: '21', txnSubType: '00', origQryId: order.channelNumber ?? '', receivers: split.receiver === null ? '' : `${split.receiver.account}:${split.receiver.amountFen}`, finish: '1'
    })),
    querySplit: async (split) => {
      const answer = await call(options, '/gateway/api/queryTrans.do', { ...numbered(split), txnType: '00', txnSubType: '00' })
      return answer['respCode'] === unknown ? null : splitNotice(split, ok(answer))
    },
    payOut: async (payout) => payoutNotice(payout, await acceptedBy(options, '/gateway/api/backTransReq.do', {
      ...numbered(payout), txnType: '12', txnSubType: '00', txnAmt: String(payout.amountFen), currencyCode: '156', accNo: payout.account, ...payout.holderName === null ? {} : { customerNm: payout.holderName }, backUrl: options.notifyUrl
    })),
    queryPayOut: async (payout) => {
      const answer = await call(options, '/gateway/api/queryTrans.do', { ...numbered(payout), txnType: '00', txnSubType: '00' })
      return answer['respCode'] === unknown ? null : payoutNotice(payout, ok(answer))
    }
  }
}

/** The time is that of the request and never that of a repetition. */
const numbered = ({ number, requestedAt }: WantedSplit | WantedPayout): Fields => ({ orderId: number, txnTime: beijingDigits(requestedAt) })

/** Without origRespCode the gateway has taken it over, no more. */
function stateOf (outcome: string | undefined): SplitNotice['state'] {
  if (outcome === accepted) return 'success'
  return outcome === undefined || inWork.includes(outcome) ? 'pending' : 'failed'
}

function splitNotice ({ number }: WantedSplit, { orderId, queryId, origRespCode }: Fields): SplitNotice {
  if (orderId !== number) throw unavailable(channelName, 'gave an unreadable answer')
  return { number, state: stateOf(origRespCode), channelNumber: queryId ?? null }
}

function payoutNotice ({ number }: WantedPayout, { orderId, queryId, origRespCode, txnAmt, settleTime }: Fields): PayoutNotice {
  const amountFen = amountOf(txnAmt)
  if (orderId !== number || amountFen === null) throw unavailable(channelName, 'gave an unreadable answer')
  const state = stateOf(origRespCode)
  return { number, state, amountFen, channelNumber: queryId ?? null, at: state === 'success' ? instantOf(settleTime) : null }
}
