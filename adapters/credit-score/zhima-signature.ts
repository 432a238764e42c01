import { createSign, createVerify, type KeyObject } from 'node:crypto'

/** RSA2: SHA256withRSA in Base64, over the parameters sorted by name, `k=v` joined by `&`, without `sign` and empty ones. */
export function rsa2Sign (params: Readonly<Record<string, string>>, privateKey: KeyObject): string {
  return signText(signedText(params), privateKey)
}

export function isRsa2Signed (params: Readonly<Record<string, string>>, publicKey: KeyObject): boolean {
  return isSignedText(signedText(params), params['sign'] ?? '', publicKey)
}

function signedText (params: Readonly<Record<string, string>>): string {
  return Object.keys(params).filter((name) => name !== 'sign' && params[name] !== '').sort().map((name) => `${name}=${params[name] ?? ''}`).join('&')
}

export function signText (text: string, privateKey: KeyObject): string {
  return createSign('RSA-SHA256').update(text, 'utf8').sign(privateKey, 'base64')
}

export function isSignedText (text: string, signature: string, publicKey: KeyObject): boolean {
  try {
    return createVerify('RSA-SHA256').update(text, 'utf8').verify(publicKey, signature, 'base64')
  } catch {
    return false
  }
}

/** `zhima.credit.score.get` → `zhima_credit_score_get_response`. */
export const answerNode = (method: string): string => `${method.replaceAll('.', '_')}_response`

/**
 * The signed bytes of an answer: its node as it stands in the text, not as a parser would print it. Null where the text
 * is not of the gateway's form `{"<node>":{…},"sign":"…"}`; the node's object holds no objects of its own.
 */
export function signedNode (text: string, method: string): { readonly node: string, readonly sign: string } | null {
  const found = new RegExp(`^\\s*\\{\\s*"${answerNode(method)}"\\s*:\\s*(\\{[^{}]*\\})\\s*,\\s*"sign"\\s*:\\s*"([A-Za-z0-9+/=]+)"\\s*\\}\\s*$`).exec(text)
  return found?.[1] === undefined || found[2] === undefined ? null : { node: found[1], sign: found[2] }
}
