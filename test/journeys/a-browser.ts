import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { chromium, type BrowserContext, type Page } from 'playwright-core'
import type { Test } from 'tap'

export const chromiumPath = process.env['CHROMIUM_PATH']
export const withoutBrowser = chromiumPath === undefined ? { skip: 'CHROMIUM_PATH is not set' } : {}

/** telemedicine document §5: the full browser, and not both ways of saying yes to the devices at once. */
const flags = ['--headless=new', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--use-fake-ui-for-media-stream',
  '--use-fake-device-for-media-stream', '--autoplay-policy=no-user-gesture-required']

const frame = { width: 640, height: 480, count: 10 }
const noise = 12

/** A camera that shows one colour, with the noise of a real one, so that there is something to send: YUV4MPEG2, planes Y, U, V of ITU-R BT.601. */
function aFilmOf ([y, u, v]: readonly [number, number, number], file: string): string {
  const pixels = frame.width * frame.height
  let random = 1
  const noisy = (): Uint8Array => new Uint8Array(pixels).fill(y).map((light) => light - noise + (random = (random * 1_103_515_245 + 12_345) % 2 ** 31) % (2 * noise))
  const one = (): Buffer => Buffer.concat([Buffer.from('FRAME\n'), noisy(), Buffer.alloc(pixels / 4, u), Buffer.alloc(pixels / 4, v)])
  writeFileSync(file, Buffer.concat([Buffer.from(`YUV4MPEG2 W${frame.width} H${frame.height} F20:1 Ip A1:1 C420jpeg\n`), ...Array.from({ length: frame.count }, one)]))
  return file
}

const red = [81, 90, 240] as const

/** Runs in the page before its own scripts: keeps its connections and sockets, tells what they receive, and breaks them. */
const watching = `
  globalThis.connections = []
  globalThis.sockets = []
  globalThis.WebSocket = class extends WebSocket {
    constructor (...given) {
      super(...given)
      sockets.push(this)
    }
  }
  globalThis.RTCPeerConnection = class extends RTCPeerConnection {
    constructor (...given) {
      super(...given)
      connections.push(this)
    }
  }
  globalThis.received = async () => {
    const connection = connections.at(-1)
    if (connection === undefined) return { video: 0, audio: 0, state: 'none', pair: '' }
    const stats = [...(await connection.getStats()).values()]
    const of = (wanted) => stats.filter(({ type, kind }) => type === 'inbound-rtp' && kind === wanted).reduce((sum, { bytesReceived }) => sum + bytesReceived, 0)
    const chosen = stats.find(({ id }) => id === stats.find(({ type }) => type === 'transport')?.selectedCandidatePairId)
    const typeOf = (wanted) => stats.find(({ id }) => id === wanted)?.candidateType
    return { video: of('video'), audio: of('audio'), state: connection.connectionState, pair: chosen === undefined ? '' : typeOf(chosen.localCandidateId) + '/' + typeOf(chosen.remoteCandidateId) }
  }
  globalThis.flows = async (kind) => {
    const now = await received()
    return now.state === 'connected' && now[kind] > 0
  }
  globalThis.hasGathered = () => connections.at(-1)?.iceGatheringState === 'complete'
  globalThis.shownColour = () => {
    const canvas = document.createElement('canvas')
    canvas.width = 32
    canvas.height = 24
    const pen = canvas.getContext('2d')
    pen.drawImage(document.getElementById('theirs'), 0, 0, 32, 24)
    const pixels = pen.getImageData(0, 0, 32, 24).data
    return [0, 1, 2].map((colour) => Math.round(pixels.filter((_, place) => place % 4 === colour).reduce((sum, one) => sum + one, 0) / (pixels.length / 4)))
  }`

/** What stands in the page for the test. */
export interface Watched {
  readonly flows: (kind: string) => Promise<boolean>
  readonly hasGathered: () => boolean
}

export interface Side {
  readonly page: Page
  readonly context: BrowserContext
  readonly errors: string[]
}

/** A browser process of its own: one camera each. */
export async function aBrowser (t: Test, { isRed = false, more = [], hasDevices = true }: { readonly isRed?: boolean, readonly more?: readonly string[], readonly hasDevices?: boolean } = {}): Promise<Side> {
  const folder = mkdtempSync(path.join(tmpdir(), 'yiqiao-browser-'))
  const camera = isRed ? [`--use-file-for-fake-video-capture=${aFilmOf(red, path.join(folder, 'red.y4m'))}`] : []
  const used = hasDevices ? flags : flags.filter((flag) => !flag.includes('fake'))
  const context = await chromium.launchPersistentContext(path.join(folder, 'profile'), {
    ...chromiumPath === undefined ? {} : { executablePath: chromiumPath }, headless: true, args: [...used, ...camera, ...more], ignoreDefaultArgs: ['--headless', '--mute-audio'], permissions: hasDevices ? ['camera', 'microphone'] : []
  })
  t.teardown(async () => {
    await context.close()
    rmSync(folder, { recursive: true, force: true })
  })
  await context.addInitScript({ content: watching })
  const page = context.pages()[0] ?? await context.newPage()
  const errors: string[] = []
  page.on('pageerror', (error) => { errors.push(error.message) })
  page.on('console', (message) => { if (message.type() === 'error' && !/Failed to load resource|WebSocket/.test(message.text())) errors.push(message.text()) })
  return { page, context, errors }
}

export interface Bytes {
  readonly video: number
  readonly audio: number
  readonly state: string
  readonly pair: string
}

/** What the newest connection of the page has received. */
export async function received ({ page }: Side): Promise<Bytes> {
  return await page.evaluate<Bytes>('received()')
}

/** Settles when the newest connection of the page receives. */
export async function flowing ({ page }: Side, kind: 'audio' | 'video' = 'audio'): Promise<void> {
  await page.waitForFunction((wanted) => (globalThis as unknown as Watched).flows(wanted), kind, { timeout: 20_000, polling: 50 })
}

/** Mean colour of what the page shows of the other side. */
export async function shownColour ({ page }: Side): Promise<readonly [number, number, number]> {
  return await page.evaluate<[number, number, number]>('shownColour()')
}
