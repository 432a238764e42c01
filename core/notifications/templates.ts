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
/** 给医生. */
const staff = { channels: ['push', 'sms', 'wechat'], needsProof: false, asksReceipt: false, isDunning: false } as const
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
  membership_active: { ...account, title: '会员开通', text: '您的会员已开通，有效期至{lastDay}，请在应用内查看。', english: 'Your membership is paid and valid through {lastDay}; see it in the app.', params: ['lastDay'] },
  membership_expiring: { ...account, isQuietAtNight: true, title: '会员到期提醒', text: '您的会员有效期至{lastDay}，可在应用内续费。', english: 'Your membership is valid through {lastDay}; you can renew it in the app.', params: ['lastDay'] },
  membership_expired: { ...account, isQuietAtNight: true, title: '会员到期', text: '您的会员已到期。', english: 'Your membership has ended.', params: [] },
  membership_refunded: { ...account, title: '会员退订', text: '您的会员已退订，款项将原路退回。', english: 'Your membership was given back; the money goes back the way it was paid.', params: [] },
  qualification_decided: { ...staff, title: '审核结果', text: '您提交的资料审核有了结果，请在应用内查看。', english: 'What you handed in has been decided on; see it in the app.', params: [] },
  call_ringing: { ...course, title: '通话邀请', text: '{hospital}邀请您通话，请打开应用接听。', english: '{hospital} is calling you; please open the app to answer.', params: ['hospital'] },
  invitation_received: { ...staff, title: '新邀约', text: '您收到一份新的邀约（{hospital}），请在应用内查看并答复。', english: 'You have received an invitation ({hospital}); please see and answer it in the app.', params: ['hospital'] },
  invitation_accepted: { ...course, title: '邀约成功', text: '您的邀约（{hospital}）已被接受，请在应用内查看。', english: 'Your invitation ({hospital}) is accepted; see it in the app.', params: ['hospital'] },
  invitation_ended: { ...account, asksReceipt: true, title: '邀约未成', text: '您的邀约（{hospital}）已结束，已付费用将原路退回，您可另行选择。', english: 'Your invitation ({hospital}) has ended; what was paid goes back the way it came, and you can choose again.', params: ['hospital'] },
  invitation_performed: { ...course, title: '服务确认', text: '您的邀约（{hospital}）已报完成，请在应用内确认；逾期将自动确认。', english: 'Your invitation ({hospital}) is reported as done; please confirm it in the app, or it is confirmed by itself.', params: ['hospital'] },
  invitation_unsaid: { ...staff, title: '邀约进度', text: '您有一份已接受的邀约（{hospital}），请在应用内说明是否已完成。', english: 'Please say in the app whether the invitation that you accepted ({hospital}) is done.', params: ['hospital'] },
  invitation_withdrawn: { ...staff, title: '邀约变更', text: '您的一份邀约（{hospital}）已取消或结束，无需处理。', english: 'One of your invitations ({hospital}) is cancelled or over; nothing is left for you to do.', params: ['hospital'] },
  invitation_message: { ...course, title: '新消息', text: '您的邀约（{hospital}）有新消息，请在应用内查看。', english: 'There is a new message in your invitation ({hospital}); see it in the app.', params: ['hospital'] },
  complaint_answered: { ...course, title: '投诉答复', text: '您的投诉已有处理结果，请在应用内查看。', english: 'Your complaint has been answered; see it in the app.', params: [] },
  complaint_upheld: { ...staff, title: '投诉结果', text: '有一件关于您的投诉已成立，请在应用内查看；如有异议可在期限内申诉。', english: 'A complaint about you was upheld; see it in the app, where you can appeal in time.', params: [] },
  complaint_overturned: { ...staff, title: '申诉结果', text: '您的申诉已被采纳，请在应用内查看。', english: 'Your appeal was granted; see it in the app.', params: [] },
  document_issued: { ...course, title: '资料更新', text: '您在{hospital}的在线服务有资料更新，请在应用内查看。', english: 'There is something new of your online service at {hospital}; see it in the app.', params: ['hospital'] },
  document_rejected: { ...staff, title: '资料退回', text: '您提交的一份资料被退回，请在系统内查看原因。', english: 'Something that you handed in was sent back; see why in the system.', params: [] },
  purchase_confirmed: { ...account, title: '订单付款', text: '您在{hospital}的订单已付款，正在备货。', english: 'Your order at {hospital} is paid and being prepared.', params: ['hospital'] },
  purchase_ready: { ...course, title: '取货提醒', text: '您在{hospital}的订单已备妥，请到窗口领取。', english: 'Your order at {hospital} is ready; please collect it at the counter.', params: ['hospital'] },
  purchase_cancelled: { ...account, title: '订单取消', text: '您在{hospital}的订单已取消，已付款项将原路退回。', english: 'Your order at {hospital} is cancelled; what was paid goes back the way it came.', params: ['hospital'] },
  parcel_sent: { ...course, title: '寄出提醒', text: '您在{hospital}的订单已寄出，请在应用内查看物流。', english: 'Your order at {hospital} is on its way; follow the parcel in the app.', params: ['hospital'] },
  parcel_delivered: { ...course, title: '签收提醒', text: '您在{hospital}的订单已签收。', english: 'Your order at {hospital} has arrived.', params: ['hospital'] },
  parcel_returned: { ...account, title: '订单退回', text: '您在{hospital}的订单已退回，款项将按规则原路退回。', english: 'Your order at {hospital} went back; the money follows the way it came, by the rules.', params: ['hospital'] },
  payment_failed: { ...account, title: '支付未成功', text: '您的支付未成功，请在应用内重新支付。', english: 'Your payment did not go through; please pay again in the app.', params: ['amount'] },
  refund_done: { ...account, title: '退款成功', text: '您的退款{amount}元已原路退回。', english: 'Your refund of {amount} yuan went back the way it was paid.', params: ['amount'] },
  dispute_opened: { ...account, title: '异议受理', text: '您的异议已受理，将于{answerBy}前答复。', english: 'Your dispute is open and will be answered by {answerBy}.', params: ['answerBy'] },
  consultation_accepted: { ...course, title: '订单已接', text: '您在{hospital}的在线服务{number}已开始，请进入应用。', english: 'Your online service {number} at {hospital} has begun; please open the app.', params: ['hospital', 'number'] },
  consultation_refunded: { ...account, asksReceipt: true, title: '订单退款', text: '您的在线服务{number}未能进行，如已付费将原路退回。', english: 'Your online service {number} does not take place; whatever was paid goes back the way it came.', params: ['number'] },
  consultation_finished: { ...course, title: '服务完成', text: '您在{hospital}的在线服务{number}已完成，请在应用内查看。', english: 'Your online service {number} at {hospital} is done; see it in the app.', params: ['hospital', 'number'] },
  consultation_switched: { ...course, title: '订单更换', text: '您的在线服务{number}已按您的要求更换，如有差价将原路退回。', english: 'Your online service {number} was changed as you asked; a difference goes back the way it was paid.', params: ['number'] },
  consultation_refund_refused: { ...course, title: '退款审核', text: '您的在线服务{number}的退款申请未通过，请在应用内查看原因。', english: 'The refund for your online service {number} was not granted; see why in the app.', params: ['number'] },
  consultation_message: { ...course, title: '新消息', text: '您的在线服务{number}有新消息，请在应用内查看。', english: 'There is a new message in your online service {number}; see it in the app.', params: ['number'] },
  order_assigned: { ...staff, title: '新订单', text: '您有新的在线服务订单{number}（{hospital}），费用{amount}元已支付，请尽快接单。', english: 'A new online order {number} ({hospital}) is yours; {amount} yuan are paid. Please take it up soon.', params: ['hospital', 'number', 'amount'] },
  order_urged: { ...staff, title: '催单提醒', text: '订单{number}的用户正在等候，请尽快处理。', english: 'Somebody is waiting for you in order {number}.', params: ['number'] },
  order_withdrawn: { ...staff, title: '订单变更', text: '订单{number}已取消或转交他人，无需处理。', english: 'Order {number} is cancelled or with somebody else; nothing is left for you to do.', params: ['number'] },
  order_message: { ...staff, title: '新消息', text: '订单{number}有新消息，请查看。', english: 'There is a new message in order {number}.', params: ['number'] },
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
