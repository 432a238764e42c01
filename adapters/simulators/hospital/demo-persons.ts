import { fictitiousAddress, fictitiousPhone, type Person } from './person.ts'
import { fictitiousResidentId } from './resident-id.ts'

/**
 * Persons that the demo's credentials stand for: their record numbers never change, so their patient ids are known
 * before the day is played.
 */
const adult = (mrn: string, name: readonly [string, string, string, string], birthDate: string, serial: number): Person => ({
  mrn,
  familyName: name[0],
  givenName: name[1],
  pinyin: { family: name[2], given: name[3] },
  gender: serial % 2 === 0 ? 'female' : 'male',
  birthDate,
  residentId: fictitiousResidentId(birthDate, serial, serial % 2 === 0 ? 'female' : 'male'),
  phone: fictitiousPhone(serial),
  address: fictitiousAddress(`示范路${serial}号`),
  faceConsent: true,
  guardian: null
})

const guardian = adult('E900002', ['宋', '示兰', 'Song', 'Shilan'], '1985-05-20', 482)
const traveller = adult('E900004', ['唐', '琝', 'Tang', 'Min'], '1972-09-09', 485)

/** `guardian` speaks for `ward`; `traveller` is one person with records at both hospitals and one resident id. */
export const demoPatients = {
  patient: { hospital: 'east', person: adult('E900001', ['许', '样例', 'Xu', 'Yangli'], '1990-03-15', 481) },
  guardian: { hospital: 'east', person: guardian },
  ward: { hospital: 'east', person: {
    ...adult('E900003', ['宋', '小示', 'Song', 'Xiaoshi'], '2019-06-01', 483),
    guardian: { familyName: guardian.familyName, givenName: guardian.givenName, phone: guardian.phone }
  } },
  patient2: { hospital: 'west', person: adult('W90001', ['曹', '𬍛', 'Cao', 'Yu'], '1968-12-30', 484) },
  traveller: { hospital: 'east', person: traveller },
  travellerInWest: { hospital: 'west', person: { ...traveller, mrn: 'W90002' } }
} as const satisfies Record<string, DemoPatient>

export interface DemoPatient {
  readonly hospital: string
  readonly person: Person
}

/** The doctors behind the credentials `doctor` and `doctor2`, by their number in STF-1 and PV1-7. */
export const demoDoctors = {
  doctor: { hospital: 'east', code: 'D1001' },
  doctor2: { hospital: 'west', code: '3001' }
} as const

/**
 * What `patient` owes after one played day: registration 15.00 + consultation 50.00 + blood count 25.80 + two packs of
 * cough syrup at 28.75; a third drug of 63.90 was charged and taken back.
 */
export const demoPatientOwesFen = 1500 + 5000 + 2580 + 2 * 2875
