import type { Test } from 'tap'
import type { Alert, JobRun } from '../../core/operations/index.ts'
import type { OpenStore } from './store-under-test.ts'

const at = (time: string): Date => new Date(`2026-03-02T${time}Z`)

export function alertStoreContract (t: Test, open: OpenStore): void {
  t.test('an alert → is open once a key, and may open again after its end', async (t) => {
    const { inTransaction } = await open(t)
    const anAlert = (id: string, key: string): Alert => ({ id, key, openedAt: at('01:00:00'), closedAt: null, detail: '120 s' })
    await inTransaction(async ({ alerts }) => {
      t.strictSame([await alerts.add(anAlert('a1', 'queue-age')), await alerts.add(anAlert('a2', 'queue-age')), await alerts.add(anAlert('a3', 'source-silent:east'))], [true, false, true])
      await alerts.close('a1', at('02:00:00'))
      await alerts.close('a1', at('03:00:00'))
      t.strictSame(await alerts.open(), [anAlert('a3', 'source-silent:east')])
      t.equal(await alerts.add(anAlert('a4', 'queue-age')), true)
      t.strictSame(await alerts.list({ limit: 2, offset: 1 }), [anAlert('a3', 'source-silent:east'), { ...anAlert('a1', 'queue-age'), closedAt: at('02:00:00') }])
    })
  })
}

export function jobRunStoreContract (t: Test, open: OpenStore): void {
  t.test('a job run → is known by job and due instant, and the newest done one is told', async (t) => {
    const { inTransaction } = await open(t)
    const aRun = (job: string, dueAt: Date, given: Partial<JobRun> = {}): JobRun =>
      ({ job, dueAt, status: 'running', attempts: 1, startedAt: at('09:00:00'), finishedAt: null, result: null, error: null, ...given })
    const done = aRun('prune', at('01:00:00'), { status: 'done', finishedAt: at('09:00:01'), result: { pruned: 12 } })
    const failed = aRun('prune', at('02:00:00'), { status: 'failed', attempts: 3, finishedAt: at('09:00:02'), error: 'STORE_UNAVAILABLE' })
    await inTransaction(async ({ jobRuns }) => {
      t.strictSame(await jobRuns.lastDone(), new Map())
      for (const run of [aRun('prune', at('01:00:00')), done, failed, aRun('remind', at('03:00:00')), aRun('renew', at('04:00:00'), { status: 'done' })]) {
        await jobRuns.save(run)
        t.strictSame(await jobRuns.find(run.job, run.dueAt), run)
      }
      t.strictSame([await jobRuns.lastDone(), await jobRuns.find('prune', at('05:00:00'))], [new Map([['prune', at('01:00:00')], ['renew', at('04:00:00')]]), null])
      t.strictSame(await jobRuns.list({ job: 'prune' }, { limit: 9, offset: 0 }), [failed, done])
      t.strictSame((await jobRuns.list({ job: null }, { limit: 2, offset: 0 })).map(({ job }) => job), ['renew', 'remind'])
    })
  })
}

export function pauseStoreContract (t: Test, open: OpenStore): void {
  t.test('a paused queue → stays paused by the first who paused it, until it is resumed', async (t) => {
    const { inTransaction } = await open(t)
    const pause = { queue: 'destination:east', at: at('01:00:00'), by: 'token-1', reason: 'the HIS is being updated' }
    await inTransaction(async ({ pauses }) => {
      await pauses.add(pause)
      await pauses.add({ ...pause, by: 'token-2', reason: 'again' })
      t.strictSame(await pauses.list(), [pause])
      t.strictSame([await pauses.remove('destination:east'), await pauses.remove('destination:east')], [true, false])
      t.strictSame(await pauses.list(), [])
    })
  })
}

export function leaseStoreContract (t: Test, open: OpenStore): void {
  t.test('a lease → is one holder’s until it runs out or is given back', async (t) => {
    const { inTransaction } = await open(t)
    const take = (holder: string, now: string, until: string): Promise<boolean> =>
      inTransaction(({ leases }) => leases.acquire({ name: 'applier', holder, now: at(now), until: at(until) }))
    t.strictSame([await take('n1', '01:00:00', '01:01:00'), await take('n2', '01:00:30', '01:01:30'), await take('n1', '01:00:50', '01:02:00'),
      await take('n2', '01:01:59', '01:03:00'), await take('n2', '01:02:00', '01:03:00'), await take('n1', '01:02:30', '01:04:00')], [true, false, true, false, true, false])
    await inTransaction(({ leases }) => leases.release({ name: 'applier', holder: 'n1' }))
    t.equal(await take('n1', '01:02:31', '01:04:00'), false, 'only its holder gives it back')
    await inTransaction(({ leases }) => leases.release({ name: 'applier', holder: 'n2' }))
    t.equal(await take('n1', '01:02:32', '01:04:00'), true)
    await inTransaction(({ leases }) => leases.releaseAll())
    t.equal(await take('n2', '01:02:33', '01:04:00'), true)
  })

  t.test('a lease asked for by four at once → is taken by one', async (t) => {
    const { inTransaction } = await open(t)
    const taken = await Promise.all(['n1', 'n2', 'n3', 'n4'].map((holder) =>
      inTransaction(({ leases }) => leases.acquire({ name: 'jobs', holder, now: at('01:00:00'), until: at('01:01:00') }))))
    t.equal(taken.filter((isMine) => isMine).length, 1)
  })
}

export function settingStoreContract (t: Test, open: OpenStore): void {
  t.test('a setting → is what was set last; set once, it is what was set first', async (t) => {
    const { inTransaction } = await open(t)
    await inTransaction(async ({ settings }) => {
      t.equal(await settings.get('key'), null)
      t.strictSame([await settings.setOnce('key', 'first'), await settings.setOnce('key', 'second'), await settings.get('key')], ['first', 'first', 'first'])
      await settings.set('key', 'third')
      await settings.set('other', '其他')
      t.strictSame([await settings.get('key'), await settings.get('other')], ['third', '其他'])
    })
    const said = await Promise.all(['a', 'b', 'c'].map((value) => inTransaction(({ settings }) => settings.setOnce('race', value))))
    t.equal(new Set(said).size, 1, 'all who set it at once hear the same')
  })
}

export function idempotencyStoreContract (t: Test, open: OpenStore): void {
  t.test('a request key → is begun once, then answers what was answered', async (t) => {
    const { inTransaction } = await open(t)
    const request = { key: 'k1', scope: 'token-1', bodyHash: 'h1', at: at('01:00:00') }
    await inTransaction(async ({ idempotency }) => {
      t.strictSame([await idempotency.begin(request), await idempotency.begin(request), await idempotency.begin({ ...request, bodyHash: 'h2' }), await idempotency.begin({ ...request, scope: 'token-2' })],
        [{ kind: 'begun' }, { kind: 'running' }, { kind: 'other_body' }, { kind: 'begun' }])
      await idempotency.finish({ key: 'k1', scope: 'token-1', status: 201, body: '{"id":"1"}' })
      await idempotency.abandon({ key: 'k1', scope: 'token-1' })
      t.strictSame([await idempotency.begin(request), await idempotency.begin({ ...request, bodyHash: 'h2' })], [{ kind: 'answered', status: 201, body: '{"id":"1"}' }, { kind: 'other_body' }])
      await idempotency.abandon({ key: 'k1', scope: 'token-2' })
      t.strictSame(await idempotency.begin({ ...request, scope: 'token-2', bodyHash: 'h3' }), { kind: 'begun' })
    })
  })

  t.test('a request key → is forgotten when it is old, some at a time', async (t) => {
    const { inTransaction } = await open(t)
    await inTransaction(async ({ idempotency }) => {
      for (const [key, time] of [['k1', '01:00:00'], ['k2', '02:00:00'], ['k3', '03:00:00']] as const) await idempotency.begin({ key, scope: 's', bodyHash: 'h', at: at(time) })
      t.strictSame([await idempotency.prune(at('03:00:00'), 1), await idempotency.prune(at('03:00:00'), 9), await idempotency.prune(at('03:00:00'), 9)], [1, 1, 0])
      t.strictSame(await idempotency.begin({ key: 'k3', scope: 's', bodyHash: 'h', at: at('04:00:00') }), { kind: 'running' })
    })
  })

  t.test('a request key used by four at once → is begun once', async (t) => {
    const { inTransaction } = await open(t)
    const kinds = await Promise.all([1, 2, 3, 4].map(() => inTransaction(async ({ idempotency }) =>
      (await idempotency.begin({ key: 'k', scope: 's', bodyHash: 'h', at: at('01:00:00') })).kind)))
    t.strictSame([...kinds].sort(), ['begun', 'running', 'running', 'running'])
  })
}
