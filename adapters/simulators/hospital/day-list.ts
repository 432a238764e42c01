import type { Calendar } from '../../../core/clock.ts'
import type { MoneyFact, Step } from './step.ts'

export interface DayLists {
  /** Everything that the hospital has sent, whatever became of it. */
  readonly note: (step: Step) => void
  /** The list of a day as our documented CSV. */
  readonly write: (hospital: string, day: string) => Uint8Array
}

/** 日清单. What each hospital charged, took back, adjusted and took at its window, by day; a resend counts once. */
export function openDayLists (calendar: Calendar): DayLists {
  const lists = new Map<string, Map<string, MoneyFact>>()
  return {
    note: (step) => {
      for (const fact of step.money) {
        const name = `${fact.hospital} ${calendar(step.at)}`
        const list = lists.get(name) ?? new Map<string, MoneyFact>()
        lists.set(name, list.has(fact.transactionId) ? list : list.set(fact.transactionId, fact))
      }
    },
    write: (hospital, day) => {
      const facts = [...lists.get(`${hospital} ${day}`)?.values() ?? []]
      const lines = facts.map(({ transactionId, kind, amountFen }) => [transactionId, '', kind, yuanOf(amountFen)].join(','))
      return Buffer.from(['transaction_id,visit_number,kind,amount', ...lines, `#count,${facts.length}`, ''].join('\n'))
    }
  }
}

function yuanOf (amountFen: number): string {
  const whole = Math.abs(amountFen)
  return `${amountFen < 0 ? '-' : ''}${Math.floor(whole / 100)}.${String(whole % 100).padStart(2, '0')}`
}
