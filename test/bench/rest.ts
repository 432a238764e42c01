import { connect } from 'node:net'
import { once } from 'node:events'
import autocannon from 'autocannon'
import { frame, makeFramer } from '../../adapters/mllp/index.ts'
import { startChildServer } from './child-server.ts'
import { charge } from './messages.ts'
import { operatorToken } from './operator-token.ts'
import { milliseconds, perSecond, type BenchRow } from './row.ts'

const readsPerSecond = 200
const messagesPerSecond = 500
const connections = 10
const forSeconds = 12

/** Reads of amounts owed and of FHIR while a hospital sends; load and server share the machine. */
export const restRow: BenchRow = {
  name: 'rest',
  run: async ({ folder }) => {
    const dataDir = `${folder}/data`
    const token = await operatorToken(dataDir)
    const server = await startChildServer({ DATA_DIR: dataDir })
    try {
      await send(server.mllp, 500, 2_000)
      const ids = await patientIds(server.http, token)
      const sending = send(server.mllp, messagesPerSecond * forSeconds, forSeconds * 1000)
      const requests = ids.flatMap((id) => [`/v1/patients/${id}/owed`, `/fhir/Patient/${id}`, `/fhir/ChargeItem?patient=${id}&_count=10`])
        .map((path) => ({ method: 'GET' as const, path, headers: { authorization: `Bearer ${token}` } }))
      const result = await autocannon({ url: `http://127.0.0.1:${server.http}`, connections: 10, overallRate: readsPerSecond, duration: forSeconds - 1, requests })
      const sent = await sending
      return [
        { what: `reads, ${perSecond(result.requests.average)} while ${perSecond(sent)} messages come in`, value: `p50 ${milliseconds(result.latency.p50)}, p99 ${milliseconds(result.latency.p99)}, ${result.non2xx + result.errors} failed`, against: `goal p99 ≤ 50 ms at ${readsPerSecond}/s and ${messagesPerSecond}/s`, isMet: result.latency.p99 <= 50 && result.non2xx + result.errors === 0 }
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

let serial = 0

/** So many charges, evenly over the time, over some connections. Answers how many a second were acknowledged. */
async function send (port: number, count: number, overMs: number): Promise<number> {
  const from = performance.now()
  await Promise.all(Array.from({ length: connections }, async (_, place) => {
    const socket = connect({ host: '127.0.0.1', port, noDelay: true })
    await once(socket, 'connect')
    const framer = makeFramer({ maxMessageBytes: 100_000 })
    const share = Math.floor(count / connections)
    await new Promise<void>((resolve) => {
      let acknowledged = 0
      const sendNext = (): void => {
        serial += 1
        socket.write(frame(Buffer.from(charge(serial, serial % 100))))
      }
      socket.on('data', (chunk) => {
        for (const event of framer.push(chunk)) {
          if (event.kind !== 'frame') continue
          acknowledged += 1
          if (acknowledged === share) resolve()
          else setTimeout(sendNext, Math.max(0, from + (acknowledged + place / connections) * overMs / share - performance.now()))
        }
      })
      sendNext()
    })
    socket.destroy()
  }))
  return count / ((performance.now() - from) / 1000)
}
