import type { Dialect } from './dialect.ts'
import type { Department, Doctor } from './his-event.ts'
import { standardDialect } from './standard-dialect.ts'
import { zSegmentDialect } from './z-segment-dialect.ts'

/** A hospital that the simulator can play: its dialect, its numbers, its staff. */
export interface Site {
  readonly hospital: string
  readonly dialect: Dialect
  /** First letters and width of its record numbers, e.g. `E000123`. */
  readonly mrn: (serial: number) => string
  /** Letter that its visit, order and transaction numbers begin with. */
  readonly letter: string
  readonly doctors: readonly [Doctor, ...Doctor[]]
  /** Keeps the persons of two sites apart. */
  readonly firstSerial: number
}

const department = (code: string, name: string, room: string): Department => ({ code, name, room })

const internal = department('0101', '内科门诊', '101')
const paediatrics = department('0201', '儿科门诊', '203')
const surgery = department('0301', '外科门诊', '305')

const doctor = (code: string, name: readonly [string, string], gender: 'male' | 'female', department: Department): Doctor =>
  ({ code, familyName: name[0], givenName: name[1], gender, department, speciality: department.name.replace('门诊', ''), isActive: true })

/** The two sites of the demo; their habits are described in the README of their mapping. */
export const demoSites: { readonly east: Site, readonly west: Site } = {
  east: {
    hospital: 'east',
    dialect: standardDialect({ application: 'EASTHIS', facility: 'EAST', codes: 'EAST' }),
    mrn: (serial) => `E${String(serial).padStart(6, '0')}`,
    letter: 'E',
    doctors: [doctor('D1001', ['林', '例文'], 'female', internal), doctor('D1002', ['何', '假山'], 'male', paediatrics), doctor('D1003', ['罗', '玘'], 'male', surgery)],
    firstSerial: 1
  },
  west: {
    hospital: 'west',
    dialect: zSegmentDialect({ application: 'WHIS', facility: 'WEST' }),
    mrn: (serial) => `W${String(serial).padStart(5, '0')}`,
    letter: 'W',
    doctors: [doctor('3001', ['马', '拟川'], 'male', internal), doctor('3002', ['高', '珅'], 'female', surgery)],
    firstSerial: 251
  }
}
