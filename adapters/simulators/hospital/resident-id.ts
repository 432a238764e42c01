const weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]
const checkCharacters = '10X98765432'

/**
 * 身份证号 of an invented person: GB 11643 with its check character, in area 100000, which no place has, so that it
 * can be nobody's.
 */
export function fictitiousResidentId (birthDate: string, serial: number, gender: 'male' | 'female'): string {
  const order = (serial * 2 + (gender === 'male' ? 1 : 0)) % 1000
  const digits = `100000${birthDate.replaceAll('-', '')}${String(order).padStart(3, '0')}`
  const sum = weights.reduce((total, weight, place) => total + weight * Number(digits[place]), 0)
  return digits + (checkCharacters[sum % 11] ?? '')
}
