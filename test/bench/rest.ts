import { askAtRandom, type Asked } from './arrivals.ts'
import { startChildServer } from './child-server.ts'
import { operatorToken } from './operator-token.ts'
import { milliseconds, perSecond, type BenchRow } from './row.ts'
import { sendCharges } from './send-charges.ts'

const readsPerSecond = 200
const messagesPerSecond = 500
const forSeconds = 12

/** Reads of amounts owed and of FHIR while a hospital sends; load and server share the machine. */
export const restRow: BenchRow = {
  name: 'rest',
  run: async ({ folder }) => {
    const dataDir = `${folder}/data`
    const token = await operatorToken(dataDir)
    const server = await startChildServer({ DATA_DIR: dataDir })
    try {
      await sendCharges(server.mllp, 500, 2_000)
      const ids = await patientIds(server.http, token)
      const sending = sendCharges(server.mllp, messagesPerSecond * forSeconds, forSeconds * 1000)
      const paths = ids.flatMap((id) => [`/v1/patients/${id}/owed`, `/fhir/Patient/${id}`, `/fhir/ChargeItem?patient=${id}&_count=10`])
      let asked = 0
      const next = (): Asked => ({ method: 'GET', path: paths[(asked += 1) % paths.length] ?? '' })
      const { perSecond: reads, p50, p99, failed } = await askAtRandom({ port: server.http, token, perSecond: readsPerSecond, forSeconds: forSeconds - 1, next })
      const sent = await sending
      return [
        { what: `reads, ${perSecond(reads)} at random instants while ${perSecond(sent)} messages come in`, value: `p50 ${milliseconds(p50)}, p99 ${milliseconds(p99)}, ${failed} failed`, against: `goal p99 ≤ 50 ms at ${readsPerSecond}/s and ${messagesPerSecond}/s`, isMet: p99 <= 50 && failed === 0 }
      ]
    } finally {
      await server.stop()
    }
  }
}

async function patientIds (http: number, token: string): Promise<readonly string[]> {
  const response = await fetch(`http://127.0.0.1:${http}/v1/patients?limit=100`, { headers: { authorization: `Bearer ${token}` } })
  const { items } = await response.json() as { items: ReadonlyArray<{ id: string }> }
  return items.map(({ id }) => id)
}
