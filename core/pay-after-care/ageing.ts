import type { CalendarDate } from '../clock.ts'
import { daysBetween } from '../days.ts'
import { sumFen, type Fen } from '../money.ts'
import type { BillStore } from './ports.ts'

/** Days past the deadline (domain document §2.2); 0 is not due yet, or on its last day. */
export const ageingBuckets = ['0', '1-7', '8-30', '31-60', '61-90', '91-120', '>120'] as const
export type AgeingBucket = typeof ageingBuckets[number]

const lastDays: readonly number[] = [0, 7, 30, 60, 90, 120]

export function bucketOf (overdueDays: number): AgeingBucket {
  const place = lastDays.findIndex((last) => overdueDays <= last)
  return ageingBuckets[place < 0 ? ageingBuckets.length - 1 : place] as AgeingBucket
}

export interface Ageing {
  readonly asOf: CalendarDate
  readonly hospitals: ReadonlyArray<{ readonly hospitalId: string, readonly outstandingFen: Fen, readonly buckets: ReadonlyArray<{ readonly bucket: AgeingBucket, readonly bills: number, readonly outstandingFen: Fen }> }>
}

/** 账龄. What is outstanding to each hospital by how long it is overdue; what was assigned is owed to others. */
export async function ageing ({ bills }: { readonly bills: Pick<BillStore, 'owedByDeadline'> }, hospitalId: string | null, today: CalendarDate): Promise<Ageing> {
  const rows = (await bills.owedByDeadline(hospitalId)).map((row) => ({ ...row, bucket: bucketOf(row.isClosed && row.dueOn !== null ? Math.max(0, daysBetween(row.dueOn, today)) : 0) }))
  const hospitals = [...new Set(rows.map((row) => row.hospitalId))].map((id) => {
    const own = rows.filter((row) => row.hospitalId === id)
    const buckets = ageingBuckets.map((bucket) => {
      const within = own.filter((row) => row.bucket === bucket)
      return { bucket, bills: within.reduce((sum, row) => sum + row.bills, 0), outstandingFen: sumFen(within.map((row) => row.outstandingFen)) }
    })
    return { hospitalId: id, outstandingFen: sumFen(own.map((row) => row.outstandingFen)), buckets }
  })
  return { asOf: today, hospitals }
}
