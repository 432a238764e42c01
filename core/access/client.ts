import type { SpeaksFor } from './principal.ts'

/** 集成商客户端. A program that gets its tokens by itself (OAuth 2.0 client credentials, RFC 6749 §4.4). */
export interface Client {
  readonly id: string
  readonly name: string
  readonly role: 'integrator'
  readonly organizationId: string | null
  /** The most that its tokens may carry. */
  readonly scopes: readonly string[]
  readonly speaksFor: SpeaksFor
  /** SHA-256 of the secret, hex; a secret has 256 random bits, so that no slower hash is needed. */
  readonly secretHash: string
  /** The secret before the last rotation, and until when it is still taken (real time). */
  readonly previousSecret: { readonly hash: string, readonly until: Date } | null
  readonly createdAt: Date
  readonly revokedAt: Date | null
}

/** How long both secrets are taken after a rotation, so that every node of the client can be told the new one. */
const rotationGraceMs = 86_400_000

export function isClientSecret (client: Client, secretHash: string, now: Date): boolean {
  if (client.revokedAt !== null) return false
  if (client.secretHash === secretHash) return true
  const { previousSecret } = client
  return previousSecret !== null && previousSecret.hash === secretHash && now < previousSecret.until
}

export function rotated (client: Client, secretHash: string, now: Date): Client {
  return { ...client, secretHash, previousSecret: { hash: client.secretHash, until: new Date(now.getTime() + rotationGraceMs) } }
}
