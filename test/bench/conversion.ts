import path from 'node:path'
import { randomBytes } from 'node:crypto'
import { composeMappings } from '../../app/compose/mappings.ts'
import { textTranslator } from '../../app/compose/translate.ts'
import { stableIdWith } from '../../app/stable-id.ts'
import { admission, charge, report } from './messages.ts'
import { milliseconds, ratePerCpuSecond, type BenchRow } from './row.ts'

/** Medians of Microsoft's Node (Handlebars 2.1.1) FHIR-Converter on Node 20, ms of CPU; a peer that is not on npm any more. */
const microsoft = { adt: 24.2, oru: 73.1 }

/** Text → parsed → FHIR R4 → checked against R4, ms of CPU per message. */
export const conversionRow: BenchRow = {
  name: 'conversion',
  run: async () => {
    const mappings = await composeMappings({ mappingsDir: path.resolve(import.meta.dirname, '../../mappings'), sites: [] })
    const translate = textTranslator({ ...mappings, stableId: stableIdWith(randomBytes(32)), zone: 'Asia/Shanghai' })
    const by = { site: 'base', charset: 'utf8', hospitalId: 'east', receivedAt: new Date('2027-03-01T08:00:00+08:00'), source: 'bench' }
    const cost = (text: string): number => 1000 / ratePerCpuSecond(() => { translate(text, by) })
    const adt = cost(admission('A1'))
    const oru = cost(report('R1', 20))
    const dft = cost(charge(1, 1))
    const large = cost(report('R1', 1000))
    return [
      { what: 'ADT^A01 with 12 segments', value: milliseconds(adt), against: `goal 1 ms; Microsoft's Node converter ${microsoft.adt} ms (its published templates, measured before)`, isMet: adt <= 1 },
      { what: 'ORU^R01 with 20 observations', value: milliseconds(oru), against: `goal 3 ms; Microsoft's ${microsoft.oru} ms`, isMet: oru <= 3 },
      { what: 'DFT^P03 with 1 charge', value: milliseconds(dft), against: 'no goal', isMet: null },
      { what: 'ORU^R01 with 1,000 observations', value: milliseconds(large), against: 'no goal', isMet: null }
    ]
  }
}
