import type { Signature } from '../../../core/prescriptions/index.ts'
import { json } from '../columns.ts'

/** A signature as JSON text, its instant with it. */
export function signatureText ({ at, ...signature }: Signature): string {
  return JSON.stringify({ ...signature, atMs: at.getTime() })
}

export function signatureOf (text: string): Signature {
  const { atMs, ...signature } = json<Omit<Signature, 'at'> & { readonly atMs: number }>(text)
  return { ...signature, at: new Date(atMs) }
}
