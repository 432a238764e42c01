import fc from 'fast-check'
import t from 'tap'
import { calendarIn } from '../../../core/clock.ts'
import { startOfDayIn } from '../../../core/days.ts'
import { noticeTemplates } from '../../../core/notice.ts'
import { mayGoAt, noticeChannels, registerDevice, templates, wordsOf, type Device } from '../../../core/notifications/index.ts'
import { fen } from '../../../core/money.ts'
import { aBill, aContract, day } from '../../fixtures/pay-after-care.ts'
import { aNotifier, annasPhone, keys, type ANotifier } from './a-notifier.ts'

const zone = 'Asia/Shanghai'
const days = { calendar: calendarIn(zone), startOfDay: startOfDayIn(zone) }
const hours = { from: '09:00', until: '20:00' }
const anna = (given: Partial<Device> = {}): Device => ({ id: 'd1', ownerId: 'east-anna', tokenKey: 'key-1', token: keys.sealed('token-of-anna'), platform: 'android', registeredAt: new Date('2027-03-01T00:00:00Z'), ...given })
const withDevice = async (notifier: ANotifier, device = anna()): Promise<void> => { await notifier.store.inTransaction(({ devices }) => devices.save(device)) }
const sent = ({ sms }: ANotifier): readonly string[] => sms.items(null).map(({ key }) => key)

/** Words of diagnoses, departments, items, drugs and findings; none of them may stand in what leaves. */
const clinical = /诊断|病情|疾病|症状|检查|检验|化验|影像|手术|住院|药|处方|注射|输液|皮试|过敏|阳性|阴性|内科|外科|妇|产科|儿科|精神|传染|肿瘤|感染|门诊部|科室|医生|医师|diagnos|disease|symptom|test result|blood|drug|medic|prescri|inject|infusion|allerg|positive|negative|surgery|ward|department|doctor|physician|clinic(?!al)/i
const mayBeSaid = ['version', 'amount', 'dueOn', 'hospital', 'queueNumber', 'room', 'left', 'bills', 'bureau', 'on', 'answerBy', 'time', 'number', 'lastDay']

t.test('every template', async (t) => {
  t.test('says nothing clinical, in either language, and has no parameter that could', async (t) => {
    for (const name of noticeTemplates) {
      const { title, text, english, params } = templates[name]
      t.notMatch([title, text, english].join(' '), clinical, name)
      t.strictSame(params.filter((param) => !mayBeSaid.includes(param)), [], name)
      const used = [...`${text} ${english}`.matchAll(/\{(\w+)\}/g)].map(([, param]) => param)
      t.strictSame(used.filter((param) => !params.includes(param ?? '')), [], `${name} uses what it declares`)
      t.ok(templates[name].channels.every((channel) => noticeChannels.includes(channel)) && templates[name].channels.length > 0)
    }
  })

  t.test('leaves open what is not known, and fills in the rest', async (t) => {
    t.strictSame(wordsOf('bill_due', { amount: '148.30', dueOn: '2027-03-08' }).text, '您在—的就诊费用共148.30元，请于2027-03-08 24时前支付。'.replace(' 24', '24'))
  })
})

t.test('the hours of collection', async (t) => {
  t.test('begin at 09:00:00.000 and end before 20:00:00.000 [I-24]', async (t) => {
    const at = (time: string): string | null => mayGoAt('dunning', new Date(`2027-03-02T${time}+08:00`), hours, days)?.toISOString() ?? null
    const opening = (date: string): string => new Date(`${date}T09:00:00+08:00`).toISOString()
    t.strictSame(['00:00:00.000', '08:59:59.999', '09:00:00.000', '19:59:59.999', '20:00:00.000', '23:59:59.999'].map(at),
      [opening('2027-03-02'), opening('2027-03-02'), null, null, opening('2027-03-03'), opening('2027-03-03')])
  })

  t.test('hold back reminders only; everything else goes at any hour', async (t) => {
    const night = new Date('2027-03-02T02:00:00+08:00')
    t.strictSame(noticeTemplates.filter((name) => mayGoAt(name, night, hours, days) !== null), ['dunning', 'dunning_deadline', 'appointment_reminder', 'voucher_expiring', 'voucher_expired', 'membership_expiring', 'membership_expired'])
  })

  t.test('whatever the instant → a reminder goes within them, at once or at the next opening [I-24]', async () => {
    fc.assert(fc.property(fc.date({ min: new Date('2020-01-01'), max: new Date('2040-01-01'), noInvalidDate: true }), (now) => {
      const goesAt = mayGoAt('dunning_deadline', now, hours, days) ?? now
      const hour = new Date(goesAt.getTime() + 28_800_000).getUTCHours()
      return goesAt >= now && goesAt.getTime() - now.getTime() <= 13 * 3_600_000 && hour >= 9 && hour < 20
    }))
  })
})

t.test('a notice', async (t) => {
  const notifier = await aNotifier(t)

  t.test('reaches the phone by the carrier\'s template, with what it may say', async (t) => {
    await notifier.tell('k1', { params: { amount: '148.30', dueOn: '2027-03-08', hospital: 'east', bill: 'b1', department: 'x' } })
    t.strictSame(await notifier.carry(), [])
    t.strictSame(notifier.sms.items(null), [{ at: notifier.time.now, kind: 'sms', key: 'k1', body: { to: annasPhone, templateId: 'bill_due', params: { hospital: 'East Hospital', amount: '148.30', dueOn: '2027-03-08' } } }])
    t.match(await notifier.kept('k1'), { state: 'sent', channel: 'sms', sentAt: notifier.time.now, provenAt: null })
  })

  t.test('of one key is told once, however often it is written or carried', async (t) => {
    t.strictSame([await notifier.tell('twice'), await notifier.tell('twice')], [true, false])
    const [message] = await notifier.store.inReading(({ outbox }) => outbox.due(new Date('2030-01-01'), 10, 'notice'))
    for (let time = 0; time < 3; time += 1) if (message !== undefined) await notifier.area.carryOut['notice']?.(message)
    t.strictSame(sent(notifier).filter((key) => key === 'twice'), ['twice'])
    await notifier.carry()
  })

  for (const [fault, count] of [['lost', 1], ['dropped', 1], ['unavailable', 2]] as const) {
    t.test(`whose carrier's answer is ${fault} is tried again, and still sent once`, async (t) => {
      await notifier.tell(fault)
      notifier.smsFault(fault, count)
      for (let time = 0; time < count; time += 1) t.strictSame(await notifier.carry(), ['OUTSIDE_UNAVAILABLE'])
      t.strictSame(await notifier.carry(), [])
      t.strictSame(sent(notifier).filter((key) => key === fault), [fault])
      t.match(await notifier.kept(fault), { state: 'sent', channel: 'sms' })
    })
  }

  t.test('without a phone of its own goes to the app, then the official account, in the order of its template', async (t) => {
    await withDevice(notifier)
    await notifier.tell('p1', { template: 'report_ready', phone: null, params: { hospitalId: 'east' } })
    await notifier.carry()
    t.match(notifier.push.items(null), [{ key: 'p1:d1', body: { token: 'token-of-anna', platform: 'android', title: '报告提醒', text: '您在East Hospital的报告已出，请在应用内查看。' } }])
    t.match(await notifier.kept('p1'), { state: 'sent', channel: 'push' })
    notifier.push.uninstall('token-of-anna', true)
    const openidKey = keys.fingerprint('openid', 'openid-1')
    await notifier.store.inTransaction(async ({ accounts, followers }) => {
      const [account] = await accounts.byPersons(['east-anna'])
      await accounts.setOpenid(account?.id ?? '', openidKey)
      await followers.save({ openidKey, openid: keys.sealed('openid-1'), isFollowing: true, at: notifier.time.now })
    })
    await notifier.tell('p2', { template: 'report_ready', phone: null, params: { hospitalId: 'east' } })
    await notifier.carry()
    t.strictSame(notifier.wechat, [{ openid: 'openid-1', templateId: 'report_ready' }])
    t.match(await notifier.kept('p2'), { state: 'sent', channel: 'wechat', tried: ['push'] })
    t.strictSame(await notifier.store.inReading(({ devices }) => devices.ofOwners(['east-anna'])), [], 'a device without the app is forgotten')
  })

  t.test('that reaches nobody is undelivered; a letter by hand is left', async (t) => {
    const notifier = await aNotifier(t, { hasSms: false })
    await notifier.tell('k1')
    await notifier.carry()
    t.match(await notifier.kept('k1'), { state: 'undelivered', reason: 'no_channel', channel: null })
  })

  t.test('that the carrier refuses for good goes another way', async (t) => {
    notifier.push.uninstall('token-of-anna', false)
    await withDevice(notifier)
    await notifier.tell('refused')
    notifier.smsFault('refused')
    t.strictSame(await notifier.carry(), [])
    t.match(await notifier.kept('refused'), { state: 'sent', channel: 'push', tried: ['sms'] })
    t.equal(notifier.push.items(null).at(-1)?.key, 'refused:d1')
  })
})

t.test('a receipt', async (t) => {
  const notifier = await aNotifier(t)
  const formal = { template: 'pre_report_notice', params: { amount: '148.30', dueOn: '2027-03-08', bureau: 'B' } } as const

  t.test('that says delivered proves the notice, with the carrier\'s number', async (t) => {
    await notifier.tell('k1', formal)
    await notifier.carry()
    const sentAt = notifier.time.now
    await notifier.waitUntil('2027-03-02T10:01:00+08:00')
    t.match(await notifier.kept('k1'), { state: 'delivered', channel: 'sms', sentAt, provenAt: sentAt, proofId: 'SMS0000000001', lookAt: null })
  })

  t.test('that comes late is asked for again', async (t) => {
    notifier.smsFault('receipt_late')
    await notifier.tell('k2')
    await notifier.carry()
    await notifier.waitUntil('2027-03-02T10:20:00+08:00')
    t.match(await notifier.kept('k2'), { state: 'sent', asks: 2, provenAt: null })
    await notifier.waitUntil('2027-03-03T10:00:00+08:00')
    t.match(await notifier.kept('k2'), { state: 'delivered', proofId: 'SMS0000000002' })
    t.strictSame(sent(notifier), ['k1', 'k2'])
  })

  t.test('that says undelivered where there is no other way leaves it undelivered', async (t) => {
    notifier.smsFault('undelivered')
    await notifier.tell('k3', formal)
    await notifier.carry()
    await notifier.waitUntil('2027-03-04T10:00:00+08:00')
    t.match(await notifier.kept('k3'), { state: 'undelivered', reason: 'PHONE_UNREACHABLE', provenAt: null })
  })

  t.test('that says undelivered sends it another way, once', async (t) => {
    await withDevice(notifier)
    notifier.smsFault('undelivered')
    await notifier.tell('k4', formal)
    await notifier.carry()
    await notifier.waitUntil('2027-03-05T10:00:00+08:00')
    t.match(await notifier.kept('k4'), { state: 'sent', channel: 'push', tried: ['sms'], provenAt: null })
    t.strictSame([sent(notifier).slice(3), notifier.push.items(null).map(({ key }) => key)], [['k4'], ['k4:d1']])
    await notifier.store.inTransaction(({ devices }) => devices.drop('d1', 'east-anna'))
  })

  t.test('that never comes is given up after some days', async (t) => {
    for (const [key, change] of [['plain', {}], ['formal', formal]] as const) await notifier.tell(key, change)
    await notifier.carry()
    await notifier.sms.close()
    await notifier.waitUntil('2027-03-12T10:00:00+08:00')
    t.match([await notifier.kept('plain'), await notifier.kept('formal')], [{ state: 'sent', lookAt: null }, { state: 'undelivered', reason: 'no_receipt' }])
  })
})

t.test('a reminder of a debt', async (t) => {
  const notifier = await aNotifier(t)
  const bill = { contractId: 'C', patientId: 'east-anna', chargedFen: fen(14830), closedOn: day('2027-03-01'), dueOn: day('2027-03-08') }
  await notifier.store.inTransaction(async ({ contracts, bills }) => {
    await contracts.save(aContract('C', { patientId: 'east-anna', phone: keys.sealed('000-0000-0007') }))
    await bills.save(aBill('b1', bill))
  })
  const dunning = { template: 'dunning', phone: null, params: { amount: '148.30', bills: '1' } } as const

  t.test('waits for the hours of collection, and goes to the phone of the contract', async (t) => {
    notifier.time.now = new Date('2027-03-03T00:00:00+08:00')
    await notifier.tell('dunning:C:2027-03-03', dunning)
    await notifier.carry()
    t.strictSame(sent(notifier), [])
    await notifier.waitUntil('2027-03-03T08:59:59.999+08:00')
    t.strictSame(sent(notifier), [])
    await notifier.waitUntil('2027-03-03T09:00:00+08:00')
    t.match(notifier.sms.items(null), [{ at: notifier.time.now, key: 'dunning:C:2027-03-03', body: { to: '000-0000-0007', templateId: 'dunning' } }])
  })

  t.test('of a day that is over is not sent, so that after an outage only the one of the day comes [I-24] [acc:C-12]', async (t) => {
    for (const on of ['2027-03-03', '2027-03-04', '2027-03-05']) {
      notifier.time.now = new Date(`${on}T20:00:00+08:00`)
      await notifier.tell(`missed:${on}`, dunning)
    }
    await notifier.waitUntil('2027-03-06T09:00:00+08:00')
    await notifier.tell('missed:2027-03-06', dunning)
    await notifier.carry()
    t.strictSame(sent(notifier).filter((key) => key.startsWith('missed')), ['missed:2027-03-06'])
    t.match(await notifier.kept('missed:2027-03-05'), { state: 'suppressed', reason: 'day_over' })
  })

  t.test('of one key goes once over any sequence of faults and attempts [I-24]', async (t) => {
    let runs = 0
    await fc.assert(fc.asyncProperty(fc.array(fc.constantFrom('lost', 'dropped', 'unavailable', 'busy', 'receipt_late'), { maxLength: 5 }), async (faults) => {
      const key = `run-${runs += 1}`
      await notifier.tell(key, dunning)
      for (const fault of faults) {
        notifier.smsFault(fault)
        await notifier.carry()
      }
      notifier.sms.setFaults([])
      t.strictSame(await notifier.carry(), [])
      return sent(notifier).filter((each) => each === key).length === 1
    }), { numRuns: 5 })
  })

  t.test('is not sent where the debt is gone meanwhile, whether it waited or was tried before [I-24]', async (t) => {
    notifier.smsFault('unavailable')
    await notifier.tell('tried', dunning)
    t.strictSame(await notifier.carry(), ['OUTSIDE_UNAVAILABLE'])
    notifier.time.now = new Date('2027-03-06T21:00:00+08:00')
    await notifier.tell('waits', dunning)
    await notifier.store.inTransaction(({ bills }) => bills.save(aBill('b1', { ...bill, paidFen: fen(14830) })))
    await notifier.waitUntil('2027-03-07T12:00:00+08:00')
    t.strictSame(sent(notifier).filter((key) => key === 'tried' || key === 'waits'), [])
    t.match([await notifier.kept('tried'), await notifier.kept('waits')], [{ state: 'suppressed', reason: 'nothing_owed' }, { state: 'suppressed', reason: 'nothing_owed' }])
  })
})

t.test('an account → keeps its five newest devices, and a device has one owner', async (t) => {
  const { store } = await aNotifier(t)
  await store.inTransaction(async ({ devices }) => {
    for (const n of [1, 2, 3, 4, 5, 6, 7]) await registerDevice({ devices }, anna({ id: `d${n}`, tokenKey: `key-${n}`, registeredAt: new Date(Date.UTC(2027, 2, n)) }))
    t.strictSame((await devices.ofOwners(['east-anna'])).map(({ id }) => id), ['d7', 'd6', 'd5', 'd4', 'd3'])
    t.match(await registerDevice({ devices }, anna({ id: 'd8', ownerId: 'east-berta', tokenKey: 'key-7' })), { id: 'd7', ownerId: 'east-berta' })
    t.strictSame((await devices.ofOwners(['east-anna'])).map(({ id }) => id), ['d6', 'd5', 'd4', 'd3'])
  })
})
