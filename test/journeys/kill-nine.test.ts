import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import t from 'tap'
import { demoSites } from '../../adapters/simulators/hospital/site.ts'
import { planLoad } from '../../adapters/simulators/hospital/plan-load.ts'
import { openStore, type Store } from '../../adapters/store/index.ts'
import { sendThroughKills, startServer } from './kill-nine-driver.ts'

/** Longer by hand: KILL_MESSAGES=10000 KILL_TIMES=500 node --import tsx test/journeys/kill-nine.test.ts */
const messages = Number(process.env['KILL_MESSAGES'] ?? 600)
const seed = Number(process.env['KILL_SEED'] ?? 20270301)
const kills = Number(process.env['KILL_TIMES'] ?? (messages > 1000 ? 8 : 3))
const sites = Object.values(demoSites)

t.setTimeout(Math.max(600_000, kills * 5_000))

t.test(`the server is killed ${kills} times while ${messages} charges come in, and each HIS resends what was not acknowledged [acc:C-07]`, async (t) => {
  const dataDir = t.testdir({})
  const siteFile = path.join(dataDir, 'site.json')
  await writeFile(siteFile, JSON.stringify({
    hospitals: sites.map(({ hospital }) => ({ id: hospital, name: hospital })),
    sources: sites.map(({ hospital, dialect }) => ({ name: hospital, kind: 'mllp', hospital, port: 0, charset: dialect.charset, mappingSite: hospital }))
  }))
  const steps = [...planLoad({ seed, messages, patients: 40, sites, startsAt: new Date('2027-03-01T08:00:00+08:00') })]
  const server = await sendThroughKills(steps, sites, { seed, kills, connectionsPerSite: 4 }, () => startServer({ dataDir, siteFile }))
  t.teardown(() => server.kill('SIGKILL'))
  const store = await openStore({ dataDir })
  t.teardown(store.close)
  await untilApplied(store)
  await server.kill('SIGTERM')

  t.test('every message is in the inbox once, and applied', async (t) => {
    const found = await inboxOf(store)
    t.strictSame(found, steps.map((step) => `${step.hospital} ${step.controlId} applied`).sort())
  })

  t.test('every charge stands once, with its amount', async (t) => {
    const found = await chargesOf(store)
    t.strictSame(found, steps.flatMap((step) => step.money).map((fact) => `${fact.hospital} ${fact.transactionId} ${fact.amountFen}`).sort())
  })

  t.test('the ledger holds one entry a charge, and its sum is the plan\'s', async (t) => {
    const sumOf = (hospital: string): number => steps.flatMap((step) => step.money).filter((fact) => fact.hospital === hospital).reduce((sum, fact) => sum + fact.amountFen, 0)
    const balances = await store.inReading(({ ledger }) => ledger.trialBalance(null))
    const owed = sites.map(({ hospital }) => balances.filter((row) => row.hospitalId === hospital && row.account.startsWith('AR:')).reduce((sum, row) => sum + row.balanceFen, 0))
    t.strictSame(owed, sites.map(({ hospital }) => sumOf(hospital)))
    t.equal(balances.reduce((sum, row) => sum + row.balanceFen, 0), 0)
    t.strictSame(await store.inReading(({ ledger }) => ledger.unbalancedEntries()), [])
    const accounts = balances.map((row) => row.account).filter((account) => account.startsWith('AR:'))
    const lines = await store.inReading(({ ledger }) => ledger.statement(accounts, { limit: messages + 1, offset: 0 }))
    t.equal(lines.length, messages)
    t.equal(new Set(lines.map((line) => line.sourceKey)).size, messages)
  })
})

/** The last charges are applied after their acknowledgement. */
async function untilApplied (store: Store): Promise<void> {
  for (;;) {
    const { bySource } = await store.inReading(({ inbox }) => inbox.statistics())
    if (!bySource.some(({ status, count }) => status === 'received' && count > 0)) return
    await pause(50)
  }
}

async function inboxOf (store: Store): Promise<readonly string[]> {
  const found: string[] = []
  for (let before: number | null = null; ;) {
    const page = await store.inReading(({ inbox }) => inbox.list({}, { limit: 500, before }))
    found.push(...page.map((message) => `${message.source} ${message.controlId ?? ''} ${message.status}`))
    const last = page.at(-1)
    if (last === undefined) return found.sort()
    before = last.sequence
  }
}

async function chargesOf (store: Store): Promise<readonly string[]> {
  const filter = { patientIds: null, visitId: null, hospitalId: null, state: null }
  const charges = await store.inReading(({ charges }) => charges.list(filter, { limit: messages + 1, offset: 0 }))
  return charges.map((charge) => `${charge.hospitalId} ${charge.transactionId} ${charge.amountFen ?? ''}`).sort()
}
