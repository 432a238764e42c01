import type { ChosenBecause, ChosenDoctor } from './choose-doctor.ts'
import type { ConditionGroup } from './condition-group.ts'
import { departmentNames, type WantedBecause } from './department.ts'
import type { Language } from './number-words.ts'
import type { Availability, Factor, RecommendedDoctor } from './recommend-doctors.ts'

type Words = Readonly<Record<Language, string>>

const findingNames: Readonly<Record<string, Words>> = {
  'blood-pressure': { zh: '血压', en: 'blood pressure' },
  glucose: { zh: '血糖', en: 'blood glucose' },
  'body-mass': { zh: '体质指数', en: 'body mass index' },
  waist: { zh: '腰围', en: 'waist' },
  temperature: { zh: '体温', en: 'temperature' },
  'oxygen-saturation': { zh: '血氧饱和度', en: 'oxygen saturation' },
  pulse: { zh: '脉搏', en: 'pulse' },
  respiration: { zh: '呼吸', en: 'breathing' },
  qtc: { zh: '心电图', en: 'ECG' },
  'ecg-device': { zh: '心电图', en: 'ECG' },
  news2: { zh: '早期预警评分', en: 'early warning score' },
  consciousness: { zh: '意识', en: 'consciousness' }
}
const groupNames: Readonly<Record<ConditionGroup, Words>> = {
  hypertension: { zh: '高血压类', en: 'high blood pressure' },
  heart: { zh: '心脏类', en: 'the heart' },
  diabetes: { zh: '糖尿病类', en: 'diabetes' },
  endocrine: { zh: '内分泌代谢类', en: 'hormones and metabolism' },
  respiratory: { zh: '呼吸系统类', en: 'the lungs and airways' },
  infection: { zh: '感染发热类', en: 'infection and fever' },
  pregnancy: { zh: '妊娠类', en: 'pregnancy' }
}

/** In the words of a sentence: today's reading of what. */
function findingName (ruleId: string, language: Language): string {
  return (findingNames[ruleId] ?? findingNames[ruleId.split('.')[0] ?? ''])?.[language] ?? ruleId
}

export function departmentReason (because: WantedBecause, language: Language): string {
  switch (because.kind) {
    case 'finding': return language === 'zh' ? `适合查看今天的${findingName(because.ruleId, 'zh')}读数` : `suits today's reading of ${findingName(because.ruleId, 'en')}`
    case 'condition': return language === 'zh' ? `与记录中的${groupNames[because.group].zh}情况相符` : `suits what is on record of ${groupNames[because.group].en}`
    case 'general': return language === 'zh' ? '可以先作全面了解' : 'can look at everything first'
  }
}

/** Why this doctor, and how good a reason each factor is. */
export function recommendationReason (doctor: RecommendedDoctor, language: Language): string {
  const { fit, factors } = doctor
  const department = language === 'zh'
    ? `${departmentNames[fit.group].zh}${departmentReason(fit.because, 'zh')}`
    : `${sentence(departmentNames[fit.group].en)} ${departmentReason(fit.because, 'en')}`
  const others = factors.flatMap((factor) => factorReason(factor, doctor, language) ?? [])
  return language === 'zh' ? `${[department, ...others].join('；')}。` : `${[department, ...others].join('; ')}.`
}

function factorReason ({ name, isKnown, value }: Factor, { visits, candidate: { availability } }: RecommendedDoctor, language: Language): string | null {
  switch (name) {
    case 'department': return null
    case 'continuity': return continuityWords(isKnown ? visits : null)[language]
    case 'availability': return availabilityWords(availability)[language]
    case 'rating': return (isKnown ? { zh: `评价折合${(value * 5).toFixed(1)}分`, en: `evaluations amount to ${(value * 5).toFixed(1)} of 5` } : { zh: '还没有评价，按一般水平计', en: 'not evaluated yet, counted as usual' })[language]
    case 'price': return isKnown ? null : { zh: '没有价格信息，不作比较', en: 'no price is known, so price does not count' }[language]
  }
}

/** Null: no visit of the person names any doctor. */
function continuityWords (visits: number | null): Words {
  if (visits === null) return { zh: '没有就诊记录，不作比较', en: 'there are no visit records, so continuity does not count' }
  if (visits === 0) return { zh: '您还没有看过这位医生', en: 'you have not seen this doctor yet' }
  return { zh: `您看过这位医生${visits}次`, en: `you have seen this doctor ${visits === 1 ? 'once' : `${visits} times`}` }
}

function availabilityWords (availability: Availability): Words {
  switch (availability.kind) {
    case 'online': return { zh: '现在在线', en: 'online now' }
    case 'free_in': return { zh: `约${waitOf(availability.minutes, 'zh')}后有空`, en: `free in about ${waitOf(availability.minutes, 'en')}` }
    case 'full': return { zh: '近期已约满', en: 'fully booked for now' }
    case 'off': return { zh: '近期不出诊', en: 'has no shift for now' }
    case 'unknown': return { zh: '没有排班信息，不作比较', en: 'no roster is known, so time does not count' }
  }
}

function waitOf (minutes: number, language: Language): string {
  if (minutes < 120) return language === 'zh' ? `${minutes}分钟` : `${minutes} minutes`
  const hours = Math.round(minutes / 60)
  if (hours < 48) return language === 'zh' ? `${hours}小时` : `${hours} hours`
  const days = Math.round(hours / 24)
  return language === 'zh' ? `${days}天` : `${days} days`
}

function sentence (text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}

const noneReasons: Readonly<Record<Extract<ChosenDoctor, { kind: 'none' }>['because'], Words>> = {
  no_visit_names_a_doctor: { zh: '就诊记录中没有医生，无法自动选择。请从推荐的医生中选择。', en: 'No visit on record names a doctor, so none can be chosen. Please choose from the recommended doctors.' },
  no_doctor_on_the_roster: { zh: '就诊记录中的医生目前都不出诊，无法自动选择。请从推荐的医生中选择。', en: 'None of the doctors in the visit records is on the roster now. Please choose from the recommended doctors.' },
  no_doctor_fits: { zh: '就诊记录中的医生都不适合今天的读数，无法自动选择。请从推荐的医生中选择。', en: 'None of the doctors in the visit records suits today\'s readings. Please choose from the recommended doctors.' }
}

export function choiceReason (chosen: ChosenDoctor, language: Language): string {
  return chosen.kind === 'none' ? noneReasons[chosen.because][language] : chosenReason(chosen.because, language)
}

function chosenReason (because: ChosenBecause, language: Language): string {
  if (because.kind === 'usual_doctor') {
    const percent = Math.round(because.share * 100)
    return language === 'zh'
      ? `这是您最常看的医生：记录中看过${because.visits}次，近期就诊占${percent}%。`
      : `This is your usual doctor: ${because.visits === 1 ? 'one visit' : `${because.visits} visits`} on record, ${percent}% of recent care.`
  }
  const { ruleId, condition, group, days } = because
  return language === 'zh'
    ? `今天的${findingName(ruleId, 'zh')}读数与${days}天前的就诊（${condition ?? groupNames[group].zh}）有关，当时由这位医生接诊。`
    : `Today's reading of ${findingName(ruleId, 'en')} has to do with your visit ${days} days ago (${condition ?? groupNames[group].en}), when this doctor saw you.`
}
