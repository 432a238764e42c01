import { hearExamination } from '../vouchers/index.ts'
import type { TakeInDeps, Told } from './told.ts'

/** 检查完成. Evidence for a voucher in use, if it is some. */
export async function examinationsTold (deps: TakeInDeps, told: readonly Told[], at: Date): Promise<void> {
  for (const { fact, from: { record, outcome } } of told) {
    if (fact.kind !== 'examination' || outcome !== 'changed') continue
    const saidAt = new Date(record.elementTimes['status'] ?? record.lastUpdated.getTime())
    await hearExamination(deps, deps, { facts: fact.examination, record: `${record.type}/${record.id}`, saidAt, source: record.source }, at)
  }
}
