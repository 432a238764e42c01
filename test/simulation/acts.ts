import type { Person } from './person.ts'
import { noted, plan, slotAfter, type Town } from './town.ts'
import { beijing, daysLong, dayOf, minutes } from './virtual-time.ts'

interface BillSeen { readonly id: string, readonly visitId: string, readonly outstandingFen: number, readonly chargedFen: number, readonly closedOn: string | null, readonly dueOn: string | null, readonly state: string }

/** Signs in the app, a ward by the guardian; a third of the others at the window. */
export async function sign (town: Town, person: Person): Promise<void> {
  const { product, counts, clock, parties } = town
  if (person.contractId !== null || clock.now().getTime() < person.signsFrom) return
  const isAtWindow = person.guardian === null && person.serial % 3 === 1
  const token = isAtWindow ? town.tokenOf(`desk ${person.hospital}`) : person.guardian?.token ?? person.token
  const named = isAtWindow || person.guardian !== null ? { patientId: person.patientId } : {}
  const phone = person.guardian?.phone ?? person.phone
  const check = noted(town, 'eligibility', await product.call('POST', '/v1/eligibility', token, { ...named, consents: ['score_query'] }))
  if (check.status !== 201 || check.body.isEligible !== true) {
    counts.refusedToSign += 1
    person.signsFrom = clock.now().getTime() + daysLong(20)
    return
  }
  const agreement = (await product.call('GET', '/v1/agreements', token)).body
  if (noted(town, 'code', await product.call('POST', '/v1/contract-codes', token, { ...named, purpose: 'sign', phone })).status !== 202) return
  await product.settled()
  const contract = noted(town, 'sign', await product.call('POST', '/v1/contracts', token, {
    ...named, eligibilityCheckId: check.body.id, agreement: { version: agreement.version, sha256: agreement.sha256 }, consents: ['pay_after_care', 'sms', 'score_query', 'bureau_report'], phone, code: parties.carrier.codeTo(phone)
  }))
  if (contract.status !== 201) return
  counts.signed += 1
  person.contractId = contract.body.id as string
}

export async function terminate (town: Town, person: Person): Promise<void> {
  const { product, parties, clock } = town
  if (person.contractId === null) return
  if (noted(town, 'code', await product.call('POST', '/v1/contract-codes', person.token, { purpose: 'terminate' })).status !== 202) return
  await product.settled()
  const ended = noted(town, 'terminate', await product.call('POST', `/v1/contracts/${person.contractId}/terminate`, person.token, { code: parties.carrier.codeTo(person.phone) }))
  if (ended.status !== 200) {
    plan(town, slotAfter(clock.now(), daysLong(3)), () => terminate(town, person))
    return
  }
  town.counts.terminated += 1
  person.contractId = null
  person.signsFrom = clock.now().getTime() + daysLong(5)
}

const payerToken = (person: Person): string => person.guardian?.token ?? person.token
const payerId = (person: Person): Readonly<Record<string, string>> => person.guardian === null ? {} : { patientId: person.patientId }

export async function owed (town: Town, person: Person): Promise<readonly BillSeen[]> {
  const answer = noted(town, 'bills', await town.product.call('GET', `/v1/bills?patient=${person.patientId}&outstanding=true&limit=100`, payerToken(person)))
  return answer.status === 200 ? answer.body.items as readonly BillSeen[] : []
}

/** Pays all that is owed, or a share of it; some think better of it in the wallet, some put the phone away. */
export async function pay (town: Town, person: Person, share = 1): Promise<boolean> {
  const bills = (await owed(town, person)).filter(({ closedOn }) => closedOn !== null)
  const owedFen = bills.reduce((sum, { outstandingFen }) => sum + outstandingFen, 0)
  if (owedFen <= 0) return true
  const amountFen = share === 1 ? owedFen : Math.max(1, Math.floor(owedFen * share))
  const channel = (person.channel === 'insurance' || person.channel === 'mixed') && !person.isInsured ? 'wechat' : person.channel === 'mixed' && amountFen < 100 ? 'wechat' : person.channel
  const order = noted(town, `pay ${channel}`, await town.product.call('POST', '/v1/payments', payerToken(person), {
    ...payerId(person), channel, mode: channel === 'wechat' || channel === 'bank' ? 'qr' : 'app', ...share === 1 ? { bills: bills.map(({ id, outstandingFen }) => ({ billId: id, amountFen: outstandingFen })) } : { amountFen },
    ...channel === 'mixed' ? { insuranceFen: Math.floor(amountFen / 3), openid: `o${person.serial}` } : {}
  }))
  if (order.status !== 201) return false
  return await agree(town, order.body as Ordered, channel)
}

interface Ordered { readonly orderNumber: string, readonly amountFen: number, readonly state: string, readonly prepay: unknown }

async function agree (town: Town, { orderNumber, amountFen, prepay }: Ordered, channel: Person['channel']): Promise<boolean> {
  const { chance, parties, tally, clock, counts } = town
  const [isRefused, isLeft] = [chance.happens(0.03), chance.happens(0.03)]
  // Nothing came back that a wallet could show; or it lies in a pocket until it runs out.
  if (prepay === null || isLeft) return false
  try {
    const act = { act: isRefused ? 'refuse' : 'pay', key: orderNumber }
    const moved = await (channel === 'insurance' ? parties.insurer : parties.channels[channel === 'mixed' ? 'wechat' : channel]).act(act) as { readonly state: string }
    const isPaid = !isRefused && moved.state === 'success'
    if (isPaid) tally.paid.set(orderNumber, { channel, amountFen, at: clock.now() })
    if (channel === 'mixed' && !isRefused && !isPaid) tally.halves.add(orderNumber)
    if (isPaid) counts.payments += 1
    await town.product.settled()
    return isPaid
  } catch (error) {
    if (error instanceof Error && 'code' in error) return false
    throw error
  }
}

/** Pays, and where it does not go through tries again the next day. */
export async function payUntilDone (town: Town, person: Person, tries = 3): Promise<void> {
  if (await pay(town, person) || tries <= 1) return
  plan(town, slotAfter(town.clock.now(), daysLong(1)), () => payUntilDone(town, person, tries - 1))
}

export async function dispute (town: Town, person: Person): Promise<void> {
  const { product, clock, counts } = town
  const [bill] = (await owed(town, person)).filter(({ closedOn }) => closedOn !== null)
  if (bill === undefined) return
  const opened = noted(town, 'dispute', await product.call('POST', '/v1/disputes', person.token, { billId: bill.id, text: '我对这笔费用有异议' }))
  if (opened.status !== 201) return
  counts.disputes += 1
  const state = counts.disputes % 2 === 0 ? 'upheld' : 'corrected'
  plan(town, slotAfter(clock.now(), daysLong(6)), async () => {
    noted(town, 'answer', await product.call('POST', `/v1/disputes/${opened.body.id as string}/answer`, town.tokenOf('finance'), { state, answer: '已核对' }))
    await product.settled()
  })
  plan(town, slotAfter(clock.now(), daysLong(8)), () => payUntilDone(town, person))
}

/** Given up after weeks by two of finance; paid all the same later, which is a recovery. */
export async function writeOff (town: Town, person: Person): Promise<void> {
  const { product, clock, counts } = town
  const late = (await owed(town, person)).filter(({ dueOn }) => dueOn !== null && dueOn < dayOf(clock.now()))
  for (const { id } of late) {
    const asked = noted(town, 'write-off', await product.call('POST', `/v1/bills/${id}/write-offs`, town.tokenOf('finance'), { reason: 'aged' }))
    if (asked.status !== 201) continue
    noted(town, 'write-off decision', await product.call('POST', `/v1/decisions/${asked.body.id as string}/approve`, town.tokenOf('finance2'), {}))
    counts.writeOffs += 1
    plan(town, slotAfter(clock.now(), daysLong(15)), async () => {
      const order = noted(town, 'recovery', await product.call('POST', '/v1/payments', payerToken(person), { ...payerId(person), channel: 'wechat', mode: 'qr', bills: [{ billId: id }] }))
      if (order.status === 201) await agree(town, order.body as Ordered, 'wechat')
    })
  }
  await product.settled()
}

/** Finance gives back some of what somebody paid; above the limit the second person approves at five. */
export async function giveBack (town: Town, person: Person): Promise<void> {
  const { product, counts, chance } = town
  const payments = noted(town, 'payments', await product.call('GET', '/v1/payments?limit=20', payerToken(person)))
  const paid = (payments.body.items as ReadonlyArray<{ readonly id: string, readonly state: string, readonly amountFen: number, readonly refundedFen: number, readonly channel: string }> | undefined ?? [])
    .find(({ state, amountFen, refundedFen }) => state === 'success' && amountFen - refundedFen > 200)
  if (paid === undefined) return
  const amountFen = paid.channel === 'mixed' ? {} : { amountFen: Math.max(1, Math.floor((paid.amountFen - paid.refundedFen) * (0.2 + 0.3 * chance.next()))) }
  const asked = noted(town, 'refund', await product.call('POST', '/v1/refunds', town.tokenOf('finance'), { paymentId: paid.id, ...amountFen, reason: 'goodwill' }))
  if (asked.status === 201) counts.refundsAsked += 1
  await product.settled()
  plan(town, slotAfter(town.clock.now(), daysLong(4)), () => payUntilDone(town, person))
}

/** What the last moment of a debt's term is, as the person is told it. */
export function lastMoment (bills: readonly BillSeen[]): Date | null {
  const [first] = bills.flatMap(({ dueOn }) => dueOn === null ? [] : [dueOn]).sort()
  return first === undefined ? null : beijing(first, '23:59:59.999')
}

export const soon = (town: Town, afterMinutes: number): Date => slotAfter(town.clock.now(), minutes(afterMinutes))
