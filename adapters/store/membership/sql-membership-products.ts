import type { MembershipProduct, MembershipStore } from '../../../core/membership/index.ts'
import { fen } from '../../../core/money.ts'
import { instant, json } from '../columns.ts'
import type { Unit } from '../sql.ts'

interface ProductRow {
  readonly code: string
  readonly version: number
  readonly name: string
  readonly english: string
  readonly for_kind: MembershipProduct['forKind']
  readonly price_fen: number
  readonly days: number
  readonly usages: string
  readonly benefits: string
  readonly hospital_id: string
  readonly is_on_sale: number
  readonly made_at_ms: number
  readonly made_by: string
}

const newest = 'version = (select max(version) from membership_products n where n.code = membership_products.code)'

export function productStoreOf ({ sql, build }: Unit): Pick<MembershipStore, 'product' | 'products'> {
  return {
    product: async (code) => {
      const row = await sql.first<ProductRow>('select * from membership_products where code = ? order by version desc limit 1', [code])
      return row && productOf(row)
    },
    products: async ({ forKind, onlyOnSale }, { limit, offset }) => {
      const query = build('membership_products').select('*').whereRaw(newest).orderBy('code').limit(limit).offset(offset)
      if (forKind !== null) query.where('for_kind', forKind)
      if (onlyOnSale) query.where('is_on_sale', 1)
      return (await sql.built<ProductRow>(query)).map(productOf)
    }
  }
}

export async function addVersion ({ sql }: Unit, product: MembershipProduct): Promise<void> {
  const { code, version, name, english, forKind, priceFen, days, usages, benefits, hospitalId, isOnSale, madeAt, madeBy } = product
  await sql.run('insert into membership_products (code, version, name, english, for_kind, price_fen, days, usages, benefits, hospital_id, is_on_sale, made_at_ms, made_by) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
    [code, version, name, english, forKind, priceFen, days, JSON.stringify(usages), JSON.stringify(benefits), hospitalId, isOnSale ? 1 : 0, madeAt.getTime(), madeBy])
}

function productOf (row: ProductRow): MembershipProduct {
  return {
    code: row.code, version: row.version, name: row.name, english: row.english, forKind: row.for_kind, priceFen: fen(row.price_fen), days: row.days, usages: json<Record<string, number>>(row.usages),
    benefits: json<string[]>(row.benefits), hospitalId: row.hospital_id, isOnSale: row.is_on_sale === 1, madeAt: instant(row.made_at_ms), madeBy: row.made_by
  }
}
