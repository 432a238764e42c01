import type { Appointment } from './his-event.ts'
import type { Person } from './person.ts'
import type { Site } from './site.ts'
import type { StepKind } from './step.ts'
import type { Draft } from './visit-script.ts'

const kinds = { S12: 'appointment_booked', S13: 'appointment_rescheduled', S14: 'appointment_modified', S15: 'appointment_cancelled', S26: 'appointment_missed' } as const satisfies Record<string, StepKind>

export function draftAppointment (trigger: keyof typeof kinds, at: Date, person: Person, appointment: Appointment): Draft {
  return { at, kind: kinds[trigger], key: appointment.number, event: { kind: 'appointment', trigger, person, appointment } }
}

interface AppointmentDesk {
  readonly site: Site
  /** e.g. `EA27030100` before the running number. */
  readonly numberOf: (serial: number) => string
  readonly at: (minute: number) => Date
}

/**
 * The bookings nobody comes for in the ordinary way: one moved, one modified, one cancelled, one missed, each after
 * it was booked.
 */
export function scriptAppointmentChanges (desk: AppointmentDesk, persons: readonly Person[]): readonly Draft[] {
  const [doctor] = desk.site.doctors
  const booked = persons.map((person, place) => ({
    person,
    appointment: { number: desk.numberOf(900 + place), doctor, start: desk.at(240 + place * 15), minutes: 15, reason: '普通复诊' }
  }))
  const changes: ReadonlyArray<readonly [keyof typeof kinds, number, number]> = [['S13', 40, 75], ['S14', 55, 0], ['S15', 70, 0], ['S26', 420, 0]]
  return booked.flatMap(({ person, appointment }, place) => {
    const change = changes[place]
    const first = draftAppointment('S12', desk.at(3 + place), person, appointment)
    if (change === undefined) return [first]
    const [trigger, minute, movedByMinutes] = change
    const start = new Date(appointment.start.getTime() + movedByMinutes * 60_000)
    return [first, draftAppointment(trigger, desk.at(minute), person, { ...appointment, start, reason: trigger === 'S14' ? '改约专家门诊' : appointment.reason })]
  })
}
