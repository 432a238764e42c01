export type Language = 'zh' | 'en'

const digitsZh = ['零', '一', '二', '三', '四', '五', '六', '七', '八', '九'] as const
const placesZh = ['', '十', '百', '千'] as const
const smallEn = ['zero', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine', 'ten', 'eleven', 'twelve', 'thirteen', 'fourteen', 'fifteen', 'sixteen', 'seventeen', 'eighteen', 'nineteen'] as const
const tensEn = ['', '', 'twenty', 'thirty', 'forty', 'fifty', 'sixty', 'seventy', 'eighty', 'ninety'] as const

/** A number from 0 to 9,999.9 as it is read out. */
export function numberInWords (value: number, language: Language): string {
  const [whole = '0', decimals] = String(value).split('.')
  const spoken = language === 'zh' ? wholeZh(Number(whole)) : wholeEn(Number(whole))
  if (decimals === undefined) return spoken
  return language === 'zh' ? `${spoken}点${digitByDigit(decimals, 'zh')}` : `${spoken} point ${digitByDigit(decimals, 'en')}`
}

/** For numbers that are dialled, and decimals. */
export function digitByDigit (digits: string, language: Language): string {
  const words: readonly string[] = language === 'zh' ? digitsZh : smallEn
  return [...digits].map((digit) => words[Number(digit)]).join(language === 'zh' ? '' : ' ')
}

/** 一百零五, 一百一十, 十二. */
function wholeZh (value: number): string {
  if (value === 0) return digitsZh[0]
  const digits = [...String(value)].map(Number)
  const spoken = digits.reduce((text, digit, index) => {
    if (digit !== 0) return `${text}${digitsZh[digit as 1]}${placesZh[digits.length - 1 - index] ?? ''}`
    return text.endsWith('零') ? text : `${text}零`
  }, '')
  const withoutEnd = spoken.replace(/零$/, '')
  return value < 20 ? withoutEnd.replace(/^一十/, '十') : withoutEnd
}

function wholeEn (value: number): string {
  if (value < 20) return smallEn[value as 0]
  if (value < 100) return value % 10 === 0 ? tensEn[value / 10] as string : `${tensEn[Math.floor(value / 10)] ?? ''}-${smallEn[value % 10 as 1]}`
  const [size, word] = value < 1000 ? [100, 'hundred'] : [1000, 'thousand']
  const rest = value % size
  return `${wholeEn(Math.floor(value / size))} ${word}${rest === 0 ? '' : `${rest < 100 ? ' and' : ''} ${wholeEn(rest)}`}`
}
