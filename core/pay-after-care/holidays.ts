import type { Holidays } from './settings.ts'

/** The year's plan: days off that are weekdays (whole runs, weekends within them are off anyway), and weekend days of work. */
export interface YearOfHolidays {
  readonly year: number
  readonly source: string
  readonly daysOff: readonly string[]
  readonly daysOfWork: readonly string[]
}

/**
 * 休假安排. Notices of the General Office of the State Council: 国办发明电〔2024〕12号 for 2025, 国办发明电〔2025〕7号 for 2026.
 * The notice for a year comes out in November of the year before; until it does the year stands here with the days of the
 * Regulation on Public Holidays (as changed by 国令第795号, 13 days) only, without days of work in exchange.
 */
const years: readonly YearOfHolidays[] = [
  {
    year: 2025,
    source: '2025',
    daysOff: [...run('2025-01-01', 1), ...run('2025-01-28', 8), ...run('2025-04-04', 3), ...run('2025-05-01', 5), ...run('2025-05-31', 3), ...run('2025-10-01', 8)],
    daysOfWork: ['2025-01-26', '2025-02-08', '2025-04-27', '2025-09-28', '2025-10-11']
  },
  {
    year: 2026,
    source: '2026',
    daysOff: [...run('2026-01-01', 3), ...run('2026-02-15', 9), ...run('2026-04-04', 3), ...run('2026-05-01', 5), ...run('2026-06-19', 3), ...run('2026-09-25', 3), ...run('2026-10-01', 7)],
    daysOfWork: ['2026-01-04', '2026-02-14', '2026-02-28', '2026-05-09', '2026-09-20', '2026-10-10']
  },
  {
    year: 2027,
    // New Year, Spring Festival from its eve (5 Feb) to the third day, Qingming, Labour Day, Dragon Boat, Mid-Autumn, National Day.
    source: '2027-statutory-only',
    daysOff: ['2027-01-01', ...run('2027-02-05', 4), '2027-04-05', ...run('2027-05-01', 2), '2027-06-09', '2027-09-15', ...run('2027-10-01', 3)],
    daysOfWork: []
  }
]

/** The calendar that deadlines are reckoned with. A year that the site configures replaces the shipped one. */
export function holidaysOf (extra: readonly YearOfHolidays[] = []): Holidays {
  const used = [...years.filter(({ year }) => !extra.some((other) => other.year === year)), ...extra].sort((one, other) => one.year - other.year)
  return {
    version: used.map(({ source }) => source).join('+'),
    daysOff: new Set(used.flatMap(({ daysOff }) => daysOff)),
    daysOfWork: new Set(used.flatMap(({ daysOfWork }) => daysOfWork))
  }
}

function run (from: string, days: number): readonly string[] {
  const start = Date.parse(`${from}T00:00:00Z`)
  return Array.from({ length: days }, (_, place) => new Date(start + place * 86_400_000).toISOString().slice(0, 10))
}
