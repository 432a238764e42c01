import { setImmediate as breathe } from 'node:timers/promises'
import { sha256 } from '../../app/compose/sha256.ts'
import { trialBalance } from '../../core/ledger/index.ts'
import { horizonOf, proveChain, sealChains } from '../../core/operations/index.ts'
import { checkBeancount } from '../fixtures/beancount-checker.ts'
import { proof, type Proof, type Query } from './proofs.ts'
import type { Town } from './town.ts'

/** Bills against their lines and allocations, receivables against bills, the books against themselves and outside. */
export async function proveBooks (town: Town, query: Query): Promise<readonly Proof[]> {
  const { store } = town.product.parts()
  const balance = await store.inReading(({ ledger }) => trialBalance({ ledger }, null))
  const off = [...balance.unbalancedEntries, ...balance.hospitals.filter(({ sumFen }) => sumFen !== 0).map(({ hospitalId }) => hospitalId), ...balance.wrongBalances.map(({ account }) => account)]
  const [{ entries = 0, postings = 0 } = {}] = await query('select (select count(*) from entries) as entries, (select count(*) from postings) as postings')
  return [
    proof('I-01 I-02 I-03 trial balance', off, `${entries} entries, ${postings} postings, ${balance.accounts.length} accounts, sum 0`),
    await billSums(query),
    await receivables(query),
    await exported(town, balance.hospitals.map(({ hospitalId }) => hospitalId)),
    await chains(town)
  ]
}

async function billSums (query: Query): Promise<Proof> {
  const rows = await query(`select b.id, b.charged_fen, b.insured_fen, b.paid_fen, b.written_off_fen, b.recovered_fen, b.outstanding_fen,
    (select coalesce(sum(l.amount_fen), 0) from bill_lines l where l.bill_id = b.id) as lines,
    (select coalesce(sum(case when a.kind in ('payment', 'window', 'credit') then a.amount_fen else 0 end), 0) from bill_allocations a where a.bill_id = b.id) as paid,
    (select coalesce(sum(case when a.kind = 'insurance' then a.amount_fen else 0 end), 0) from bill_allocations a where a.bill_id = b.id) as insured,
    (select coalesce(sum(case when a.kind = 'write_off' then a.amount_fen else 0 end), 0) from bill_allocations a where a.bill_id = b.id) as given_up,
    (select coalesce(sum(case when a.kind = 'recovery' then a.amount_fen else 0 end), 0) from bill_allocations a where a.bill_id = b.id) as recovered
    from bills b`)
  const faults = rows.filter((row) => row['charged_fen'] !== row['lines'] || row['paid_fen'] !== row['paid'] || row['insured_fen'] !== row['insured'] || row['written_off_fen'] !== row['given_up'] || row['recovered_fen'] !== row['recovered'])
  return proof('every bill is its lines and allocations', faults.map((row) => JSON.stringify(row)), `${rows.length} bills`)
}

/** What stands on no bill is of visits that are not paid after care; what the window took is set against a bill as far as there was one. */
async function receivables (query: Query): Promise<Proof> {
  const rows = await query(`select p.hospital_id, cast(sum(p.amount_fen) as bigint) as receivable,
    (select coalesce(sum(b.outstanding_fen), 0) from bills b where b.hospital_id = p.hospital_id and b.funder is null) as outstanding,
    (select coalesce(sum(c.amount_fen), 0) from charges c where c.hospital_id = p.hospital_id and c.kind <> 'payment' and c.state = 'posted' and not exists (select 1 from bill_lines l where l.charge_id = c.id)) as unbilled,
    (select coalesce(sum(c.amount_fen), 0) from charges c where c.hospital_id = p.hospital_id and c.kind = 'payment' and c.state = 'posted') as at_window,
    (select coalesce(sum(a.amount_fen), 0) from bill_allocations a join bills b on b.id = a.bill_id where b.hospital_id = p.hospital_id and (a.kind = 'window' or (a.kind = 'recovery' and exists (select 1 from charges c where c.id = a.source_id)))) as allocated
    from postings p where p.account like 'AR:patient:%' group by p.hospital_id`)
  const faults = rows.filter((row) => Number(row['receivable']) !== Number(row['outstanding']) + Number(row['unbilled']) - (Number(row['at_window']) - Number(row['allocated'])))
  const owed = rows.reduce((sum, row) => sum + Number(row['outstanding']), 0)
  return proof('receivables are the bills\' outstanding sums', faults.map((row) => JSON.stringify(row)), `${rows.length} hospitals, ${(owed / 100).toFixed(2)} yuan outstanding`)
}

async function exported ({ product, tokenOf }: Town, hospitals: readonly string[]): Promise<Proof> {
  const faults: string[] = []
  let [transactions, assertions] = [0, 0]
  for (const hospital of hospitals.filter((id) => id !== 'suspense')) {
    const text = (await product.bytes(`/v1/ledger/beancount?hospital=${hospital}`, tokenOf('finance'))).toString('utf8')
    const checked = checkBeancount(text)
    faults.push(...checked.faults.map((fault) => `${hospital} ${fault}`))
    transactions += checked.transactions
    assertions += checked.assertions
  }
  return proof('C-26 beancount export accepted', faults, `${transactions} transactions, ${assertions} balance assertions`)
}

async function chains ({ product, clock }: Town): Promise<Proof> {
  const { inTransaction, inReading } = product.parts().store
  const deps = { inTransaction, inReading, hash: sha256, breathe }
  await sealChains(deps, await horizonOf(deps), clock.now())
  const proofs = [await proveChain(deps, 'ledger'), await proveChain(deps, 'access')]
  return proof('I-14 chains proven', proofs.flatMap(({ chain, broken }) => broken === null ? [] : [`${chain} ${broken.number}: ${broken.fault}`]), proofs.map(({ chain, seals, rows }) => `${chain}: ${seals} seals over ${rows} rows`).join(', '))
}
