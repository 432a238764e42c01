import t from 'tap'
import { anItem, hisFile, wechatFile } from '../fixtures/statement-files.ts'
import { fen } from '../../core/money.ts'
import { aService, type Answer } from './a-service.ts'

t.setTimeout(240_000)

t.test('a day of the demo is reconciled and closed', { timeout: 240_000 }, async (t) => {
  const service = await aService(t, { isDemo: true })
  const { finance = '', finance2 = '', operator = '', auditor = '', patient = '', hospital = '' } = service.credentials()
  const origin = `http://127.0.0.1:${service.served.http}`
  let keys = 0
  const post = (url: string, token: string, body: unknown): Promise<Answer> => service.call('POST', url, token, body, { 'idempotency-key': `k${keys += 1}` })
  const bring = async (url: string, token: string, content: Uint8Array): Promise<Answer> => {
    const response = await fetch(`${origin}${url}`, { method: 'POST', headers: { authorization: `Bearer ${token}`, 'content-type': 'text/csv' }, body: content })
    return { status: response.status, headers: response.headers, body: await response.json() }
  }

  t.test('by its jobs, as soon as every party\'s statement is there [K-09]', { timeout: 200_000 }, async (t) => {
    const moved = await service.post('/demo/clock', operator, { set: '2027-03-02T11:00:00+08:00' })
    const ran = (moved.body.ran as ReadonlyArray<{ readonly job: string, readonly status: string }>).filter(({ job }) => job.startsWith('reconcile-') || job === 'close-day')
    t.ok(ran.length > 0 && ran.every(({ status }) => status === 'done'), JSON.stringify(ran))
    const { body } = await service.get('/v1/reconciliations?day=2027-03-01', finance)
    const found = (body.items as ReadonlyArray<{ readonly id: string, readonly state: string }>).map(({ id, state }) => `${id} ${state}`)
    t.strictSame(found, ['alipay', 'bank', 'his.east', 'his.west', 'insurance', 'wechat'].map((source) => `${source}.2027-03-01 reconciled`))
    t.match((await service.post('/demo/simulators/his', operator, { act: 'statement', key: 'east 2027-03-01' })).body, { result: { statement: 'transaction_id,visit_number,kind,amount\n#count,0\n' } })
    const closed = await post('/v1/reconciliations/days/2027-03-01/close', finance, { hospitalId: 'east' })
    t.strictSame([closed.status, closed.body.state], [200, 'closed'])
  })

  t.test('a statement that finance brings → is held against our side by the same parser; a wrong one is refused with its line [K-09]', async (t) => {
    const url = '/v1/reconciliations/his/2027-03-01/statements?hospital=south'
    const wrong = await bring(url, finance, hisFile([], { count: 1 }))
    t.strictSame([wrong.status, wrong.body.code], [422, 'STATEMENT_INVALID'])
    const list = hisFile([{ ...anItem(2, { kind: 'charge', key: 'S-1' }), at: null }])
    t.equal((await bring(`${url}&bytes=1`, finance, list)).status, 422)
    const brought = await bring(url, finance, list)
    t.strictSame([brought.status, brought.body.state, brought.body.lines, brought.body.takenFrom], [200, 'reconciled', 1, 'upload'])
    t.strictSame((await bring(url, finance, list)).body, brought.body, 'the same bytes are no news')
    t.equal((await bring(url, finance, hisFile([]))).status, 422)
    const { discrepancies } = (await service.get('/v1/reconciliations/his.south.2027-03-01', finance)).body
    t.ok((discrepancies.items as ReadonlyArray<{ readonly kind: string, readonly key: string }>).some(({ kind, key }) => kind === 'only_channel' && key === 'S-1'))
  })

  t.test('money that nobody knows → lies in suspense until two persons say that it went back [K-09]', async (t) => {
    const odd = wechatFile([{ ...anItem(2, { key: 'NOBODY1', amountFen: fen(8_800), channelNumber: '4200099' }), at: new Date('2027-03-02T02:00:00Z') }])
    const brought = await bring('/v1/reconciliations/wechat/2027-03-02/statements', finance, odd)
    t.strictSame([brought.status, brought.body.state], [200, 'reconciled'])
    const url = '/v1/reconciliations/wechat.2027-03-02/discrepancies/1/resolve'
    const resolution = { resolution: 'return_money', reason: '已在商户平台退回' }
    t.equal((await service.post(url, finance, resolution)).status, 400, 'without a key')
    t.equal((await post(url, finance, resolution)).body.state, 'proposed')
    t.equal((await post(url, finance, resolution)).status, 403)
    t.equal((await post(url, finance2, resolution)).body.state, 'resolved')
    t.equal((await post(url, finance2, { ...resolution, resolution: 'note' })).status, 409)
  })

  t.test('a closed day → is opened again with a reason, by finance only [K-09]', async (t) => {
    const url = '/v1/reconciliations/days/2027-03-01/reopen'
    t.equal((await post(url, finance, { hospitalId: 'east' })).status, 400)
    t.equal((await post(url, finance, { hospitalId: 'nowhere', reason: 'late' })).status, 422)
    t.strictSame((await post(url, finance, { hospitalId: 'east', reason: '补录' })).body.state, 'reopened')
    for (const token of [patient, hospital, operator]) t.equal((await post(url, token, { hospitalId: 'east', reason: 'x' })).status, 403)
    t.strictSame([(await service.get('/v1/reconciliations', auditor)).status, (await service.get('/v1/reconciliations', patient)).status, (await service.get('/v1/reconciliations/none', finance)).status], [200, 403, 404])
    const own = await service.tokenFor('finance', { organizationId: 'west' })
    t.strictSame([(await service.get('/v1/reconciliations/his.west.2027-03-01', own)).status, (await service.get('/v1/reconciliations/his.east.2027-03-01', own)).status, (await post(url, own, { hospitalId: 'east', reason: 'x' })).status,
      (await bring('/v1/reconciliations/wechat/2027-03-01/statements', own, wechatFile([]))).status], [200, 404, 403, 403])
  })
})
