import { randomBytes } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { Test } from 'tap'
import { startSmsGateway, type SmsGateway } from '../../adapters/simulators/sms-gateway.ts'
import type { Answer, Service } from './a-service.ts'

const clock = { now: () => new Date() }

export interface Phones {
  /** For SITE_CONFIG. */
  readonly sms: { readonly url: string, readonly secretFile: string }
  readonly gateway: SmsGateway
}

/** A carrier's gateway, and the phones behind it. */
export async function phones (t: Test): Promise<Phones> {
  const secret = randomBytes(32)
  const folder = await mkdtemp(path.join(tmpdir(), 'yiqiao-sms-'))
  t.teardown(() => rm(folder, { recursive: true }))
  const secretFile = path.join(folder, 'secret')
  await writeFile(secretFile, secret)
  const gateway = await startSmsGateway({ host: '127.0.0.1', port: 0, secret, clock, realClock: clock })
  t.teardown(() => gateway.close())
  return { sms: { url: gateway.url, secretFile }, gateway }
}

/** Logs in by the code that comes by SMS; the first time that is what registers. */
export async function logIn (service: Service, { gateway }: Phones, phone: string): Promise<{ readonly accessToken: string, readonly refreshToken: string, readonly personId: string | null }> {
  const asked = await service.call('POST', '/v1/sms-codes', undefined, { phone, purpose: 'login' })
  if (asked.status !== 202) throw new Error(`no code was sent: ${asked.status}`)
  await service.settled()
  const newest = gateway.items(null).filter(({ body }) => body['to'] === phone).at(-1)
  const { code } = newest?.body['params'] as { readonly code: string }
  return (await service.call('POST', '/v1/sessions', undefined, { phone, code })).body
}

/** A patient app with credentials of its own, and the token that it got by them. */
export async function anApp (service: Service, { scopes = ['system/*.read', 'system/*.write'], organizationId = null }: { readonly scopes?: readonly string[], readonly organizationId?: string | null } = {}): Promise<string> {
  const administrator = await service.tokenFor('administrator')
  const { clientId, clientSecret } = (await service.post('/v1/ops/clients', administrator, { name: 'a patient app', role: 'integrator', organizationId, scopes, speaksFor: 'app' })).body
  return (await token(service, { clientId, clientSecret })).body.access_token
}

export async function token (service: Service, { clientId, clientSecret }: { readonly clientId: string, readonly clientSecret: string }): Promise<Answer> {
  return service.call('POST', '/oauth/token', undefined, new URLSearchParams({ grant_type: 'client_credentials', client_id: clientId, client_secret: clientSecret }))
}
