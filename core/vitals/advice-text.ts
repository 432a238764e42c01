import type { Advice } from './advise.ts'
import type { Finding } from './finding.ts'
import { digitByDigit, numberInWords, type Language } from './number-words.ts'
import { textsEn } from './texts-en.ts'
import { textsZh, type TextKey } from './texts-zh.ts'

/** Advice in the words of one language. */
export interface AdviceText {
  /** What comes first by its urgency; in an emergency this alone should fill the screen. */
  readonly opening: string
  /** In the order of the findings. */
  readonly findings: readonly string[]
  readonly closing: string
  /** All of it, numbers and units written out, to be read aloud. */
  readonly speakable: string
}

type Manner = 'written' | 'spoken'

/** 急救. Of mainland China. */
const emergencyNumber = '120'

/** How units are written and read out; the number stands for #. */
const units: Readonly<Record<string, Readonly<Record<Language, Readonly<Record<Manner, string>>>>>> = {
  pressure: { zh: { written: '# mmHg', spoken: '#毫米汞柱' }, en: { written: '# mmHg', spoken: '# millimetres of mercury' } },
  glucose: { zh: { written: '# mmol/L', spoken: '#毫摩尔每升' }, en: { written: '# mmol/L', spoken: '# millimoles per litre' } },
  temperature: { zh: { written: '# ℃', spoken: '#摄氏度' }, en: { written: '# °C', spoken: '# degrees Celsius' } },
  oxygenSaturation: { zh: { written: '#%', spoken: '百分之#' }, en: { written: '#%', spoken: '# percent' } },
  pulse: { zh: { written: '# 次/分', spoken: '每分钟#次' }, en: { written: '# /min', spoken: '# beats a minute' } },
  respiration: { zh: { written: '# 次/分', spoken: '每分钟#次' }, en: { written: '# /min', spoken: '# breaths a minute' } },
  waist: { zh: { written: '# cm', spoken: '#厘米' }, en: { written: '# cm', spoken: '# centimetres' } },
  qtcFridericia: { zh: { written: '# ms', spoken: '#毫秒' }, en: { written: '# ms', spoken: '# milliseconds' } },
  qtcBazett: { zh: { written: '# ms', spoken: '#毫秒' }, en: { written: '# ms', spoken: '# milliseconds' } },
  newsTotal: { zh: { written: '# 分', spoken: '#分' }, en: { written: '#', spoken: '#' } },
  bodyMass: { zh: { written: '#', spoken: '#' }, en: { written: '#', spoken: '#' } }
}
const over: Readonly<Record<Language, Readonly<Record<Manner, string>>>> = { zh: { written: '/', spoken: '，' }, en: { written: '/', spoken: ' over ' } }
const seeScreen: Readonly<Record<Language, string>> = { zh: '请看屏幕上的文字。', en: 'see the text on the screen.' }
const texts: Readonly<Record<Language, Readonly<Record<TextKey, string>>>> = { zh: textsZh, en: textsEn }

/** The same advice in any language: texts are chosen by key, and hold only what the findings read. */
export function textOf (advice: Advice, language: Language): AdviceText {
  const say = (key: TextKey, manner: Manner, finding: Finding | null = null): string => filled(texts[language][key], { advice, finding, language, manner })
  const opening = advice.findings.length === 0 ? 'opening.none' : `opening.${advice.severity}` as const
  const ending: readonly TextKey[] = advice.news2.kind === 'partial' ? ['partial', 'closing'] : ['closing']
  const join = language === 'zh' ? '' : ' '
  return {
    opening: say(opening, 'written'),
    findings: advice.findings.map((finding) => say(finding.textKey, 'written', finding)),
    closing: ending.map((key) => say(key, 'written')).join(join),
    speakable: [say(opening, 'spoken'), ...advice.findings.map((finding) => say(finding.textKey, 'spoken', finding)), ...ending.map((key) => say(key, 'spoken'))].join(join)
  }
}

interface Filling {
  readonly advice: Advice
  readonly finding: Finding | null
  readonly language: Language
  readonly manner: Manner
}

function filled (text: string, filling: Filling): string {
  return text.replaceAll(/\{(\w+)\}/g, (_, name: string) => wordOf(name, filling))
}

function wordOf (name: string, { advice, finding, language, manner }: Filling): string {
  const number = (value: number | string | undefined): string => value === undefined ? '' : manner === 'written' || typeof value === 'string' ? String(value) : numberInWords(value, language)
  const input = (wanted: string): number | string | undefined => finding?.input.find((each) => each.name === wanted)?.value
  const withUnit = (value: string): string => (units[name]?.[language][manner] ?? '#').replace('#', () => value)
  switch (name) {
    case 'emergencyNumber': return manner === 'written' ? emergencyNumber : digitByDigit(emergencyNumber, language)
    case 'pressure': return withUnit(`${number(input('systolic'))}${over[language][manner]}${number(input('diastolic'))}`)
    case 'newsTotal': return advice.news2.kind === 'total' ? withUnit(number(advice.news2.total)) : ''
    case 'ecgStatement': return manner === 'written' ? String(input('ecgStatement') ?? '') : seeScreen[language]
    default: return withUnit(number(input(name)))
  }
}
