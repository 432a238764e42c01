import type { Department, Doctor } from '../hospital/his-event.ts'
import type { Site } from '../hospital/site.ts'
import { standardDialect } from '../hospital/standard-dialect.ts'

const outpatients: Department = { code: '0101', name: '内科门诊', room: '北101' }
const eyes: Department = { code: '0401', name: '眼科门诊', room: '北402' }

const doctor = (code: string, name: readonly [string, string], gender: 'male' | 'female', department: Department): Doctor =>
  ({ code, familyName: name[0], givenName: name[1], gender, department, speciality: department.name.replace('门诊', ''), isActive: true })

/**
 * The hospital of the demo whose HIS has a FHIR server. Its dialect writes the same day in HL7 v2, which nobody is sent:
 * by it a test tells that both ways end in the same visits and amounts.
 */
export const northSite: Site = {
  hospital: 'north',
  dialect: standardDialect({ application: 'NORTHHIS', facility: 'NORTH', codes: 'NORTH' }),
  mrn: (serial) => `N${String(serial).padStart(6, '0')}`,
  letter: 'N',
  doctors: [doctor('B2001', ['邱', '例北'], 'male', outpatients), doctor('B2002', ['石', '玘'], 'female', eyes)],
  firstSerial: 501
}
