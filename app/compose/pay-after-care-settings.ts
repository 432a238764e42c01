import type { CalendarDate } from '../../core/clock.ts'
import { fen } from '../../core/money.ts'
import { defaultRuleSet, holidaysOf, type PayAfterCareSettings, type RuleSet } from '../../core/pay-after-care/index.ts'
import type { Config } from '../config.ts'
import type { SiteConfig } from '../site-config.ts'

/** What SITE_CONFIG payAfterCare decides, in the words of core. */
export function payAfterCareSettings ({ site: { payAfterCare, legalBasis } }: Pick<Config, 'site'>): PayAfterCareSettings {
  const { ruleSet, holidays, minimumOverdueFen, reportMinimumFen, refundByTwoAboveFen, ...rest } = payAfterCare
  return {
    ...rest,
    ruleSet: ruleSet === undefined ? defaultRuleSet : ruleSetOf(ruleSet),
    holidays: holidaysOf(holidays.map((year) => ({ ...year, daysOff: year.daysOff as CalendarDate[], daysOfWork: year.daysOfWork as CalendarDate[] }))),
    legalBasis: legalBasis ?? null,
    minimumOverdueFen: fen(minimumOverdueFen),
    reportMinimumFen: fen(reportMinimumFen),
    refundByTwoAboveFen: fen(refundByTwoAboveFen)
  }
}

function ruleSetOf ({ version, rules }: NonNullable<SiteConfig['payAfterCare']['ruleSet']>): RuleSet {
  return {
    version,
    rules: rules.map(({ threshold, creditLimitFen, ...rule }) => ({ ...rule, threshold: threshold ?? null, creditLimitFen: fen(creditLimitFen) }))
  }
}
