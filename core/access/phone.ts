/** 手机号. Digits as they are compared: without spaces, hyphens and the prefix of mainland China. Null where it is no number. */
export function comparablePhone (written: string): string | null {
  const digits = written.normalize('NFKC').replaceAll(/[\s().-]/g, '').replace(/^(\+|00)86(?=\d)/, '')
  return /^\+?\d{5,15}$/.test(digits) ? digits : null
}

/** What is shown of a number whose owner is known already. */
export function phoneTail (written: string): string {
  return (comparablePhone(written) ?? '').slice(-4)
}
