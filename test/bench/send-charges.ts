import { once } from 'node:events'
import { connect } from 'node:net'
import { frame, makeFramer } from '../../adapters/mllp/index.ts'
import { charge } from './messages.ts'

const connections = 10
let serial = 0

/** So many charges, evenly over the time, over some connections. Answers how many a second were acknowledged. */
export async function sendCharges (port: number, count: number, overMs: number): Promise<number> {
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
