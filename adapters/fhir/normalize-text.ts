/** Without case, accents and width: `Ｍüller` is found as `muller` (FHIR R4 §3.1.1.4.8). Chinese stays as it is. */
export function normalizeText (text: string): string {
  // Plain small letters and Chinese, the common case, need no work.
  if (/^[a-z0-9 \u4e00-\u9fff]*$/.test(text)) return text
  return text.normalize('NFKD').replace(/\p{M}/gu, '').normalize('NFC').toLowerCase()
}
