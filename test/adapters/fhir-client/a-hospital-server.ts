import { randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { startFhirServer, type FhirServer, type FhirServerOptions } from '../../../adapters/simulators/fhir-server/server.ts'
import type { Clock } from '../../../core/clock.ts'
import type { Teardown } from '../../fixtures/store.ts'

export interface HospitalServer extends FhirServer {
  /** Moves the server's clock. */
  readonly pass: (ms: number) => void
}

/** The simulated FHIR server of a hospital, on a clock of its own that stands still. */
export async function aHospitalServer (t: Teardown, options: Partial<FhirServerOptions> = {}): Promise<HospitalServer> {
  const clock = aClock('2027-03-01T07:30:00+08:00')
  const server = await startFhirServer({ host: '127.0.0.1', port: 0, clock, wallClock: { now: () => new Date() }, ids: { next: randomUUID }, ...options })
  t.teardown(server.close)
  return { ...server, pass: clock.pass }
}

export function aClock (start: string): Clock & { readonly pass: (ms: number) => void } {
  let now = Date.parse(start)
  return { now: () => new Date(now), pass: (ms) => { now += ms } }
}

/** Any answer at all, for what no FHIR server should say. */
export async function aBareServer (t: Teardown, answer: (request: IncomingMessage, response: ServerResponse) => void): Promise<{ readonly url: string, readonly requests: () => number }> {
  let requests = 0
  const server = createServer((request, response) => {
    requests += 1
    answer(request, response)
  })
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve) })
  t.teardown(() => new Promise((resolve) => {
    server.close(resolve)
    server.closeAllConnections()
  }))
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests: () => requests }
}
