import { createHash } from 'node:crypto'
import { DomainError } from '../../core/errors.ts'

/** What somebody who brings a statement was told of it by the party. */
export interface StatementProof {
  /** Hexadecimal, of the unpacked file. */
  readonly sha1?: string | undefined
  readonly sha256?: string | undefined
  readonly bytes?: number | undefined
}

export const sha256Of = (content: Uint8Array): string => createHash('sha256').update(content).digest('hex')

/** Refuses bytes that are not those the party made. */
export function proveStatement (content: Uint8Array, { sha1, sha256, bytes }: StatementProof): void {
  const isOther = (bytes !== undefined && bytes !== content.length) ||
    (sha1 !== undefined && createHash('sha1').update(content).digest('hex') !== sha1.toLowerCase()) ||
    (sha256 !== undefined && sha256Of(content) !== sha256.toLowerCase())
  if (isOther) throw new DomainError('STATEMENT_INVALID', 'The statement does not have the size or hash that was named for it. Fetch it again; do not reconcile with this one.')
}
