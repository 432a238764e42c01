import type { StarLevel, StarPart } from './star-level.ts'

const signed = (change: number): string => change > 0 ? `+${change}` : change < 0 ? `−${-change}` : '±0'

const chinese = (part: StarPart): string => {
  switch (part.kind) {
    case 'base': return `收到并已付费的邀约${part.invitations}次，基础${part.change}星`
    case 'ratings': return part.ratings < 5 ? `评价${part.ratings}条，满5条起计入` : `评价${part.ratings}条，加权均分${part.mean.toFixed(2)}，${signed(part.change)}`
    case 'complaints': return `近12个月成立的投诉${part.complaints}件，${signed(part.change)}`
    case 'bounds': return `星级限于1至5，${signed(part.change)}`
  }
}

const english = (part: StarPart): string => {
  switch (part.kind) {
    case 'base': return `${part.invitations} invitations received and paid: base ${part.change}`
    case 'ratings': return part.ratings < 5 ? `${part.ratings} ratings; they count from 5 on` : `${part.ratings} ratings, weighted mean ${part.mean.toFixed(2)}: ${signed(part.change)}`
    case 'complaints': return `${part.complaints} complaints upheld in the last 12 months: ${signed(part.change)}`
    case 'bounds': return `a level lies between 1 and 5: ${signed(part.change)}`
  }
}

/** Why a doctor has this level, for everybody to read. */
export function starWords ({ level, parts }: Pick<StarLevel, 'level' | 'parts'>): { readonly zh: string, readonly en: string } {
  return { zh: `${parts.map(chinese).join('；')}；共${level}星。`, en: `${parts.map(english).join('; ')}; level ${level}.` }
}
