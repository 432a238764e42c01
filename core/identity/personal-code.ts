/**
 * 个人码. The code that a person's app shows and a terminal reads. It changes every 30 seconds and counts in its own
 * step and the next, so that what was photographed is worth nothing; each terminal takes one once. Capital letters and
 * digits only: 66 characters, which a QR code of version 4 holds.
 */
interface PersonalCode {
  readonly patientId: string
  readonly step: number
}

/** A keyed hash in hex. */
export type CodeMac = (text: string) => string

const personalCodeStepMs = 30_000
const macDigits = 24
const form = /^YQP:([0-9A-F]{32}):([0-9A-Z]{1,8}):([0-9A-F]{24})$/

const stepAt = (at: Date): number => Math.floor(at.getTime() / personalCodeStepMs)

/** `patientId` is an id in UUID form, of any record of the person. */
export function personalCode (patientId: string, at: Date, mac: CodeMac): { readonly code: string, readonly changesAt: Date } {
  const step = stepAt(at)
  const hex = patientId.replaceAll('-', '').toUpperCase()
  return { code: `YQP:${hex}:${step.toString(36).toUpperCase()}:${signed({ patientId, step }, mac)}`, changesAt: new Date((step + 1) * personalCodeStepMs) }
}

/** Null: no such code, not ours, or not of this step or the one before. */
export function readPersonalCode (text: string, at: Date, mac: CodeMac): PersonalCode | null {
  const code = ours(text.trim(), mac)
  return code !== null && (code.step === stepAt(at) || code.step === stepAt(at) - 1) ? code : null
}

/**
 * Who showed this code about `at`: for what was read with no line and is told later, by a clock that may be off by
 * `toleranceMs`. Null: no such code, not ours, or of another time.
 */
export function personalCodeOf (text: string, at: Date, { toleranceMs, mac }: { readonly toleranceMs: number, readonly mac: CodeMac }): PersonalCode | null {
  const code = ours(text.trim(), mac)
  const earliest = stepAt(new Date(at.getTime() - toleranceMs)) - 1
  return code !== null && code.step >= earliest && code.step <= stepAt(new Date(at.getTime() + toleranceMs)) ? code : null
}

function ours (text: string, mac: CodeMac): PersonalCode | null {
  const [, hex, step36 = '', given] = form.exec(text) ?? []
  if (hex === undefined) return null
  const code = { patientId: [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-').toLowerCase(), step: Number.parseInt(step36, 36) }
  return isSame(signed(code, mac), given ?? '') ? code : null
}

function signed ({ patientId, step }: PersonalCode, mac: CodeMac): string {
  return mac(`${patientId}:${step}`).slice(0, macDigits).toUpperCase()
}

/** In a time that does not tell where two texts of one length part. */
function isSame (one: string, other: string): boolean {
  let difference = one.length ^ other.length
  for (let place = 0; place < one.length; place++) difference |= one.charCodeAt(place) ^ other.charCodeAt(place)
  return difference === 0
}
