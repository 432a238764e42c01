/** 电子签名. Over the canonical text of a document, with who signed it and when inside. */
export interface Signature {
  readonly keyId: string
  /** Ed25519 (RFC 8032), base64url. */
  readonly value: string
  /** The practitioner or pharmacist who signed. */
  readonly by: string
  readonly at: Date
}

/** Signs on behalf of a person who has proven who they are; a deployment may put a certified signing service behind it. */
export interface DocumentSigner {
  readonly sign: (text: string) => { readonly keyId: string, readonly value: string }
  /** Null: the key is not known here. */
  readonly verify: (text: string, signature: Pick<Signature, 'keyId' | 'value'>) => boolean | null
}

/** JSON with sorted members and no spaces, as RFC 8785 orders them, so that the same content is always the same text. */
export function canonicalText (value: unknown): string {
  if (value instanceof Date) return JSON.stringify(value.toISOString())
  if (Array.isArray(value)) return `[${value.map(canonicalText).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const members = Object.entries(value).filter(([, member]) => member !== undefined).sort(([one], [other]) => one < other ? -1 : 1)
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${canonicalText(member)}`).join(',')}}`
}

interface Signing {
  readonly content: unknown
  readonly by: string
  readonly at: Date
}

const signedText = ({ content, by, at }: Signing): string => canonicalText({ content, signedAt: at, signedBy: by })

export function signed ({ sign }: DocumentSigner, signing: Signing): Signature {
  return { ...sign(signedText(signing)), by: signing.by, at: signing.at }
}

export interface VerifiedSignature extends Signature {
  readonly isValid: boolean
  /** What was signed, to be proven with the public key by anybody. */
  readonly text: string
}

export function verifiedSignature ({ verify }: DocumentSigner, content: unknown, signature: Signature): VerifiedSignature {
  const text = signedText({ content, by: signature.by, at: signature.at })
  return { ...signature, text, isValid: verify(text, signature) === true }
}
