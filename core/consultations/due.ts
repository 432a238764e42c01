import { isNamed, type Consultation, type DueFor } from './consultation.ts'
import { hoursAfter, minutesAfter, type ConsultationSettings } from './settings.ts'

interface Due {
  readonly dueAt: Date | null
  readonly dueFor: DueFor | null
}

const nothing: Due = { dueAt: null, dueFor: null }

type Times = Omit<Consultation, 'dueAt' | 'dueFor'>

/** By state; of what is not here nothing happens by itself. In review the reviewer's own time limit stands on the request. */
const dueBy: Readonly<Partial<Record<Consultation['state'], (times: Times, settings: ConsultationSettings, at: Date) => Due>>> = {
  created: ({ createdAt }, { payMinutes }) => ({ dueFor: 'pay', dueAt: minutesAfter(createdAt, payMinutes) }),
  paid: ({ paidAt, createdAt }, settings, at) => ({ dueFor: 'find_doctor', dueAt: earlier(minutesAfter(at, settings.lookAgainMinutes), noDoctorAt(paidAt ?? createdAt, settings)) }),
  assigned: (times, settings) => ({ dueFor: 'accept', dueAt: minutesAfter(times.assignedAt ?? times.createdAt, acceptMinutes(times, settings)) }),
  in_progress: ({ repliedAt, acceptedAt, createdAt }, { finishAfterHours }) => ({ dueFor: 'finish', dueAt: hoursAfter(repliedAt ?? acceptedAt ?? createdAt, finishAfterHours) }),
  finished: ({ finishedAt, createdAt }, { settleAfterHours }) => ({ dueFor: 'settle', dueAt: hoursAfter(finishedAt ?? createdAt, settleAfterHours) })
}

/** What happens next by itself, and when (§1.4 timers). It follows from the order alone, so a review or a switch needs no memory of what ran before. */
export function dueOf (times: Times, settings: ConsultationSettings, at: Date): Due {
  return dueBy[times.state]?.(times, settings, at) ?? nothing
}

/** From here on nobody is looked for any more. */
export const noDoctorAt = (paidAt: Date, { noDoctorMinutes }: Pick<ConsultationSettings, 'noDoctorMinutes'>): Date => minutesAfter(paidAt, noDoctorMinutes)

function acceptMinutes (consultation: Pick<Consultation, 'acceptedBy' | 'namedDoctorId' | 'doctorId' | 'mode'>, settings: ConsultationSettings): number {
  if (consultation.acceptedBy === 'his') return settings.hospitalAnswerMinutes
  return isNamed(consultation) ? settings.namedAcceptMinutes[consultation.mode] : settings.onDutyAcceptMinutes
}

const earlier = (one: Date, other: Date): Date => one < other ? one : other
