/** 券号. What people read and type: batch, place, and a check digit (Luhn, ISO/IEC 7812-1 annex B) that finds a mistyped digit and most swaps. */
const batchDigits = 6
const seqDigits = 7
const form = /^V(\d{6})(\d{7})(\d)$/

export const mostInBatch = 10 ** seqDigits - 1

export function voucherNumber ({ batch, seq }: { readonly batch: number, readonly seq: number }): string {
  const digits = String(batch).padStart(batchDigits, '0') + String(seq).padStart(seqDigits, '0')
  return `V${digits}${checkDigit(digits)}`
}

/** Null: no number of a voucher. */
export function readVoucherNumber (text: string): { readonly batch: number, readonly seq: number } | null {
  const [, batch = '', seq = '', check] = form.exec(text.trim().toUpperCase()) ?? []
  if (check === undefined || checkDigit(batch + seq) !== Number(check)) return null
  return { batch: Number(batch), seq: Number(seq) }
}

function checkDigit (digits: string): number {
  let sum = 0
  for (let place = 0; place < digits.length; place += 1) {
    const digit = Number(digits[digits.length - 1 - place])
    const doubled = place % 2 === 0 ? digit * 2 : digit
    sum += doubled > 9 ? doubled - 9 : doubled
  }
  return (10 - sum % 10) % 10
}
