import type { CalendarDate } from '../clock.ts'
import type { InTransaction } from '../unit-of-work.ts'
import { balanceLines, beancountHead, beancountLines, beancountState } from './beancount.ts'
import type { EntryPlace, LedgerStore } from './ports.ts'

const entriesPerRead = 500

/** 导出. One hospital's books as text, piece by piece; each read is a short one, so a long export holds nobody up. */
export async function * exportBeancount ({ inReading }: { readonly inReading: InTransaction<{ ledger: Pick<LedgerStore, 'inOrder'> }> }, hospitalId: string, until: CalendarDate | null): AsyncGenerator<string, void> {
  yield beancountHead(hospitalId)
  const state = beancountState()
  for (let after: EntryPlace | null = null; ;) {
    const page: Awaited<ReturnType<LedgerStore['inOrder']>> = await inReading(({ ledger }) => ledger.inOrder(hospitalId, { until, after, limit: entriesPerRead }))
    yield [...beancountLines(page, state)].join('')
    after = page.at(-1)?.place ?? after
    if (page.length < entriesPerRead) break
  }
  yield [...balanceLines(state)].join('')
}
