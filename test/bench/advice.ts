import { advise } from '../../core/vitals/advise.ts'
import { textOf } from '../../core/vitals/advice-text.ts'
import { vitalsOf, type GivenVitals } from '../../core/vitals/vitals.ts'
import { milliseconds, percentile, perSecond, ratePerCpuSecond, type BenchRow } from './row.ts'

const mmHg = (value: number): { readonly value: number, readonly unit: string } => ({ value, unit: 'mm[Hg]' })

/** A whole set, each a little different, so that nothing is answered from the last one. */
function aSet (turn: number): GivenVitals {
  return {
    bloodPressure: { systolic: mmHg(100 + turn % 90), diastolic: mmHg(60 + turn % 30), setting: 'office' },
    glucose: { value: 4 + turn % 9, unit: 'mmol/L', context: 'fasting' },
    oxygenSaturation: { value: 88 + turn % 13, unit: '%', supply: 'air', scale: 1, flow: null },
    single: { temperature: { value: 97 + turn % 6, unit: '[degF]' }, pulse: { value: 50 + turn % 80, unit: '/min' }, respiration: { value: 10 + turn % 16, unit: '/min' }, weight: { value: 50 + turn % 50, unit: 'kg' }, height: { value: 170, unit: 'cm' }, waist: { value: 88, unit: 'cm' } },
    consciousness: 'alert',
    ecg: { qt: { value: 380 + turn % 90, unit: 'ms' }, statement: null, leads: [] },
    stethoscope: null
  }
}

/** Vital signs as they come → units, plausibility, every rule, NEWS2; and the words of it. */
export const adviceRow: BenchRow = {
  name: 'advice',
  run: async () => {
    const measuredAt = new Date('2027-03-01T09:00:00+08:00')
    const person = { ageYears: 67, sex: 'male', isPregnant: null, conditions: ['hypertension'] } as const
    const settings = { bloodPressure: '2024', bodyMass: 'china', oxygenSaturationOffset: 0 } as const
    let turn = 0
    let findings = 0
    const one = (): ReturnType<typeof advise> => {
      const advice = advise({ vitals: vitalsOf(aSet(turn += 1)), person, settings }, { measuredAt, earlier: [] })
      findings += advice.findings.length
      return advice
    }
    const rate = ratePerCpuSecond(one)
    const perSet = findings / turn
    const tookMs = Array.from({ length: 20_000 }, () => {
      const from = performance.now()
      one()
      return performance.now() - from
    })
    const spoken = ratePerCpuSecond(() => { textOf(one(), 'zh') })
    const p99 = percentile(tookMs, 0.99)
    return [
      { what: 'findings of whole sets', value: `${perSecond(rate * perSet)} (${perSecond(rate)} sets of ${perSet.toFixed(1)})`, against: 'no goal', isMet: null },
      { what: 'one set, p99', value: milliseconds(p99), against: 'goal 5 ms', isMet: p99 < 5 },
      { what: 'with its words, written and spoken', value: perSecond(spoken), against: 'no goal', isMet: null }
    ]
  }
}
