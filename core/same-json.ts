/** Whether two JSON values say the same; the order of an object's members says nothing. */
export function sameJson (one: unknown, other: unknown): boolean {
  if (one === other) return true
  if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null) return false
  if (Array.isArray(one)) {
    return Array.isArray(other) && one.length === other.length && one.every((item, place) => sameJson(item, other[place]))
  }
  if (Array.isArray(other)) return false
  const names = Object.keys(one)
  return names.length === Object.keys(other).length && names.every((name) =>
    Object.hasOwn(other, name) && sameJson((one as Record<string, unknown>)[name], (other as Record<string, unknown>)[name]))
}

/** Text of a JSON value that is the same for the same value. */
export function canonicalJson (value: unknown): string {
  return JSON.stringify(value, (_name, part: unknown) => typeof part === 'object' && part !== null && !Array.isArray(part)
    ? Object.fromEntries(Object.entries(part).sort(([one], [other]) => one < other ? -1 : 1))
    : part)
}
