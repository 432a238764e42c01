import { fictitiousResidentId } from '../../adapters/simulators/hospital/resident-id.ts'
import type { Chance } from '../../adapters/simulators/random.ts'
import type { HisFile } from './his.ts'

/**
 * How somebody pays. at_once: before going home. on_day: on day 1 to 7. last_moment: at 23:59:59.999 of the last day.
 * late: after the deadline. partial: some of it now and then. never: for months. disputes: objects first. leaves: pays,
 * ends the contract and signs again. at_window: cash, the HIS tells of it. elsewhere: pays without a contract.
 */
export const tempers = ['at_once', 'on_day', 'last_moment', 'late', 'partial', 'never', 'disputes', 'leaves', 'at_window', 'elsewhere', 'guarded'] as const
export type Temper = typeof tempers[number]

export type Channel = 'wechat' | 'alipay' | 'bank' | 'insurance' | 'mixed'

export interface Person {
  readonly serial: number
  readonly temper: Temper
  readonly hospital: string
  readonly file: HisFile
  /** A record of the same person at another hospital, tied by the resident id; null: none. */
  readonly second: { readonly hospital: string, readonly file: HisFile } | null
  /** A second record at the same hospital by mistake, merged later; null: none. */
  readonly double: HisFile | null
  readonly guardian: Person | null
  readonly phone: string
  readonly isInsured: boolean
  readonly scores: { readonly bank: number, readonly zhima: number }
  readonly channel: Channel
  readonly registered: Set<string>
  patientId: string
  token: string
  /** Null: none stands. */
  contractId: string | null
  /** Not to be asked again before. */
  signsFrom: number
  isBusy: boolean
  isMerged: boolean
}

const familyNames = ['赵', '钱', '孙', '李', '周', '吴', '郑', '王', '冯', '陈', '欧阳', '司马']
const givenNames = ['虚伟', '样芳', '小例', '假英', '建拟', '丽想', '珅', '玘', '文㛃', '𬍛']
const channels: readonly Channel[] = ['wechat', 'alipay', 'bank', 'insurance', 'wechat', 'mixed', 'alipay']

/** The persons of a town, the tempers in turn, so that each is there from the first dozen on. */
export function inventPersons (chance: Chance, hospitals: readonly string[], perHospital: number): readonly Person[] {
  const persons: Person[] = []
  for (let serial = 1; serial <= hospitals.length * perHospital; serial += 1) {
    const temper = tempers[(serial - 1) % tempers.length] ?? 'at_once'
    const hospital = hospitals[(serial - 1) % hospitals.length] ?? ''
    const other = hospitals[serial % hospitals.length] ?? hospital
    const guardian = temper === 'guarded' ? aPerson(chance, { serial: serial + 5_000, temper: 'on_day', hospital, birthYear: 1985 }) : null
    const person = aPerson(chance, { serial, temper, hospital, birthYear: guardian === null ? 1940 + chance.below(60) : 2018 })
    const isTwice = serial % 5 === 0 && other !== hospital
    persons.push({
      ...person, guardian,
      second: isTwice ? { hospital: other, file: { ...person.file, mrn: `S${String(serial).padStart(5, '0')}` } } : null,
      double: serial % 17 === 3 ? { ...person.file, mrn: `D${String(serial).padStart(5, '0')}` } : null
    })
  }
  return persons
}

function aPerson (chance: Chance, { serial, temper, hospital, birthYear }: { readonly serial: number, readonly temper: Temper, readonly hospital: string, readonly birthYear: number }): Person {
  const gender = chance.pick(['male', 'female'] as const)
  const birthDate = `${birthYear}-${String(1 + serial % 12).padStart(2, '0')}-${String(1 + chance.below(28)).padStart(2, '0')}`
  const isInsured = serial % 4 !== 0
  return {
    serial, temper, hospital, isInsured, second: null, double: null, guardian: null,
    file: { mrn: `M${String(serial).padStart(5, '0')}`, residentId: fictitiousResidentId(birthDate, serial, gender), name: [chance.pick(familyNames), chance.pick(givenNames)], birthDate, gender },
    phone: `1380000${String(serial).padStart(4, '0')}`,
    // Who is not insured may sign by a score; now and then nobody vouches for somebody.
    scores: { bank: 100 + chance.below(40), zhima: 660 + chance.below(90) },
    channel: channels[serial % channels.length] ?? 'wechat',
    registered: new Set(), patientId: '', token: '', contractId: null, signsFrom: 0, isBusy: false, isMerged: false
  }
}
