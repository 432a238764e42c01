import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { environmentNames, readConfig, type Config } from '../../app/config.ts'
import { siteConfigSchema, type MllpSourceConfig } from '../../app/site-config.ts'

const root = path.resolve(import.meta.dirname, '../..')

t.test('without any setting the product listens for one hospital on loopback', async (t) => {
  const config = readConfig({}, { isDemo: false, root })
  t.equal(config.host, '127.0.0.1')
  t.equal(config.httpPort, 3000)
  t.same(readConfig({ DATABASE_URL: '', REDIS_URL: '', HTTP_PORT: '', SITE_CONFIG: '' }, { isDemo: false, root }), config, 'what is set to nothing is not set')
  t.same(mllpSources(config).map(({ name, hospital, port, ack, keyRule, mappingSite }) => ({ name, hospital, port, ack, keyRule, mappingSite })),
    [{ name: 'his', hospital: 'hospital', port: 2575, ack: 'stored', keyRule: 'control_id', mappingSite: 'base' }])
  t.equal(mllpSources(config)[0]?.limits.maxMessageBytes, 16 * 1024 * 1024)
})

t.test('the demo has one source for each simulated hospital', async (t) => {
  const config = readConfig({ MLLP_PORT: '4000' }, { isDemo: true, root })
  t.same(mllpSources(config).map(({ name, port, charset }) => ({ name, port, charset })),
    [{ name: 'east', port: 4000, charset: 'UTF-8' }, { name: 'west', port: 4001, charset: 'GB18030' }])
  t.same(mllpSources(readConfig({ MLLP_PORT: '0' }, { isDemo: true, root })).map((source) => source.port), [0, 0])
})

t.test('a faulty setting is refused with a line that names it', async (t) => {
  for (const [name, value] of [['HTTP_PORT', 'eighty'], ['MLLP_PORT', '70000'], ['TZ_BUSINESS', 'Peking'], ['SQLITE_DRIVER', 'oracle']] as const) {
    t.throws(() => readConfig({ [name]: value }, { isDemo: false, root }), new RegExp(`^${name}:|${name}:`), name)
  }
})

t.test('a faulty site file is refused with one line for every fault', async (t) => {
  const file = path.join(t.testdir({}), 'site.json')
  const readSite = (site: unknown): (() => unknown) => {
    writeFileSync(file, typeof site === 'string' ? site : JSON.stringify(site))
    return () => readConfig({ SITE_CONFIG: file }, { isDemo: false, root })
  }
  const hospitals = [{ id: 'east', name: 'East' }]
  t.throws(readSite('{'), { name: 'ConfigError' })
  t.throws(readSite({ hospitals, sources: [{ name: 'a', kind: 'fax', hospital: 'east' }] }), /\/sources\/0\/kind/)
  t.throws(readSite({ hospitals, sources: [{ name: 'a', kind: 'mllp', hospital: 'east', prot: 1 }] }), /\/sources\/0/)
  t.throws(readSite({ hospitals, sources: [{ name: 'a', kind: 'mllp', hospital: 'north' }] }), /source a names a hospital/)
  const sources = [{ name: 'a', kind: 'mllp', hospital: 'east' }]
  for (const name of ['locksCards', 'reports']) t.throws(readSite({ hospitals, sources, payAfterCare: { [name]: true } }), new RegExp(`payAfterCare\\.${name} needs legalBasis`))
  t.doesNotThrow(readSite({ hospitals, sources, legalBasis: 'a rule of the city', payAfterCare: { locksCards: true, reports: true } }))
  t.throws(readSite({ hospitals, sources, payAfterCare: { ruleSet: { version: '1', rules: [] } } }), /\/payAfterCare\/ruleSet\/rules/)
  t.throws(readSite({ hospitals, sources: [{ name: 'a', kind: 'mllp', hospital: 'east' }, { name: 'a', kind: 'mllp', hospital: 'east' }] }), /distinct/)
})

/** Known addresses and time limits, whose defaults hold nearly everywhere; and which discrepancies keep a day open. */
const mayBeLeftOut = ['url', 'authorizeUrl', 'timeoutMs', 'blocking']

t.test('the example site of deploy/ is a valid one', async (t) => {
  const file = path.join(root, 'deploy/example-site.json')
  const config = readConfig({ SITE_CONFIG: file, FEED_KEY_FILE: '/etc/yiqiao/feed.key' }, { isDemo: false, root })
  t.ok(config.site.hospitals.length >= 2)
  const shown = JSON.parse(readFileSync(file, 'utf8')) as Record<string, Record<string, unknown>>
  for (const section of ['payAfterCare', 'scores', 'insurance', 'payments', 'reconciliation', 'creditFeed', 'push', 'wechat', 'sms'] as const) {
    const { properties } = siteConfigSchema.properties[section] as { readonly properties: object }
    t.strictSame(Object.keys(properties).filter((key) => shown[section]?.[key] === undefined && !mayBeLeftOut.includes(key)), [], `${section} is shown with all its keys`)
  }
  t.throws(() => readConfig({ SITE_CONFIG: file }, { isDemo: false, root }), /FEED_KEY_FILE/, 'who reports signs')
})

t.test('every setting stands in the README and every key of SITE_CONFIG in docs/configuration.md', async (t) => {
  const readme = readFileSync(path.join(root, 'README.md'), 'utf8')
  for (const name of environmentNames) t.match(readme, `\`${name}\``, name)
  const page = readFileSync(path.join(root, 'docs/configuration.md'), 'utf8')
  const keys = [...JSON.stringify(siteConfigSchema).matchAll(/"properties":\{/g)]
  t.ok(keys.length > 5)
  for (const key of keysOf(siteConfigSchema)) t.match(page, `\`${key}\``, key)
})

function mllpSources ({ site }: Config): readonly MllpSourceConfig[] {
  return site.sources.filter((source) => source.kind === 'mllp')
}

function keysOf (schema: unknown): string[] {
  if (typeof schema !== 'object' || schema === null) return []
  const { properties, items, anyOf } = schema as { properties?: Record<string, unknown>, items?: unknown, anyOf?: readonly unknown[] }
  const own = Object.entries(properties ?? {})
  const headings = new Set(['hospitals', 'sources', 'destinations'])
  return [...own.map(([key]) => key).filter((key) => !headings.has(key)), ...own.flatMap(([, value]) => keysOf(value)), ...keysOf(items), ...(anyOf ?? []).flatMap(keysOf)]
}
