/** GB 32100-2015, table 1: no I, O, S, V or Z. */
const characters = '0123456789ABCDEFGHJKLMNPQRTUWXY'
const weights = Array.from({ length: 17 }, (_, place) => Array.from({ length: place }).reduce<number>((power) => power * 3 % 31, 1))

/** 统一社会信用代码. Whether the eighteenth character is the check character of the seventeen before it (GB 32100-2015 §5.6). */
export function isCreditCode (code: string): boolean {
  if (code.length !== 18 || [...code].some((character) => !characters.includes(character))) return false
  const sum = weights.reduce((total, weight, place) => total + weight * characters.indexOf(code.charAt(place)), 0)
  return characters.charAt((31 - sum % 31) % 31) === code.charAt(17)
}
