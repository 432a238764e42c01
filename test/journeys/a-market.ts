import { randomUUID } from 'node:crypto'
import type { Test } from 'tap'
import { aDatabase, aService, type Answer, type Service } from './a-service.ts'

export interface Market {
  readonly service: Service
  readonly who: Readonly<Record<string, string>>
  readonly call: (url: string, token: string, body?: unknown, method?: 'POST' | 'PUT' | 'PATCH') => Promise<Answer>
  readonly get: (url: string, token: string) => Promise<Answer>
  readonly items: (url: string, token: string) => Promise<ReadonlyArray<Answer['body']>>
  readonly advance: (to: { readonly advance: string } | { readonly set: string }) => Promise<void>
  /** Logs in by the code that comes to the phone; the first time that is what registers. */
  readonly account: (phone: string) => Promise<string>
  readonly codeFor: (phone: string, purpose: string) => Promise<string>
  /** Pays an order by the WeChat simulator. */
  readonly pays: (url: string, token: string) => Promise<void>
  /** A reviewer takes it up and approves it, as it is. */
  readonly approves: (kind: 'doctor' | 'hospital', id: string, acceptedFindings?: readonly string[]) => Promise<Answer>
}

/** Of nobody: put together here, so that no number stands in the repository. */
export const phone = (serial: number): string => ['139', '9999', String(serial).padStart(4, '0')].join('')

/** The smallest PNG. */
export const picture = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='

export async function aMarket (t: Test): Promise<Market> {
  const service = await aService(t, { isDemo: true, environment: await aDatabase(t) })
  const who = service.credentials()
  const { operator = '', reviewer = '' } = who
  const call: Market['call'] = (url, token, body = {}, method = 'POST') => service.call(method, url, token, body, { 'idempotency-key': randomUUID() })
  const get: Market['get'] = (url, token) => service.get(url, token)
  const codeFor: Market['codeFor'] = async (to, purpose) => {
    const asked = await service.call('POST', '/v1/sms-codes', undefined, { phone: to, purpose })
    if (asked.status !== 202) throw new Error(`no code was sent: ${asked.status}`)
    await service.settled()
    const sent = (await get('/demo/simulators/sms', operator)).body.items as ReadonlyArray<{ readonly body: { readonly to: string, readonly params: { readonly code: string } } }>
    return sent.filter(({ body }) => body.to === to).at(-1)?.body.params.code ?? ''
  }
  return {
    service, who, call, get, codeFor,
    items: async (url, token) => (await get(url, token)).body.items,
    advance: async (to) => { await service.post('/demo/clock', operator, to) },
    account: async (number) => (await service.call('POST', '/v1/sessions', undefined, { phone: number, code: await codeFor(number, 'register') })).body.accessToken,
    pays: async (url, token) => {
      const order = await call(`${url}/pay`, token, { channel: 'wechat', mode: 'qr' })
      if (order.status !== 201) throw new Error(JSON.stringify(order.body))
      await service.post('/demo/simulators/wechat', operator, { act: 'pay', key: order.body.orderNumber })
      await service.post('/demo/clock', operator, { advance: 'PT1S' })
    },
    approves: async (kind, id, acceptedFindings = []) => {
      await call(`/v1/audits/${kind}/${id}/take`, reviewer)
      return await call(`/v1/audits/${kind}/${id}/decision`, reviewer, { decision: 'approve', acceptedFindings, ...acceptedFindings.length === 0 ? {} : { reason: '已核实' } })
    }
  }
}
