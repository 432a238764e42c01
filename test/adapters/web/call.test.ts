import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import t from 'tap'
import { pages } from '../../../adapters/web/index.ts'
import { aServer } from '../http/a-server.ts'

const web = path.resolve(import.meta.dirname, '../../../adapters/web')
const root = path.join(web, 'call')
const files = readdirSync(root)
const read = (file: string): string => readFileSync(path.join(root, file), 'utf8')
const from = async <Module>(file: string): Promise<Module> => await import(pathToFileURL(path.join(root, file)).href) as Module

interface Machine {
  readonly screens: Readonly<Record<string, Readonly<Record<string, string>>>>
  readonly next: (screen: string, event: string) => string
  readonly eventOf: (call: { readonly state: string } | null, party: string) => string
}
interface Weak {
  readonly levels: readonly string[]
  readonly startAt: (mode: string) => State
  readonly capped: (state: State, mode: string) => State
  readonly adapt: (state: State, look: Look) => State
}
interface State { readonly level: string }
interface Look { readonly lossPermille: number, readonly kilobitsPerSecond: number | null, readonly roundTripMs: number }

const { screens, next, eventOf } = await from<Machine>('machine.js')
const { levels, startAt, capped, adapt } = await from<Weak>('weak.js')

t.test('the page of a call → is served without a token, runs nothing but its own files, holds nothing inline, and asks nobody else', async (t) => {
  const { server } = await aServer(t)
  await server.register(pages({ root: web }))
  t.equal((await server.inject('/m/call')).headers.location, '/m/call/')
  const answer = await server.inject('/m/call/')
  t.strictSame([answer.statusCode, answer.headers['content-type']], [200, 'text/html; charset=utf-8'])
  t.notMatch(String(answer.headers['content-security-policy']), /unsafe|\*/)
  for (const file of files) t.equal((await server.inject(`/m/call/${file}`)).statusCode, 200, file)
  t.notMatch(read('index.html'), /<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=|https?:/i)
  for (const file of files.filter((name) => name.endsWith('.js'))) t.notMatch(read(file), /innerHTML|insertAdjacentHTML|document\.write|eval\(|console\.|localStorage|https?:\/\/(?!\$)/, file)
  const total = files.reduce((sum, file) => sum + read(file).length, 0)
  t.ok(total < 80_000, `${total} bytes for all of it`)
})

t.test('both languages → have the same words', async (t) => {
  const words = read('words.js')
  const [zh = '', en = ''] = ['zh', 'en'].map((language) => new RegExp(`\\n  ${language}: \\{([\\s\\S]*?)\\n  \\}`).exec(words)?.[1] ?? '')
  const keysOf = (text: string): readonly string[] => [...text.replaceAll(/'(?:[^'\\]|\\.)*'/g, "''").matchAll(/(\w+): ''/g)].map(([, key]) => key ?? '').sort()
  t.ok(keysOf(zh).length > 30)
  t.strictSame(keysOf(zh), keysOf(en))
})

t.test('whatever happens on a screen → leads to a screen; a call ends in the room, a service ends for good', async (t) => {
  for (const [screen, events] of Object.entries(screens)) {
    for (const target of Object.values(events)) t.ok(Object.hasOwn(screens, target), `${screen} leads to ${target}`)
    t.strictSame([next(screen, 'nonsense'), next(screen, 'constructor')], [screen, screen])
  }
  t.strictSame(['idle', 'over', 'gone', 'run'].map((event) => next('call', event)), ['room', 'over', 'gone', 'call'])
  t.strictSame(['ring', 'welcome', 'run'].map((event) => next('over', event)), ['over', 'over', 'over'])
  t.strictSame([eventOf(null, 'patient'), eventOf({ state: 'ringing' }, 'patient'), eventOf({ state: 'ringing' }, 'doctor'), eventOf({ state: 'reconnecting' }, 'patient'), eventOf({ state: 'ended' }, 'doctor')], ['none', 'ring', 'idle', 'run', 'idle'])
})

const played = (state: State, look: Look, times: number): readonly string[] => Array.from({ length: times }, () => (state = adapt(state, look)).level)
const good: Look = { lossPermille: 0, kilobitsPerSecond: 2_000, roundTripMs: 60 }
const rural: Look = { lossPermille: 200, kilobitsPerSecond: 60, roundTripMs: 900 }
const broken: Look = { lossPermille: 600, kilobitsPerSecond: 4, roundTripMs: 3_000 }

t.test('a weak network [T11]', async (t) => {
  t.test('takes the picture away step by step, keeps the sound while it can, and leaves text when even that does not arrive', async (t) => {
    t.strictSame(played(startAt('video'), rural, 12), ['video', 'video', 'video_low', 'video_low', 'video_low', 'voice', 'voice', 'voice', 'voice', 'voice', 'voice', 'voice'])
    t.equal(played(startAt('video'), broken, 9).at(-1), 'text')
  })

  t.test('that is good again brings it back after a while, which doubles with each fall, and never more than was chosen', async (t) => {
    const fallen = Array.from({ length: 6 }).reduce<State>((state) => adapt(state, rural), startAt('video'))
    const back = played(fallen, good, 200)
    t.strictSame([...new Set(back)], ['voice', 'video_low', 'video'])
    t.equal(back.indexOf('video_low'), 31, 'two falls: four times the first wait')
    t.strictSame([...new Set(played(startAt('voice'), good, 200))], ['voice'])
    t.equal(capped(startAt('video'), 'text').level, 'text')
  })

  t.test('that stumbles once or twice changes nothing', async (t) => {
    const looks = [broken, broken, good, broken, broken, good]
    t.strictSame([...new Set(looks.map((_, place) => looks.slice(0, place + 1).reduce<State>((state, one) => adapt(state, one), startAt('video')).level))], ['video'])
    t.ok(levels.includes(played(startAt('video'), { ...good, kilobitsPerSecond: null }, 5).at(-1) ?? ''), 'what a browser does not tell counts as enough')
  })
})
