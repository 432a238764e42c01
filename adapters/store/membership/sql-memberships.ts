import type { Membership, MembershipFilter, MembershipStore, MembershipUsage, MemberIds, UsageCount } from '../../../core/membership/index.ts'
import { fen } from '../../../core/money.ts'
import { instant, instantOrNull, json, msOrNull } from '../columns.ts'
import { addVersion, productStoreOf } from './sql-membership-products.ts'
import type { Unit } from '../sql.ts'
import { upsert } from '../upsert.ts'

interface MembershipRow {
  readonly id: string
  readonly member_kind: Membership['member']['kind']
  readonly member_id: string
  readonly product: string
  readonly product_version: number
  readonly hospital_id: string
  readonly price_fen: number
  readonly days: number
  readonly benefits: string
  readonly state: Membership['state']
  readonly ordered_at_ms: number
  readonly ordered_by: string
  readonly pay_until_ms: number | null
  readonly payment_order_id: string | null
  readonly paid_at_ms: number | null
  readonly starts_at_ms: number | null
  readonly ends_at_ms: number | null
  readonly reminded_at_ms: number | null
  readonly refund: string | null
}

interface UsageRow { readonly id: string, readonly membership_id: string, readonly kind: string, readonly reference: string, readonly used_by: string, readonly at_ms: number }

const columns = ['id', 'member_kind', 'member_id', 'product', 'product_version', 'hospital_id', 'price_fen', 'days', 'benefits', 'state', 'ordered_at_ms', 'ordered_by', 'pay_until_ms', 'payment_order_id',
  'paid_at_ms', 'starts_at_ms', 'ends_at_ms', 'reminded_at_ms', 'due_at_ms', 'refund', 'refund_state']
const save = upsert('memberships', ['id'], columns)
const inForce = "state = 'active' and starts_at_ms <= ? and ends_at_ms > ?"

/** 会员. A use is taken in one conditional step, which is what keeps a count from going below nothing. */
export function sqlMemberships (unit: Unit): MembershipStore {
  const { sql, dialect } = unit
  const several = async (text: string, params: Parameters<typeof sql.all>[1]): Promise<readonly Membership[]> => (await sql.all<MembershipRow>(text, params)).map(membershipOf)
  const find = async (id: string): Promise<Membership | null> => (await several('select * from memberships where id = ?', [id]))[0] ?? null
  const lock = async (text: string): Promise<void> => {
    if (dialect.oneByOne !== null) await sql.all(dialect.oneByOne, [text])
  }
  return {
    ...productStoreOf(unit),
    addVersion: (product) => addVersion(unit, product),
    find,
    findForChange: async (id) => {
      await lock(`membership ${id}`)
      return await find(id)
    },
    lockMember: ({ kind, id }, product) => lock(`membership ${product} of ${kind} ${id}`),
    save: async (membership) => { await sql.run(save, valuesOf(membership)) },
    inForce: ({ kind, ids }, at) => several(`select * from memberships where member_kind = ? and ${dialect.isIn('member_id')} and ${inForce} order by ends_at_ms desc, id`, [kind, dialect.list(ids), at.getTime(), at.getTime()]),
    lastEnd: async ({ kind, ids }, product) => instantOrNull((await sql.first<{ readonly at_ms: number | null }>(
      `select max(ends_at_ms) as at_ms from memberships where member_kind = ? and ${dialect.isIn('member_id')} and product = ? and state = 'active'`, [kind, dialect.list(ids), product]))?.at_ms ?? null),
    list: (filter, page) => listMemberships(unit, filter, page),
    due: (by, limit) => several('select * from memberships where due_at_ms <= ? order by due_at_ms, id limit ?', [by.getTime(), limit]),
    nextDue: async () => instantOrNull((await sql.first<{ readonly at_ms: number | null }>('select min(due_at_ms) as at_ms from memberships where due_at_ms is not null', []))?.at_ms ?? null),
    toRemind: ({ from, to }, limit) => several(
      `select * from memberships m where state = 'active' and reminded_at_ms is null and due_at_ms > ? and due_at_ms <= ?
        and not exists (select 1 from memberships n where n.member_kind = m.member_kind and n.member_id = m.member_id and n.product = m.product and n.state = 'active' and n.ends_at_ms > m.ends_at_ms)
        order by due_at_ms, id limit ?`, [from.getTime(), to.getTime(), limit]),
    addCounts: async (membershipId, counts) => {
      for (const { kind, total, used } of counts) await sql.run('insert into membership_counts (membership_id, kind, total, used) values (?, ?, ?, ?)', [membershipId, kind, total, used])
    },
    counts: async (membershipIds) => (await sql.all<UsageCount & { readonly membership_id: string }>(`select membership_id, kind, total, used from membership_counts where ${dialect.isIn('membership_id')} order by membership_id, kind`, [dialect.list(membershipIds)]))
      .map(({ membership_id: membershipId, kind, total, used }) => ({ membershipId, kind, total, used })),
    takeUse: async ({ membershipId, kind, at }) => await sql.run(
      `update membership_counts set used = used + 1 where membership_id = ? and kind = ? and used < total and exists (select 1 from memberships where id = ? and ${inForce})`, [membershipId, kind, membershipId, at.getTime(), at.getTime()]) === 1,
    usageOf: async ({ membershipId, kind, reference }) => {
      const row = await sql.first<UsageRow>('select * from membership_usages where membership_id = ? and kind = ? and reference = ?', [membershipId, kind, reference])
      return row && usageOf(row)
    },
    addUsage: async ({ id, membershipId, kind, reference, by, at }) => {
      await sql.run('insert into membership_usages (id, membership_id, kind, reference, used_by, at_ms) values (?, ?, ?, ?, ?, ?)', [id, membershipId, kind, reference, by, at.getTime()])
    },
    usages: (filter, page) => listUsages(unit, filter, page)
  }
}

async function listMemberships ({ sql, dialect, build }: Unit, { member, hospitalId, state, hasRefundAsked }: MembershipFilter, { limit, offset }: { readonly limit: number, readonly offset: number }): Promise<readonly Membership[]> {
  const query = build('memberships').select('*').orderBy([{ column: 'ordered_at_ms', order: 'desc' }, { column: 'id' }]).limit(limit).offset(offset)
  if (member !== null) query.where('member_kind', member.kind).whereRaw(dialect.isIn('member_id'), [dialect.list(member.ids)] as never)
  if (hospitalId !== null) query.where('hospital_id', hospitalId)
  if (state !== null) query.where('state', state)
  if (hasRefundAsked) query.where('refund_state', 'asked')
  return (await sql.built<MembershipRow>(query)).map(membershipOf)
}

async function listUsages ({ sql, dialect, build }: Unit, { membershipIds, member }: { readonly membershipIds: readonly string[] | null, readonly member: MemberIds | null }, { limit, offset }: { readonly limit: number, readonly offset: number }): Promise<readonly MembershipUsage[]> {
  const query = build('membership_usages').join('memberships', 'memberships.id', 'membership_usages.membership_id').select('membership_usages.*')
    .orderBy([{ column: 'at_ms', order: 'desc' }, { column: 'membership_usages.id' }]).limit(limit).offset(offset)
  if (membershipIds !== null) query.whereRaw(dialect.isIn('membership_id'), [dialect.list(membershipIds)] as never)
  if (member !== null) query.where('member_kind', member.kind).whereRaw(dialect.isIn('member_id'), [dialect.list(member.ids)] as never)
  return (await sql.built<UsageRow>(query)).map(usageOf)
}

function valuesOf (membership: Membership): ReadonlyArray<string | number | null> {
  const { id, member, product, productVersion, hospitalId, priceFen, days, benefits, state, orderedAt, orderedBy, payUntil, paymentOrderId, paidAt, startsAt, endsAt, remindedAt, refund } = membership
  const dueAt = state === 'pending' ? payUntil : state === 'active' ? endsAt : null
  return [id, member.kind, member.id, product, productVersion, hospitalId, priceFen, days, JSON.stringify(benefits), state, orderedAt.getTime(), orderedBy, msOrNull(payUntil), paymentOrderId,
    msOrNull(paidAt), msOrNull(startsAt), msOrNull(endsAt), msOrNull(remindedAt), msOrNull(dueAt), refund === null ? null : JSON.stringify(refund), refund?.state ?? null]
}

type KeptRefund = Omit<NonNullable<Membership['refund']>, 'askedAt' | 'decidedAt'> & { readonly askedAt: string, readonly decidedAt: string | null }

function membershipOf (row: MembershipRow): Membership {
  const refund = row.refund === null ? null : json<KeptRefund>(row.refund)
  return {
    id: row.id, member: { kind: row.member_kind, id: row.member_id }, product: row.product, productVersion: row.product_version, hospitalId: row.hospital_id, priceFen: fen(row.price_fen), days: row.days,
    benefits: json<string[]>(row.benefits), state: row.state, orderedAt: instant(row.ordered_at_ms), orderedBy: row.ordered_by, payUntil: instantOrNull(row.pay_until_ms), paymentOrderId: row.payment_order_id,
    paidAt: instantOrNull(row.paid_at_ms), startsAt: instantOrNull(row.starts_at_ms), endsAt: instantOrNull(row.ends_at_ms), remindedAt: instantOrNull(row.reminded_at_ms),
    refund: refund === null ? null : { ...refund, amountFen: fen(refund.amountFen), askedAt: new Date(refund.askedAt), decidedAt: refund.decidedAt === null ? null : new Date(refund.decidedAt) }
  }
}

function usageOf ({ id, membership_id: membershipId, kind, reference, used_by: by, at_ms: ms }: UsageRow): MembershipUsage {
  return { id, membershipId, kind, reference, by, at: instant(ms) }
}
