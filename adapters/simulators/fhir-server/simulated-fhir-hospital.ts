import type { Calendar, Clock } from '../../../core/clock.ts'
import type { Ids } from '../../../core/ids.ts'
import type { Fault } from '../fault.ts'
import type { JournalItem } from '../journal.ts'
import { businessDay } from '../hospital/business-day.ts'
import { draftDay } from '../hospital/plan-day.ts'
import type { Site } from '../hospital/site.ts'
import { fhirDialect } from './fhir-dialect.ts'
import { startFhirServer } from './server.ts'
import type { FhirFaultKind } from './server-state.ts'
import { taskDesk, type TaskDesk } from './task-desk.ts'
import type { Credentials } from './token-endpoint.ts'

interface SimulatedFhirHospitalOptions {
  readonly site: Site
  readonly seed: number
  /** Per day. */
  readonly patients: number
  readonly host: string
  /** 0 picks a free port. */
  readonly port: number
  /** Null lets everybody in. */
  readonly credentials: Credentials | null
  /** Business time: of what happens, and of the server's time stamps. */
  readonly clock: Clock
  /** Real time, for the age of tokens. */
  readonly wallClock: Clock
  readonly calendar: Calendar
  readonly ids: Ids
}

export interface SimulatedFhirHospital {
  /** Base address of its FHIR server. */
  readonly url: string
  readonly tokenUrl: string
  /**
   * Everything that happens on the business day that the clock stands in, at once; on a second call the day after, and
   * so on. Answers how many resources were written.
   */
  readonly playDay: () => { readonly written: number }
  /** What happened in the hospital and what clients wrote into its server. */
  readonly items: (since: Date | null) => readonly JournalItem[]
  readonly setFaults: (faults: ReadonlyArray<Fault<FhirFaultKind>>) => void
  /** Down: every request is answered with 503. */
  readonly setUp: (isUp: boolean) => void
  /** How it answers requests that are written into its server as Tasks; answers whether there is such a request. */
  readonly answerRequests: TaskDesk['act']
  readonly close: () => Promise<void>
}

/** A hospital whose HIS has a FHIR server: the day of the other simulated hospitals, told in FHIR. */
export async function simulatedFhirHospital (options: SimulatedFhirHospitalOptions): Promise<SimulatedFhirHospital> {
  const { site, seed, patients, clock, calendar } = options
  const desk = taskDesk(() => server.resources)
  const server = await startFhirServer({ ...options, heard: desk.heard })
  const dialect = fhirDialect({ resources: server.resources, base: server.url })
  let lastDate = ''
  return {
    url: server.url,
    tokenUrl: server.tokenUrl,
    playDay: () => {
      const today = calendar(clock.now())
      lastDate = lastDate < today ? today : calendar(new Date(businessDay(lastDate).at(0).getTime() + 86_400_000))
      let written = 0
      for (const draft of draftDay({ seed, date: lastDate, site, patients })) {
        const names = dialect.write(draft)
        written += names.length
        if (names.length > 0) server.journal.note({ at: draft.at, kind: draft.kind, key: draft.key, body: { hospital: site.hospital, resources: names } })
      }
      return { written }
    },
    items: server.items,
    setFaults: server.setFaults,
    setUp: server.setUp,
    answerRequests: desk.act,
    close: server.close
  }
}
