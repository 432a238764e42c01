import type { NoticeTemplate } from '../notice.ts'

export const noticeChannels = ['sms', 'push', 'wechat'] as const
export type NoticeChannel = typeof noticeChannels[number]

export interface Template {
  readonly title: string
  /** 中文正文. `{name}` is a parameter. The carrier's and the official account's templates have the same words. */
  readonly text: string
  readonly english: string
  /** What it may say: nothing else of a notice leaves. `hospital` is the hospital's name. */
  readonly params: readonly string[]
  /** In this order; the first one that reaches the person. */
  readonly channels: readonly NoticeChannel[]
  /** Its arrival must be proven: by a receipt, by being read in the app, or by a registered letter. */
  readonly needsProof: boolean
  /** The carrier is asked what became of it, so that it can go another way. */
  readonly asksReceipt: boolean
  /** 催收. Only within the hours of collection; everything else goes at once. */
  readonly isDunning: boolean
  /** Only within the same hours, though it asks for no money. */
  readonly isQuietAtNight?: boolean
}

const course = { channels: ['push', 'wechat', 'sms'], needsProof: false, asksReceipt: false, isDunning: false } as const
const account = { channels: ['sms', 'push', 'wechat'], needsProof: false, asksReceipt: false, isDunning: false } as const
const money = { ...account, asksReceipt: true } as const
const dunning = { ...money, isDunning: true } as const
const formal = { ...money, needsProof: true } as const

/** everything that the course of a visit tells. No department, no item, no doctor, no finding. */
export const templates: Readonly<Record<NoticeTemplate, Template>> = {
  contract_signed: { ...account, title: '签约成功', text: '您已开通先诊疗后付费服务，协议版本{version}。', english: 'You have signed up for pay after care; agreement version {version}.', params: ['version'] },
  contract_terminated: { ...account, title: '解约成功', text: '您的先诊疗后付费服务已解约。', english: 'Your pay-after-care contract has ended.', params: [] },
  contract_suspended: { ...account, title: '服务暂停', text: '您的先诊疗后付费服务已暂停，结清逾期费用后可恢复。就诊仍可即时付费。', english: 'Your pay-after-care service is suspended until overdue amounts are paid. You can still pay at the visit.', params: ['amount', 'dueOn'] },
  contract_cured: { ...account, title: '服务恢复', text: '您的先诊疗后付费服务已恢复。', english: 'Your pay-after-care service is in force again.', params: [] },
  visit_registered: { ...course, title: '登记成功', text: '您在{hospital}的就诊已登记，离院后统一付费。', english: 'Your visit at {hospital} is registered; you pay once after leaving.', params: ['hospital'] },
  checked_in: { ...course, title: '签到成功', text: '您已在{hospital}签到，请留意叫号。', english: 'You are checked in at {hospital}; please watch for your call.', params: ['hospital'] },
  queue_called: { ...course, title: '叫号提醒', text: '{hospital}正在叫号：{queueNumber}，请到{room}。', english: '{hospital} is calling {queueNumber}; please go to {room}.', params: ['hospital', 'queueNumber', 'room'] },
  report_ready: { ...course, title: '报告提醒', text: '您在{hospital}的报告已出，请在应用内查看。', english: 'A report at {hospital} is ready; see it in the app.', params: ['hospital'] },
  skin_test_done: { ...course, title: '流程提醒', text: '您在{hospital}有一项流程已完成，请在应用内查看下一步。', english: 'A step at {hospital} is done; see the next one in the app.', params: ['hospital'] },
  medication_ready: { ...course, title: '取件提醒', text: '{hospital}已为您备妥，请到窗口领取。', english: '{hospital} has it ready for you; please collect it at the counter.', params: ['hospital'] },
  infusion_ready: { ...course, title: '流程提醒', text: '{hospital}已准备就绪，请按应用内指引前往。', english: '{hospital} is ready for you; please follow the app.', params: ['hospital'] },
  bill_due: { ...money, title: '账单提醒', text: '您在{hospital}的就诊费用共{amount}元，请于{dueOn}24时前支付。', english: 'Your visit at {hospital} comes to {amount} yuan, to be paid by the end of {dueOn}.', params: ['hospital', 'amount', 'dueOn'] },
  bill_changed: { ...money, title: '账单变更', text: '您在{hospital}的账单有变更，现应付{amount}元，请于{dueOn}24时前支付。', english: 'Your bill at {hospital} has changed: {amount} yuan, to be paid by the end of {dueOn}.', params: ['hospital', 'amount', 'dueOn'] },
  bill_paid: { ...account, title: '支付成功', text: '您的付款已收到，账单余额请在应用内查看。', english: 'Your payment has arrived; see the bill in the app for what is left.', params: ['amount', 'left', 'dueOn'] },
  bill_written_off: { ...account, title: '账单核销', text: '您的一笔就诊账单已核销。', english: 'One of your bills has been written off.', params: ['amount'] },
  dunning: { ...dunning, title: '付费提醒', text: '您有{amount}元就诊费用尚未支付，请尽快支付。', english: '{amount} yuan for your visits are not paid yet; please pay soon.', params: ['amount', 'bills'] },
  dunning_deadline: { ...dunning, title: '付费提醒', text: '您有{amount}元就诊费用尚未支付，最早一笔的期限为{dueOn}24时。', english: '{amount} yuan for your visits are not paid yet; the first is due by the end of {dueOn}.', params: ['amount', 'bills', 'dueOn'] },
  pre_report_notice: { ...formal, title: '报送前告知', text: '您有{amount}元就诊费用尚未支付，期限{dueOn}24时。逾期仍未支付的，欠费信息将报送{bureau}。如有异议，可在应用内或窗口提出。', english: '{amount} yuan for your visits are not paid; the deadline is the end of {dueOn}. If they stay unpaid, the arrears are reported to {bureau}. You can object in the app or at the counter.', params: ['amount', 'dueOn', 'bureau'] },
  card_locked: { ...formal, title: '医保卡锁定', text: '因就诊费用逾期未付，您的医保卡已暂停使用，结清后自动恢复。急诊不受影响。', english: 'Your insurance card is locked because of overdue amounts and is unlocked when they are paid. Emergencies are not affected.', params: [] },
  card_unlocked: { ...account, title: '医保卡恢复', text: '您的医保卡已恢复使用。', english: 'Your insurance card is unlocked.', params: [] },
  reported: { ...formal, title: '报送告知', text: '您的逾期欠费信息已于{on}报送。如有异议，可在应用内或窗口提出。', english: 'Your arrears were reported on {on}. You can object in the app or at the counter.', params: ['on'] },
  report_cured: { ...account, title: '更新告知', text: '您的欠费信息已更新为结清。', english: 'Your report has been updated: nothing is owed any more.', params: ['on'] },
  appointment_booked: { ...course, title: '预约成功', text: '您在{hospital}的预约已确认，时间{time}。', english: 'Your appointment at {hospital} is booked for {time}.', params: ['hospital', 'time'] },
  appointment_refused: { ...course, title: '预约未成功', text: '您在{hospital}{time}的预约未能确认，请在应用内另选时间。', english: 'Your appointment at {hospital} for {time} could not be confirmed; please choose another time in the app.', params: ['hospital', 'time'] },
  appointment_cancelled: { ...course, title: '预约取消', text: '您在{hospital}{time}的预约已取消。', english: 'Your appointment at {hospital} for {time} is cancelled.', params: ['hospital', 'time'] },
  appointment_moved: { ...course, title: '预约变更', text: '您在{hospital}的预约已改为{time}。', english: 'Your appointment at {hospital} is now at {time}.', params: ['hospital', 'time'] },
  appointment_unchanged: { ...course, title: '预约未变更', text: '您在{hospital}的预约未能更改，仍为{time}。', english: 'Your appointment at {hospital} could not be changed and stays at {time}.', params: ['hospital', 'time'] },
  appointment_reminder: { ...course, isQuietAtNight: true, title: '就诊提醒', text: '请按时前往{hospital}，您的预约时间为{time}。', english: 'Please remember your appointment at {hospital} at {time}.', params: ['hospital', 'time'] },
  seat_offered: { ...course, title: '候补提醒', text: '您候补的{hospital}{time}已有名额，请尽快在应用内确认。', english: 'A place at {hospital} for {time} is kept for you; please confirm it in the app soon.', params: ['hospital', 'time'] },
  voucher_issued: { ...course, title: '服务券发放', text: '您已收到服务券{number}，有效期至{lastDay}，请在应用内查看和预约。', english: 'You have received voucher {number}, valid through {lastDay}; see and book it in the app.', params: ['number', 'lastDay'] },
  voucher_used: { ...course, title: '服务券使用', text: '您的服务券{number}已在{hospital}确认使用。', english: 'Your voucher {number} is in use at {hospital}.', params: ['number', 'hospital'] },
  voucher_examined: { ...course, title: '服务券进度', text: '您的服务券{number}对应的服务已在{hospital}完成。', english: 'The service of voucher {number} is done at {hospital}.', params: ['number', 'hospital'] },
  voucher_redeemed: { ...course, title: '服务券核销', text: '您的服务券{number}已在{hospital}核销。', english: 'Your voucher {number} was redeemed at {hospital}.', params: ['number', 'hospital'] },
  voucher_restored: { ...course, title: '服务券恢复', text: '您的服务券{number}在{hospital}的核销已撤销，请在应用内查看。', english: 'The redemption of voucher {number} at {hospital} was undone; see it in the app.', params: ['number', 'hospital'] },
  voucher_void: { ...course, title: '服务券作废', text: '您的服务券{number}已作废，如有疑问请联系发放社区。', english: 'Your voucher {number} is void; please ask the community that gave it out.', params: ['number'] },
  voucher_expiring: { ...course, isQuietAtNight: true, title: '服务券到期提醒', text: '您的服务券{number}有效期至{lastDay}，请及时预约使用。', english: 'Your voucher {number} is valid through {lastDay}; please use it in time.', params: ['number', 'lastDay'] },
  voucher_expired: { ...course, isQuietAtNight: true, title: '服务券过期', text: '您的服务券{number}已过期。', english: 'Your voucher {number} has expired.', params: ['number'] },
  payment_failed: { ...account, title: '支付未成功', text: '您的支付未成功，请在应用内重新支付。', english: 'Your payment did not go through; please pay again in the app.', params: ['amount'] },
  refund_done: { ...account, title: '退款成功', text: '您的退款{amount}元已原路退回。', english: 'Your refund of {amount} yuan went back the way it was paid.', params: ['amount'] },
  dispute_opened: { ...account, title: '异议受理', text: '您的异议已受理，将于{answerBy}前答复。', english: 'Your dispute is open and will be answered by {answerBy}.', params: ['answerBy'] },
  dispute_answered: { ...account, title: '异议答复', text: '您的异议已有答复，请在应用内查看。', english: 'Your dispute has been answered; see it in the app.', params: [] }
}

/** What of a notice may leave, in the words of its template. */
export function saidParams (template: NoticeTemplate, params: Readonly<Record<string, string>>, nameOf: (hospitalId: string) => string): Readonly<Record<string, string>> {
  const hospitalId = params['hospital'] ?? params['hospitalId']
  const known = hospitalId === undefined ? params : { ...params, hospital: nameOf(hospitalId) }
  return Object.fromEntries(templates[template].params.flatMap((name) => known[name] === undefined ? [] : [[name, known[name]]]))
}

/** The words with their parameters; what is not known is left open. */
export function wordsOf (template: NoticeTemplate, params: Readonly<Record<string, string>>): { readonly title: string, readonly text: string, readonly english: string } {
  const { title, text, english } = templates[template]
  const filled = (words: string): string => words.replaceAll(/\{(\w+)\}/g, (_, name: string) => params[name] ?? '—')
  return { title, text: filled(text), english: filled(english) }
}
