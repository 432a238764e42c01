import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { aService } from '../journeys/a-service.ts'

const file = path.resolve(import.meta.dirname, '../fixtures/openapi.json')

t.test('the interface → is the one that was reviewed (WRITE_OPENAPI=1 writes it anew)', async (t) => {
  const service = await aService(t, { isDemo: true })
  const { body } = await service.get('/docs/json')
  if (process.env['WRITE_OPENAPI'] === '1') writeFileSync(file, `${JSON.stringify(body, null, 1)}\n`)
  t.strictSame(body, JSON.parse(readFileSync(file, 'utf8')))
  t.match(body.openapi, /^3\.1\./)
  const operations = Object.values<Record<string, Record<string, unknown>>>(body.paths).flatMap((item) => Object.values(item))
  t.ok(operations.length > 40)
  t.same(operations.filter((operation) => !Array.isArray(operation['x-requirements'])), [], 'every operation names its requirements')
})
