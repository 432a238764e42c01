import { execFile } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import t from 'tap'
import { pages } from '../../../adapters/web/index.ts'
import { aServer } from '../http/a-server.ts'

const web = path.resolve(import.meta.dirname, '../../../adapters/web')
const root = path.join(web, 'kiosk')
const files = readdirSync(root)
const read = (file: string): string => readFileSync(path.join(root, file), 'utf8')
const chromium = process.env['CHROMIUM_PATH']

interface Machine {
  readonly screens: Readonly<Record<string, Readonly<Record<string, string>>>>
  readonly next: (screen: string, event: string) => string
  readonly nobody: () => Readonly<Record<string, unknown>>
  readonly readerInput: () => (key: string, atMs: number) => string | null
  readonly kindOf: (text: string) => string
}
const { screens, next, nobody, readerInput, kindOf } = await import(pathToFileURL(path.join(root, 'machine.js')).href) as Machine

t.test('the page of the terminal → is served without a token, runs nothing but its own files, and holds nothing inline', async (t) => {
  const { server } = await aServer(t)
  await server.register(pages({ root: web }))
  t.equal((await server.inject('/kiosk')).headers.location, '/kiosk/')
  const answer = await server.inject('/kiosk/')
  t.strictSame([answer.statusCode, answer.headers['content-type']], [200, 'text/html; charset=utf-8'])
  t.match(String(answer.headers['content-security-policy']), /default-src 'none'.*script-src 'self'/)
  t.notMatch(String(answer.headers['content-security-policy']), /unsafe|\*/)
  for (const file of files) t.equal((await server.inject(`/kiosk/${file}`)).statusCode, 200, file)
  t.notMatch(read('index.html'), /<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=|https?:/i)
  for (const file of files.filter((name) => name.endsWith('.js'))) t.notMatch(read(file), /innerHTML|insertAdjacentHTML|document\.write|eval\(|sessionStorage|console\./, file)

  t.test('in a browser → it starts with the set-up of the device', { skip: chromium === undefined ? 'CHROMIUM_PATH is not set' : false }, async (t) => {
    const url = await server.listen({ host: '127.0.0.1', port: 0 })
    const profile = mkdtempSync(path.join(tmpdir(), 'yiqiao-kiosk-'))
    t.teardown(() => { rmSync(profile, { recursive: true, force: true }) })
    const { stdout } = await promisify(execFile)(chromium ?? '', ['--headless', '--no-sandbox', '--disable-gpu', `--user-data-dir=${profile}`, '--virtual-time-budget=5000', '--dump-dom', `${url}/kiosk/`], { timeout: 60_000, maxBuffer: 4 * 1024 * 1024 })
    t.match(stdout, /设备设置/)
    t.match(stdout, /name="token"/)
  })
})

t.test('whatever happens on a screen → leads to a screen, and everybody can leave from everywhere', async (t) => {
  for (const [screen, events] of Object.entries(screens)) {
    for (const target of Object.values(events)) t.ok(Object.hasOwn(screens, target), `${screen} leads to ${target}`)
    if (screen === 'setup') continue
    t.strictSame(['leave', 'idle', 'lost'].map((event) => next(screen, event)), ['welcome', 'welcome', 'welcome'])
    t.equal(next(screen, 'nonsense'), screen)
    t.equal(next(screen, 'constructor'), screen)
  }
  const reached = new Set(['setup'])
  for (let before = 0; before < reached.size;) {
    before = reached.size
    for (const screen of [...reached]) for (const target of Object.values(screens[screen] ?? {})) reached.add(target)
  }
  t.strictSame([...reached].sort(), Object.keys(screens).sort(), 'every screen can be reached')
  t.throws(() => next('nowhere', 'leave'))
  t.not(nobody(), nobody())
  t.ok(Object.values(nobody()).every((value) => value === null || value === false || (Array.isArray(value) && value.length === 0)), 'nobody is known of whom nothing is left')
  const events = Object.values(screens).flatMap((one) => Object.entries(one)).filter(([, target]) => target === 'home').map(([event]) => event)
  t.strictSame([...new Set(events)].sort(), ['known', 'made', 'on', 'yes'], 'services need somebody who is known: by face, document, phone or a new number')
})

t.test('a reader → is faster than fingers, so that a typed number identifies nobody', async (t) => {
  const typed = (text: string, gapMs: number): string | null => {
    const key = readerInput()
    return [...text, 'Enter'].map((one, place) => key(one, place * gapMs)).at(-1) ?? null
  }
  t.strictSame([typed('E1000201', 5), typed('E1000201', 120), typed('E1', 5)], ['E1000201', null, null])
  t.strictSame([kindOf('YQP:00'), kindOf(`${'1'.repeat(17)}X`), kindOf('E1000201')], ['qr', 'resident_id', 'patient_card'])
})

t.test('every word → is there in Chinese and in English, and every target is big enough for a finger', async (t) => {
  const [, chinese = '', english = ''] = /zh: \{([^}]*)\}.*en: \{([^}]*)\}/s.exec(read('words.js')) ?? []
  const keysOf = (block: string): readonly string[] => [...block.matchAll(/(?:^|, |\n\s*)(\w+): '/g)].map(([, key]) => key ?? '')
  t.strictSame(keysOf(chinese), keysOf(english))
  const used = files.filter((file) => file.endsWith('.js')).flatMap((file) => [...read(file).matchAll(/(?:word|title|hint|choice|form)\('(\w+)'/g)].map(([, key]) => key ?? ''))
  t.ok(used.length > 50)
  t.strictSame([...new Set(used)].filter((key) => !keysOf(english).includes(key)), [])
  t.ok(Number(/button, input, select \{[^}]*min-height: (\d+)px/.exec(read('kiosk.css'))?.[1]) >= 60)
  const sizes = files.filter((file) => /\.(?:js|css|html)$/.test(file)).reduce((sum, file) => sum + read(file).length, 0)
  t.ok(sizes < 80_000, `${sizes} characters in all`)
})
