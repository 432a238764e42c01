import { randomBytes, randomUUID } from 'node:crypto'
import { startSmsGateway } from '../../../adapters/simulators/sms-gateway.ts'
import { httpSms } from '../../../adapters/sms/http-sms.ts'
import { openingSms } from '../../../app/compose/access-keys.ts'
import { sendSms } from '../../../core/notifications/index.ts'
import type { RecordChange } from '../../../core/records/index.ts'
import { saveChanges } from '../../../core/records/index.ts'
import type { Teardown } from '../../fixtures/store.ts'
import { as, hash, keys, type AServer } from './a-server.ts'

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- tests look into answers as any client would
export interface Answer { readonly status: number, readonly body: any, readonly headers: Readonly<Record<string, unknown>> }
// eslint-disable-next-line max-params -- reads as a request line
export type Call = (method: 'GET' | 'POST' | 'PATCH' | 'DELETE', url: string, token?: string, body?: unknown, headers?: Readonly<Record<string, string>>) => Promise<Answer>

export function caller ({ server }: Pick<AServer, 'server'>): Call {
  // eslint-disable-next-line max-params -- as above
  return async (method, url, token, body, headers = {}) => {
    const answer = await server.inject({ method, url, headers: { ...headers, ...(token === undefined ? {} : as(token)) }, ...(body === undefined ? {} : { payload: body as object }) })
    return { status: answer.statusCode, headers: answer.headers, body: answer.body === '' ? null : /json/.test(String(answer.headers['content-type'])) ? answer.json() : answer.body }
  }
}

export interface Phone {
  /** The newest code that the number received, through the gateway. */
  readonly codeTo: (number: string) => Promise<string | undefined>
  readonly received: () => ReadonlyArray<Readonly<Record<string, unknown>>>
}

/** Carries the outbox out to a simulated gateway, as the product does. */
export async function aPhone (t: Teardown, { store }: Pick<AServer, 'store'>): Promise<Phone> {
  const secret = randomBytes(32)
  const clock = { now: () => new Date('2027-03-01T09:00:00Z') }
  const gateway = await startSmsGateway({ host: '127.0.0.1', port: 0, secret, clock, realClock: clock })
  t.teardown(() => gateway.close())
  const carry = sendSms(openingSms(httpSms({ url: gateway.url, secret, clock, nonces: { next: randomUUID }, timeoutMs: 5_000 }), keys))
  const received = () => gateway.items(null).map(({ body }) => body)
  return {
    received,
    codeTo: async (number) => {
      for (const message of await store.inReading(({ outbox }) => outbox.due(clock.now(), 100, 'sms'))) {
        await carry(message)
        await store.inTransaction(({ outbox }) => outbox.markDone(message.id, clock.now()))
      }
      const newest = received().filter(({ to }) => to === number).at(-1)
      return (newest?.['params'] as { readonly code?: string } | undefined)?.code
    }
  }
}

/** What a hospital says of a patient, in FHIR. */
export async function aRecord ({ store }: Pick<AServer, 'store'>, id: string, elements: Readonly<Record<string, unknown>>): Promise<void> {
  const change: RecordChange = {
    resource: { resourceType: 'Patient', id, ...elements }, removed: [], weak: false, asOf: new Date('2027-02-01T00:00:00Z'),
    hospitalId: id.split('-')[0] ?? '', patientId: id, source: 'message-1', mappingVersion: null
  }
  await store.inTransaction(({ records }) => saveChanges({ records, searchValuesOf: () => [], stableId: (...parts) => parts.join('-'), hashOf: hash }, [change], change.asOf))
}
