import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { pages } from '../../../adapters/web/index.ts'
import { as, aServer } from '../http/a-server.ts'

const web = path.resolve(import.meta.dirname, '../../../adapters/web')
const root = path.join(web, 'console')
const files = readdirSync(root)
const read = (file: string): string => readFileSync(path.join(root, file), 'utf8')
const page = read('index.html')

t.test('the status page', async (t) => {
  const { server, tokenOf } = await aServer(t)
  await server.register(pages({ root: web }))

  t.test('is where / leads, and is served without a token', async (t) => {
    const start = await server.inject('/')
    t.strictSame([start.statusCode, start.headers.location], [302, '/console/'])
    t.equal((await server.inject('/console')).headers.location, '/console/')
    const answer = await server.inject('/console/')
    t.strictSame([answer.statusCode, answer.headers['content-type'], answer.body], [200, 'text/html; charset=utf-8', page])
    for (const file of files) t.equal((await server.inject(`/console/${file}`)).statusCode, 200, file)
    for (const place of ['/elements', '/m/elements']) t.match(await server.inject(`${place}/make.js`), { statusCode: 200, headers: { 'content-type': /javascript/ } }, 'what all pages are made of')
    t.equal((await server.inject('/console/../server.ts')).statusCode, 404)
  })

  t.test('may run nothing but its own files', async (t) => {
    const policy = String((await server.inject('/console/')).headers['content-security-policy'])
    t.match(policy, /default-src 'none'/)
    t.match(policy, /script-src 'self'(;|$)/)
    t.notMatch(policy, /unsafe|\*/)
    t.notMatch(page, /<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=/i, 'and holds nothing inline')
    for (const file of files.filter((name) => name.endsWith('.js'))) t.notMatch(read(file), /innerHTML\s*=|insertAdjacentHTML|document\.write|eval\(/, `${file} writes text, never markup`)
  })

  t.test('leaves /docs as it is', async (t) => {
    const before = Object.keys((await server.inject('/docs/json')).json().paths as object)
    t.notOk(before.some((url) => url.startsWith('/console') || url === '/'))
    t.equal((await server.inject({ url: '/v1/me', headers: as(await tokenOf('operator')) })).statusCode, 200)
  })
})

t.test('every word of the page → is there in Chinese and in English', async (t) => {
  const [, chinese = '', english = ''] = /zh: \{([^}]*)\}.*en: \{([^}]*)\}/s.exec(read('words.js')) ?? []
  const keysOf = (block: string): string[] => [...block.matchAll(/^ {4}(\w+): '/gm)].map(([, key]) => key ?? '')
  t.strictSame(keysOf(chinese), keysOf(english))
  const known = new Set(keysOf(english))
  const used = [page, ...files.filter((file) => file.endsWith('.js')).map(read)].flatMap((text) => [...text.matchAll(/data-(?:word|label)="(\w+)"|word\('(\w+)'\)/g)].map(([, inPage, inScript]) => inPage ?? inScript ?? ''))
  t.ok(used.length > 40)
  t.strictSame([...new Set(used)].filter((key) => !known.has(key)), [])
})

t.test('what the page is made of → can be used by keyboard and screen reader', async (t) => {
  const ids = new Set([...page.matchAll(/\sid="([^"]+)"/g)].map(([, id]) => id))
  const fields = [...page.matchAll(/<(input|select|textarea)[^>]*\sid="([^"]+)"/g)].map(([, , id]) => id ?? '')
  t.ok(fields.length >= 4)
  for (const id of fields) t.ok(page.includes(`for="${id}"`) || new RegExp(`<label>[^]*?id="${id}"[^]*?</label>`).test(page), `${id} has a label`)
  for (const [, target] of page.matchAll(/aria-labelledby="([^"]+)"/g)) t.ok(ids.has(target ?? ''), `${target} names its section`)
  t.match(page, /<html lang="zh-CN">/)
  t.match(page, /role="status" aria-live="polite"/)
  for (const [, id] of read('console.js').matchAll(/place\('([^']+)'\)/g)) t.ok(ids.has(id ?? ''), `the script finds ${id}`)
})

t.test('colours of text → stand out from the paper by 4.5 to 1, by day and by night (WCAG 2.2, 1.4.3)', async (t) => {
  const themes = [...read('console.css').matchAll(/:root \{([^}]*--paper[^}]*)\}/g)].map(([, block]) => new Map([...(block ?? '').matchAll(/--(\w+): (#\w+)/g)].map(([, name, colour]) => [name ?? '', colour ?? ''])))
  t.equal(themes.length, 2)
  for (const theme of themes) {
    for (const name of ['ink', 'soft', 'accent', 'good', 'bad']) t.ok(contrast(theme.get(name) ?? '', theme.get('paper') ?? '') >= 4.5, `${name} ${theme.get(name)}`)
  }
})

function contrast (one: string, other: string): number {
  const [lighter = 0, darker = 0] = [luminance(one), luminance(other)].sort((a, b) => b - a)
  return (lighter + 0.05) / (darker + 0.05)
}

/** Relative luminance, WCAG 2.2. */
function luminance (colour: string): number {
  const hex = colour.length === 4 ? colour.slice(1).replaceAll(/./g, '$&$&') : colour.slice(1)
  const [red = 0, green = 0, blue = 0] = [0, 2, 4].map((at) => {
    const part = parseInt(hex.slice(at, at + 2), 16) / 255
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}
