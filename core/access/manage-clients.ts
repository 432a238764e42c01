import { DomainError } from '../errors.ts'
import type { Ids } from '../ids.ts'
import { rotated, type Client } from './client.ts'
import type { ClientStore, TokenStore } from './ports.ts'
import type { SpeaksFor } from './principal.ts'
import { isScope } from './scopes.ts'

export interface RegisterClient {
  readonly name: string
  readonly organizationId: string | null
  readonly scopes: readonly string[]
  readonly speaksFor: SpeaksFor
}

interface SecretTools {
  /** 256 random bits, base64url. */
  readonly randomSecret: () => string
  /** SHA-256, hex. */
  readonly hash: (secret: string) => string
}

export interface ClientWithSecret {
  readonly client: Client
  /** To be shown once. */
  readonly secret: string
}

/** The prefix lets secret scanners find one that was committed by mistake. */
const prefix = 'yqs_'

export async function registerClient ({ clients, ids, randomSecret, hash }: SecretTools & { readonly clients: ClientStore, readonly ids: Ids }, command: RegisterClient, at: Date): Promise<ClientWithSecret> {
  const unknown = command.scopes.findIndex((scope) => !isScope(scope))
  if (unknown >= 0) throw new DomainError('REQUEST_INVALID', 'There is no scope of this name. /.well-known/smart-configuration lists them.', `scopes[${unknown}]`)
  const secret = prefix + randomSecret()
  const client: Client = { id: ids.next(), role: 'integrator', ...command, secretHash: hash(secret), previousSecret: null, createdAt: at, revokedAt: null }
  await clients.save(client)
  return { client, secret }
}

/** The old secret is taken for a day more; one that leaked is ended by rotating twice, or with the whole client. */
export async function rotateClient ({ clients, randomSecret, hash }: SecretTools & { readonly clients: ClientStore }, id: string, at: Date): Promise<ClientWithSecret> {
  const client = await standing(clients, id)
  const secret = prefix + randomSecret()
  const renewed = rotated(client, hash(secret), at)
  await clients.save(renewed)
  return { client: renewed, secret }
}

/** Ends the client and every token it holds. */
export async function revokeClient ({ clients, tokens }: { readonly clients: ClientStore, readonly tokens: Pick<TokenStore, 'revokeOf'> }, id: string, at: Date): Promise<Client> {
  const client = await clients.find(id)
  if (client === null) throw noClient()
  if (client.revokedAt !== null) return client
  const revoked = { ...client, revokedAt: at, previousSecret: null }
  await clients.save(revoked)
  await tokens.revokeOf({ clientId: id }, at)
  return revoked
}

async function standing (clients: ClientStore, id: string): Promise<Client> {
  const client = await clients.find(id)
  if (client === null || client.revokedAt !== null) throw noClient()
  return client
}

const noClient = (): DomainError => new DomainError('CLIENT_NOT_FOUND', 'No client in force has this id; look at the list of clients.')
