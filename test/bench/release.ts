import { randomBytes, randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import os from 'node:os'
import autocannon from 'autocannon'
import { openStore } from '../../adapters/store/index.ts'
import { sha256 } from '../../app/compose/sha256.ts'
import { issueToken } from '../../core/access/index.ts'
import { fen } from '../../core/money.ts'
import { aBill, aContract } from '../fixtures/pay-after-care.ts'
import { askAtRandom, type Asked } from './arrivals.ts'
import { startChildServer } from './child-server.ts'
import { milliseconds, perSecond, type BenchRow, type Measured } from './row.ts'
import { sendCharges } from './send-charges.ts'

const persons = 100
const requestsPerSecond = 200
const messagesPerSecond = 100
const forSeconds = 12
/** One who owes on so many visits; read by so many a second. */
const openBills = 1_000
const readsPerSecond = 20

/** The release gate and the status of a person while a hospital sends; load and server share the machine. */
export const releaseRow: BenchRow = {
  name: 'release',
  run: async ({ folder }) => {
    const dataDir = `${folder}/data`
    const token = await prepare(dataDir)
    const server = await startChildServer({ DATA_DIR: dataDir })
    const whileMessagesCome = async <T>(load: () => Promise<T>): Promise<{ readonly result: T, readonly used: string, readonly sent: number }> => {
      const [cpuFrom, from] = [cpuMsOf(server.pid), performance.now()]
      const sending = sendCharges(server.mllp, messagesPerSecond * forSeconds, forSeconds * 1000)
      const result = await load()
      const sent = await sending
      const used = (cpuMsOf(server.pid) - cpuFrom) / (performance.now() - from)
      return { result, sent, used: `the server used ${Math.round(used * 100)} % of a core, load ${os.loadavg()[0]?.toFixed(1) ?? ''}` }
    }
    const under = async (what: string, next: () => Asked): Promise<readonly Measured[]> => {
      const arrivals = await whileMessagesCome(() => askAtRandom({ port: server.http, token, perSecond: requestsPerSecond, forSeconds: forSeconds - 1, next }))
      const { p50, p99, failed, perSecond: asked } = arrivals.result
      const bursts = await whileMessagesCome(() => autocannon({
        url: `http://127.0.0.1:${server.http}`, connections: 10, overallRate: requestsPerSecond, duration: forSeconds - 1,
        requests: [{ setupRequest: (request) => ({ ...request, ...next(), headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' } }) }]
      }))
      const { latency, requests, non2xx, errors } = bursts.result
      return [
        {
          what: `${what}, ${perSecond(asked)} at random instants while ${perSecond(arrivals.sent)} messages come in`, value: `p50 ${milliseconds(p50)}, p99 ${milliseconds(p99)}, ${failed} failed; ${arrivals.used}`,
          against: `goal p99 ≤ 50 ms at ${requestsPerSecond}/s and ${messagesPerSecond}/s`, isMet: p99 <= 50 && failed === 0
        },
        {
          what: `${what}, ${perSecond(requests.average)} all at the beginning of the second, over 10 connections`, value: `p50 ${milliseconds(latency.p50)}, p99 ${milliseconds(latency.p99)}, ${non2xx + errors} failed; ${bursts.used}`,
          against: 'no goal: how a burst is worked off', isMet: null
        }
      ]
    }
    const ofMany = async (what: string, path: string, goalMs: number): Promise<Measured> => {
      const { result: { perSecond: asked, p50, p99, failed }, used } = await whileMessagesCome(() => askAtRandom({ port: server.http, token, perSecond: readsPerSecond, forSeconds: forSeconds - 1, next: () => ({ method: 'GET', path }) }))
      return { what: `${what} of a person with ${openBills.toLocaleString('en')} open bills, ${perSecond(asked)}`, value: `p50 ${milliseconds(p50)}, p99 ${milliseconds(p99)}, ${failed} failed; ${used}`, against: `goal p99 ≤ ${goalMs} ms`, isMet: p99 <= goalMs && failed === 0 }
    }
    try {
      await sendCharges(server.mllp, 500, 5_000)
      let asked = 0
      const next = (): number => (asked += 1) % persons
      return [
        ...await under('release checks', () => {
          const person = next()
          return { method: 'POST', path: '/v1/release-checks', body: JSON.stringify({ patientId: `p${person}`, visitId: `v${person}`, amountFen: 1, kind: 'exam', reference: `R${asked}` }) }
        }),
        ...await under('status of a person', () => ({ method: 'GET', path: `/v1/pay-after-care/p${next()}` })),
        await ofMany('a page of bills', '/v1/bills?patient=many&limit=100', 150),
        await ofMany('status', '/v1/pay-after-care/many', 50)
      ]
    } finally {
      await server.stop()
    }
  }
}

/** What a process has used so far, of Linux in hundredths of a second: what a busy machine did not give it is not in it. */
function cpuMsOf (pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\) /, '').split(' ')
  return (Number(fields[11]) + Number(fields[12])) * 10
}

/** Persons under contract, each on a visit with an open bill; answers a token of the hospital. */
async function prepare (dataDir: string): Promise<string> {
  const store = await openStore({ dataDir })
  await store.migrate()
  const hospitalId = 'hospital'
  const at = new Date()
  const { secret } = await store.inTransaction(async ({ tokens, patients, contracts, visits, bills }) => {
    const addPerson = async (patientId: string): Promise<void> => {
      await patients.save({ id: patientId, hospitalId, personId: patientId, name: null, birthDate: null, gender: null, active: true, identifiers: [] })
      await contracts.save(aContract(`c ${patientId}`, { patientId }))
    }
    const addBill = async (patientId: string, visitId: string): Promise<void> => {
      await visits.save({ id: visitId, hospitalId, visitNumber: null, placerNumber: null, patientId, class: 'outpatient', state: 'in_progress', payMode: 'postpay', startedAt: at, endedAt: null, department: null, practitionerId: null, continuedAs: null })
      await bills.save(aBill(`b ${visitId}`, { contractId: `c ${patientId}`, hospitalId, patientId, visitId, chargedFen: fen(5_000) }))
    }
    for (let person = 0; person < persons; person += 1) {
      await addPerson(`p${person}`)
      await addBill(`p${person}`, `v${person}`)
    }
    await addPerson('many')
    for (let visit = 0; visit < openBills; visit += 1) await addBill('many', `many${visit}`)
    return await issueToken({ tokens, ids: { next: randomUUID }, hash: sha256, randomSecret: () => randomBytes(32).toString('base64url') }, { role: 'desk', personId: null, organizationId: hospitalId, at, expiresAt: null })
  })
  await store.close()
  return secret
}
