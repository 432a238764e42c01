/**
 * 报送机构. Who reports to the bureau: one neutral code for one or more hospitals. A hospital belongs to one creditor at
 * most; without one, nothing of it is reported.
 */
export interface Creditor {
  /** Never the name or id of a hospital: it would tell where somebody was treated (Regulation on the Credit Reporting Industry, article 14). */
  readonly code: string
  readonly hospitals: readonly string[]
  /** Number of the agreement with the bureau (Credit Business Measures 2021). */
  readonly agreementId: string
  /** Named to the person in the notice before a report. */
  readonly bureau: string
  /** A file holds so many records at most; what is left waits for the next one. */
  readonly recordsPerFile: number
  /** Files are sent to the bureau; else it fetches them. */
  readonly isPushed: boolean
}

/** Names a code that would reveal a hospital; null: it reveals none. */
export function revealedHospital (code: string, hospitals: ReadonlyArray<{ readonly id: string, readonly name: string }>): string | null {
  const bare = bareOf(code)
  const reveals = ({ id, name }: { readonly id: string, readonly name: string }): boolean =>
    [id, ...name.split(/\s+/), name].map(bareOf).some((part) => part.length > 1 && bare.includes(part))
  return hospitals.find(reveals)?.id ?? null
}

function bareOf (text: string): string {
  return text.normalize('NFKC').toLowerCase().replaceAll(/[\s._-]+/g, '')
}
