import type { AddressInfo } from 'node:net'
import type { Config } from '../config.ts'
import { compose, type Composed, type System } from './compose.ts'
import { configuredParties } from './parties.ts'
import { openDemo, type Demo, type DemoOptions } from './demo.ts'
import { composeHttp } from './http.ts'

export interface Served {
  readonly http: number
  readonly parts: Composed
  readonly demo: Demo | null
  readonly close: () => Promise<void>
}

/** About a minute for a day from 07:30 to 18:00. */
const usualDemo: DemoOptions = { dayTakesMs: 55_000 }

/** Starts the product and says `listening` when all of it is ready. In the demo the simulated parties start with it. */
export async function serve (config: Config, system: System, demoOptions = usualDemo): Promise<Served> {
  const demo = config.isDemo ? await openDemo(config, system, demoOptions) : null
  const parts = await compose({ system, ...demo ?? { config, ...configuredParties(config, system), clockOf: async () => system.wallClock } })
  await demo?.begin(parts)
  for (const begin of parts.areas.begin) await begin()
  const server = await composeHttp(parts, demo === null ? null : demo.routes(parts))
  await server.listen({ host: config.host, port: config.httpPort })
  const http = (server.server.address() as AddressInfo).port
  demo?.listens(`http://127.0.0.1:${http}`)
  const sources = [...parts.listeners].map(([name, { port }]) => ({ name, port }))
  parts.log.info({ http, mllp: sources[0]?.port ?? null, sources, store: parts.store.dialect }, 'listening')
  demo?.play()
  return {
    http,
    parts,
    demo,
    close: async () => {
      await demo?.close()
      await server.close()
      await parts.close()
    }
  }
}
