import path from 'node:path'
import t from 'tap'
import { decodeText, parseMessage } from '../../../adapters/hl7v2/index.ts'
import { planDay } from '../../../adapters/simulators/hospital/plan-day.ts'
import { printStep } from '../../../adapters/simulators/hospital/print-step.ts'
import { demoSites } from '../../../adapters/simulators/hospital/site.ts'
import { composeMappings } from '../../../app/compose/mappings.ts'
import { stableIdWith } from '../../../app/stable-id.ts'
import type { Mapped } from '../../../mappings/index.ts'

const stableId = stableIdWith(Buffer.from('a key of the test'))
const sites = Object.values(demoSites)

t.test('every message of a simulated day becomes valid FHIR R4, but for the one that is broken on purpose', async (t) => {
  const mappings = await composeMappings({ mappingsDir: path.resolve(import.meta.dirname, '../../../mappings'), sites: sites.map(({ hospital }) => hospital) })
  for (const site of sites) {
    const steps = planDay({ seed: 1, date: '2027-03-01', site, patients: 30 })
    const outcomes = steps.map((step) => {
      const map = (): Mapped | undefined => mappings.sites.get(site.hospital)?.map(parseMessage(decodeText(printStep(site, step), site.dialect.charset), site.dialect.charset),
        { hospitalId: site.hospital, stableId, zone: 'Asia/Shanghai', receivedAt: step.at, source: 'test' })
      try {
        const changes = map()?.changes ?? []
        const faults = changes.flatMap(({ resource }) => mappings.checkResource(resource))
        return { kind: step.kind, outcome: changes.length === 0 ? 'nothing' : faults.length > 0 ? JSON.stringify(faults[0]) : 'valid' }
      } catch (error) {
        return { kind: step.kind, outcome: String((error as { code?: unknown }).code) }
      }
    })
    t.strictSame(outcomes.filter(({ outcome }) => outcome !== 'valid'), [{ kind: 'broken_message', outcome: 'MAPPING_VALUE_INVALID' }], site.hospital)
  }
})
