import path from 'node:path'
import iconv from 'iconv-lite'
import t from 'tap'
import { decodeText, parseMessage } from '../../../adapters/hl7v2/index.ts'
import { demoPatientOwesFen, demoPatients } from '../../../adapters/simulators/hospital/demo-persons.ts'
import { drawnPhoto } from '../../../adapters/simulators/hospital/drawn-photo.ts'
import { planDay } from '../../../adapters/simulators/hospital/plan-day.ts'
import { planLoad } from '../../../adapters/simulators/hospital/plan-load.ts'
import { printStep } from '../../../adapters/simulators/hospital/print-step.ts'
import { fictitiousResidentId } from '../../../adapters/simulators/hospital/resident-id.ts'
import { demoSites, type Site } from '../../../adapters/simulators/hospital/site.ts'
import { owedByRecord, type MoneyFact, type Step, type StepKind } from '../../../adapters/simulators/hospital/step.ts'
import { seededChance } from '../../../adapters/simulators/random.ts'
import { composeMappings } from '../../../app/compose/mappings.ts'
import { stableIdWith } from '../../../app/stable-id.ts'
import type { Mapped } from '../../../mappings/index.ts'
import { openDayLists } from '../../../adapters/simulators/hospital/day-list.ts'
import { readStatement } from '../../../adapters/statements/index.ts'
import { calendarIn } from '../../../core/clock.ts'

const sites = Object.values(demoSites)
const date = '2027-03-01'
const aDay = (site: Site, changes: { readonly seed?: number, readonly date?: string } = {}): readonly Step[] => planDay({ seed: 1, date, site, patients: 30, ...changes })
const bytesOf = (site: Site, steps: readonly Step[]): Buffer => Buffer.concat(steps.map((step) => printStep(site, step)))

const read = (site: Site, step: Step | undefined, path: string): string | null | undefined =>
  step === undefined ? undefined : parseMessage(decodeText(printStep(site, step), site.dialect.charset)).get(path)

const everyKind: readonly StepKind[] = ['doctor_file', 'appointment_booked', 'appointment_rescheduled', 'appointment_modified', 'appointment_cancelled', 'appointment_missed',
  'patient_registered', 'visit_registered', 'visit_cancelled', 'visit_closed', 'photo_taken', 'check_in', 'order_placed', 'result_reported', 'document_written', 'charged',
  'charge_cancelled', 'charge_adjusted', 'window_payment', 'patient_merged', 'message_resent', 'message_resent_under_new_id', 'late_update', 'broken_message']

for (const site of sites) {
  const steps = aDay(site)
  const { charset } = site.dialect

  t.test(`a day at the ${charset} hospital`, async (t) => {
    t.test('is the same, byte for byte, by the same seed and another by another', async (t) => {
      t.ok(bytesOf(site, steps).equals(bytesOf(site, aDay(site))))
      t.notOk(bytesOf(site, steps).equals(bytesOf(site, aDay(site, { seed: 2 }))))
    })

    t.test('holds every kind of event, between 07:30 and 18:00, in order of time', async (t) => {
      t.strictSame([...new Set(steps.map((step) => step.kind))].sort(), [...everyKind].sort())
      const times = steps.map((step) => step.at.getTime())
      t.strictSame(times, [...times].sort((one, other) => one - other))
      t.ok(times.every((time) => time >= Date.parse(`${date}T07:30:00+08:00`) && time <= Date.parse(`${date}T18:00:00+08:00`)))
      t.ok(steps.length >= 300 && steps.length <= 450, `${steps.length} messages`)
    })

    t.test('decodes in its character set and prints again as it was', async (t) => {
      const changed = steps.filter((step) => {
        const bytes = printStep(site, step)
        return !iconv.encode(parseMessage(decodeText(bytes, charset)).print(), charset).equals(bytes)
      })
      t.strictSame(changed.map((step) => step.kind), [])
    })

    t.test('names each message in MSH-10 once, but for the one that is resent as it was', async (t) => {
      const ids = steps.map((step) => read(site, step, 'MSH-10'))
      t.strictSame(ids, steps.map((step) => step.controlId))
      const repeated = steps.filter((step, place) => ids.indexOf(step.controlId) !== place)
      t.strictSame(repeated.map((step) => step.kind), ['message_resent'])
      const [again] = repeated
      const first = steps.find((step) => step.controlId === again?.controlId)
      t.ok(first !== undefined && again !== undefined && printStep(site, first).equals(printStep(site, again)))
    })

    t.test('holds exactly one message that is meant to fail', async (t) => {
      t.strictSame(steps.filter((step) => step.fate === 'dead').map((step) => step.kind), ['broken_message'])
    })

    t.test('brings a late update that says it is older than the registration', async (t) => {
      const late = steps.findIndex((step) => step.kind === 'late_update')
      const mrn = read(site, steps[late], 'PID-3')
      const registration = steps.findIndex((step) => step.kind === 'visit_registered' && read(site, step, 'PID-3') === mrn)
      t.ok(registration >= 0 && registration < late)
      t.ok(String(read(site, steps[late], 'EVN-2')) < String(read(site, steps[registration], 'EVN-2')))
    })

    t.test('charges a merged duplicate before and after its merge', async (t) => {
      const merge = steps.findIndex((step) => step.kind === 'patient_merged')
      const retired = read(site, steps[merge], 'MRG-1')
      const charged = steps.map((step, place) => ({ place, step })).filter(({ step }) => step.money.some((fact) => fact.mrn === retired))
      t.ok(charged.some(({ place }) => place < merge) && charged.some(({ place }) => place > merge))
    })
  })
}

t.test('the known persons of the demo', async (t) => {
  const steps = sites.flatMap((site) => aDay(site))
  const owed = owedByRecord(steps)

  t.test('owe after one day what the demo states', async (t) => {
    t.equal(owed.get(`east ${demoPatients.patient.person.mrn}`), demoPatientOwesFen)
    t.equal(demoPatientOwesFen, 14_830)
  })

  t.test('all come on any day of any seed', async (t) => {
    const other = sites.flatMap((site) => aDay(site, { seed: 7, date: '2027-03-02' }))
    const registered = new Set(other.filter((step) => step.kind === 'visit_registered').map((step) => `${step.hospital} ${JSON.stringify(step.message.find((segment) => segment.name === 'PID')?.fields[3])}`))
    for (const { hospital, person } of Object.values(demoPatients)) t.ok([...registered].some((one) => one.startsWith(hospital) && one.includes(person.mrn)), person.mrn)
  })

  t.test('are one person with one resident id where they visit both hospitals', async (t) => {
    t.equal(demoPatients.traveller.person.residentId, demoPatients.travellerInWest.person.residentId)
    t.not(demoPatients.traveller.person.mrn, demoPatients.travellerInWest.person.mrn)
  })
})

t.test('no two invented persons of a day share a resident id', async (t) => {
  const text = sites.map((site) => decodeText(bytesOf(site, aDay(site)), site.dialect.charset)).join('')
  const owners = new Map<string, Set<string>>()
  for (const [, mrn, residentId] of text.matchAll(/^PID\|1\|\|([^|^]+)[^\r]*?(10{5}\d{11}[\dX])/gm)) {
    owners.set(residentId ?? '', (owners.get(residentId ?? '') ?? new Set()).add(mrn ?? ''))
  }
  t.ok(owners.size > 40)
  t.strictSame([...owners.values()].filter((mrns) => mrns.size > 1).map((mrns) => [...mrns].sort()), [['E900004', 'W90002']])
})

t.test('names hold characters that only a careful reader survives', async (t) => {
  const west = bytesOf(demoSites.west, aDay(demoSites.west))
  const names = new Set(decodeText(west, 'gb18030').match(/[珅玘珇琝]|[\u{20000}-\u{2FFFF}]/gu))
  t.ok([...names].some((name) => iconv.encode(name, 'gb18030').length === 4))
  t.ok(['|', '^', '~', '\\'].filter((delimiter) => [...names].some((name) => iconv.encode(name, 'gb18030')[1] === delimiter.charCodeAt(0))).length >= 3)
})

t.test('a resident id', async (t) => {
  t.test('carries the check character of GB 11643', async (t) => {
    const weights = Array.from({ length: 18 }, (_, place) => 2 ** (17 - place) % 11)
    for (let serial = 0; serial < 40; serial++) {
      const digits = Array.from(fictitiousResidentId('1990-01-31', serial, 'female'), (digit) => digit === 'X' ? 10 : Number(digit))
      t.equal(digits.reduce((sum, digit, place) => sum + digit * (weights[place] ?? 0), 0) % 11, 1)
    }
  })
})

t.test('a drawn photo is a small JPEG that differs from person to person', async (t) => {
  const [one, other] = [drawnPhoto(seededChance(1)), drawnPhoto(seededChance(2))]
  t.strictSame([one.subarray(0, 4).toString('hex'), one.subarray(-2).toString('hex')], ['ffd8ffe0', 'ffd9'])
  t.ok(one.length < 1000)
  t.notOk(one.equals(other))
})

const aFact = (changes: Partial<MoneyFact>): Pick<Step, 'money'> =>
  ({ money: [{ hospital: 'east', mrn: 'E1', transactionId: 'T1', kind: 'charge', cancels: null, amountFen: 100, ...changes }] })

t.test('what a record owes', async (t) => {
  t.test('counts a transaction once, takes back a credited charge in any order, and subtracts payments', async (t) => {
    const facts = [aFact({ transactionId: 'C1', kind: 'credit', cancels: 'T2' }), aFact({}), aFact({}), aFact({ transactionId: 'T2' }),
      aFact({ transactionId: 'A1', kind: 'adjustment', amountFen: -10 }), aFact({ transactionId: 'P1', kind: 'payment', amountFen: 30 })]
    t.strictSame([...owedByRecord(facts)], [['east E1', 60]])
    t.strictSame([...owedByRecord([...facts].reverse())], [['east E1', 60]])
  })
})

t.test('a load', async (t) => {
  const wish = { seed: 3, messages: 300, patients: 20, sites, startsAt: new Date('2027-03-01T08:00:00+08:00') }
  const steps = [...planLoad(wish)]

  t.test('is as many single charges as wished, each transaction once, spread over patients and hospitals', async (t) => {
    t.equal(steps.length, 300)
    t.equal(new Set(steps.map((step) => `${step.hospital} ${step.controlId}`)).size, 300)
    t.equal(new Set(steps.flatMap((step) => step.money.map((fact) => fact.transactionId))).size, 300)
    t.strictSame([...new Set(steps.map((step) => step.hospital))], ['east', 'west'])
    t.ok(owedByRecord(steps).size > 35)
  })

  t.test('is the same by the same seed', async (t) => {
    t.strictSame([...planLoad(wish)], steps)
  })
})

const stableId = stableIdWith(Buffer.from('a key of the test'))

t.test('every message of a simulated day becomes valid FHIR R4, but for the one that is broken on purpose', async (t) => {
  const mappings = await composeMappings({ mappingsDir: path.resolve(import.meta.dirname, '../../../mappings'), sites: sites.map(({ hospital }) => hospital) })
  for (const site of sites) {
    const steps = aDay(site)
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

t.test('the day list of a simulated hospital → is read by our parser and has every transaction once, whatever was repeated', async (t) => {
  const steps = planDay({ seed: 1, date: '2027-03-01', site: demoSites.east, patients: 20 })
  const lists = openDayLists(calendarIn('Asia/Shanghai'))
  for (const step of steps) lists.note(step)
  const items = [...readStatement.his(lists.write('east', '2027-03-01'))]
  const owedFen = [...owedByRecord(steps).values()].reduce((sum, fen) => sum + fen, 0)
  t.ok(items.length > 50)
  t.equal(new Set(items.map(({ key }) => key)).size, items.length)
  t.equal(items.reduce((sum, { kind, amountFen }) => sum + (kind === 'payment' ? 0 - amountFen : amountFen), 0), owedFen)
  t.strictSame([...readStatement.his(lists.write('east', '2027-03-02'))], [])
})
