/**
 * 账号. A phone number that somebody has proven to hold, and once proven the person behind it. Of the number only a
 * keyed fingerprint and the last four digits are kept.
 */
export interface Account {
  readonly id: string
  readonly phoneKey: string
  readonly phoneTail: string
  /** Fingerprint of the WeChat openid that logs in without a code. */
  readonly openidKey: string | null
  /** Any of the person's patient ids; null until the holder has proven to be a patient. */
  readonly personId: string | null
  readonly createdAt: Date
}

/** 会话. What a log-in lasts for: access tokens of an hour, renewed by a refresh token that works once. */
export interface Session {
  readonly id: string
  readonly accountId: string
  readonly refreshHash: string
  /** The refresh token before: whoever shows it again has stolen it, or was stolen from. */
  readonly previousHash: string | null
  /** Real time, as all of it. */
  readonly createdAt: Date
  readonly expiresAt: Date
  readonly endedAt: Date | null
}

/** An active patient record that carries the document and the name that somebody typed. */
export interface Holder {
  readonly patientId: string
  readonly personId: string
  readonly birthDate: string | null
  readonly phones: ReadonlyArray<{ readonly number: string, readonly key: string }>
}

/**
 * Whose account it is: document and name name the records, and the account's own phone must stand on one of them.
 * Null where that holds for nobody, or for records of more than one person: then the desk decides by the papers.
 */
export function ownerOf ({ phoneKey }: Pick<Account, 'phoneKey'>, holders: readonly Holder[]): string | null {
  const persons = new Set(holders.filter(({ phones }) => phones.some(({ key }) => key === phoneKey)).map(({ personId }) => personId))
  const [personId] = persons
  return persons.size === 1 && personId !== undefined ? personId : null
}

/**
 * Whether a record of the person names phones, but not this one. A hospital ties its record to those of others by saying
 * document and name; the phone that it says besides opens theirs only where they do not know better.
 */
export function isPhoneContradicted ({ phoneKey }: Pick<Account, 'phoneKey'>, phonesByRecord: ReadonlyArray<Holder['phones']>): boolean {
  return phonesByRecord.some((phones) => phones.length > 0 && !phones.some(({ key }) => key === phoneKey))
}
