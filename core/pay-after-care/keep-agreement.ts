import { DomainError } from '../errors.ts'
import type { Agreement } from './eligibility.ts'
import type { EligibilityStore } from './ports.ts'

/** 协议. Keeps the text that a site has in force; a version once kept never changes its words. */
export async function keepAgreement ({ eligibility }: { readonly eligibility: Pick<EligibilityStore, 'agreement' | 'saveAgreement'> }, agreement: Agreement): Promise<void> {
  const kept = await eligibility.agreement({ version: agreement.version })
  if (kept !== null && kept.sha256 !== agreement.sha256) {
    throw new DomainError('AGREEMENT_CHANGED', 'The text of this agreement version was changed. Signed versions never change: give the new text a new version in SITE_CONFIG payAfterCare.agreement.')
  }
  if (kept === null) await eligibility.saveAgreement(agreement)
}

/** Refuses what is not the text in force: the person must have read the words they sign. */
export function assertInForce (named: { readonly version: string, readonly sha256: string }, current: Agreement | null): void {
  if (current === null) throw noAgreement()
  if (named.version !== current.version || named.sha256 !== current.sha256) {
    throw new DomainError('AGREEMENT_CHANGED', 'This is not the agreement in force. Show GET /v1/agreements anew and send its version and sha256.', 'agreement')
  }
}

export const noAgreement = (): DomainError => new DomainError('AGREEMENT_NOT_FOUND', 'No agreement of this version is kept here, or none is in force. GET /v1/agreements shows the one in force.')
