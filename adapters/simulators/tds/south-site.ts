import type { Department, Doctor, HisEvent } from '../hospital/his-event.ts'
import type { Site } from '../hospital/site.ts'

const department = (code: string, name: string, room: string): Department => ({ code, name, room })
const internal = department('11', '内科', '2-101')
const orthopaedics = department('12', '骨科', '2-205')

const doctor = (code: string, name: readonly [string, string], gender: 'male' | 'female', of: Department): Doctor =>
  ({ code, familyName: name[0], givenName: name[1], gender, department: of, speciality: of.name, isActive: true })

/** South Bridge Hospital sends no messages: what its plan would send is told to `hear` instead, by control id. */
export function southSite (hospital: string, hear: (controlId: string, event: HisEvent) => void): Site {
  return {
    hospital,
    dialect: {
      charset: 'utf8',
      write: (event, { controlId }) => {
        hear(controlId, event)
        return []
      }
    },
    mrn: (serial) => `S${String(serial).padStart(6, '0')}`,
    letter: 'S',
    doctors: [doctor('5001', ['白', '例山'], 'male', internal), doctor('5002', ['江', '拟珅'], 'female', orthopaedics)],
    firstSerial: 601
  }
}
