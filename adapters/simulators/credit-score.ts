import { createHmac, randomBytes, type KeyObject } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Calendar, Clock } from '../../core/clock.ts'
import { DomainError } from '../../core/errors.ts'
import type { Ids } from '../../core/ids.ts'
import { bankHeaders, bankSignature, isBankSigned } from '../credit-score/bank-signature.ts'
import { answerNode, isRsa2Signed, signText } from '../credit-score/zhima-signature.ts'
import { strikingFaults, type Fault, type Striking } from './fault.ts'
import { openJournal, type Journal, type JournalItem } from './journal.ts'

/** unavailable answers 503; dropped closes the connection; wrong_signature answers with a signature of nobody; slow answers after `slowMs`. */
export type ScoreFaultKind = 'unavailable' | 'dropped' | 'wrong_signature' | 'slow'

export interface CreditScoreOptions {
  readonly host: string
  /** 0 picks a free port. */
  readonly port: number
  readonly bank: { readonly clientId: string, readonly secret: Uint8Array }
  readonly zhima: { readonly appId: string, readonly appKey: KeyObject, readonly providerKey: KeyObject }
  /** Business time, for scores, expiry and the journal. */
  readonly clock: Clock
  /** Real time, for signatures. */
  readonly realClock: Clock
  readonly calendar: Calendar
  readonly ids: Ids
  readonly slowMs: number
}

export interface CreditScoreSimulator {
  readonly bankUrl: string
  readonly zhimaUrl: string
  readonly items: (since: Date | null) => readonly JournalItem[]
  readonly setFaults: (faults: ReadonlyArray<Fault<ScoreFaultKind>>) => void
  /** From now on the person has this score at the provider. */
  readonly setScore: (residentId: string, provider: Provider, score: number) => void
  readonly close: () => Promise<void>
}

type Provider = 'bank' | 'zhima'

interface State {
  readonly options: CreditScoreOptions
  readonly journal: Journal
  /** By what stands for a person in the journal. */
  readonly scores: Map<string, Partial<Record<Provider, number>>>
  readonly salt: Buffer
  readonly waiting: Set<NodeJS.Timeout>
  strikes: Striking<ScoreFaultKind>
}

interface Reply {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** Whoever is not set otherwise has these: enough for the seed's thresholds of 110 and 700. */
const usualScores: Readonly<Record<Provider, number>> = { bank: 120, zhima: 720 }
const assertionLivesMs = 30 * 86_400_000
const freshForMs = 300_000
const keptItems = 10_000
const maxBodyBytes = 16_384

/** 评分模拟. Both providers behind one port, each with its own protocol and its own throw-away keys. */
export async function startCreditScore (options: CreditScoreOptions): Promise<CreditScoreSimulator> {
  const state: State = { options, journal: openJournal(keptItems), scores: new Map(), salt: randomBytes(16), waiting: new Set(), strikes: () => null }
  const server = createServer((request, response) => { void serve(state, request, response) })
  await new Promise<void>((resolve, reject) => { server.once('error', reject).listen(options.port, options.host, resolve) })
  const { port } = server.address() as AddressInfo
  return {
    bankUrl: `http://${options.host}:${port}/bank`,
    zhimaUrl: `http://${options.host}:${port}/gateway.do`,
    items: state.journal.since,
    setFaults: (faults) => { state.strikes = strikingFaults(faults) },
    setScore: (residentId, provider, score) => {
      const known = state.scores.get(aliasOf(state, residentId)) ?? {}
      state.scores.set(aliasOf(state, residentId), { ...known, [provider]: score })
    },
    close: () => new Promise((resolve) => {
      for (const timer of state.waiting) clearTimeout(timer)
      server.close(() => { resolve() })
      server.closeAllConnections()
    })
  }
}

/** `bank:130` or `zhima:690`, for the simulator's act `set`; the person stands before it. */
export function scoreIn (text: string): { readonly provider: Provider, readonly score: number } {
  const [, provider, score] = /^(bank|zhima):(\d{1,3})$/.exec(text) ?? []
  if (provider === undefined || score === undefined) throw new DomainError('REQUEST_INVALID', 'The key of set is <patient id>:<bank or zhima>:<score>.', 'key')
  return { provider: provider as Provider, score: Number(score) }
}

async function serve (state: State, request: IncomingMessage, response: ServerResponse): Promise<void> {
  try {
    const body = await readBody(request)
    const fault = state.strikes()
    const reply = body === null ? { status: 413, headers: {}, body: '' } : fault === 'unavailable' ? { status: 503, headers: {}, body: '' } : answerTo(state, request, { body, isForged: fault === 'wrong_signature' })
    if (fault === 'dropped') return void request.destroy()
    const send = (): void => { response.writeHead(reply.status, { 'content-type': 'application/json', ...reply.headers }).end(reply.body) }
    if (fault === 'slow') later(state, send)
    else send()
  } catch {
    // The caller went away in the middle of its request; there is nobody left to answer.
    request.destroy()
  }
}

function later ({ waiting, options }: State, send: () => void): void {
  const timer = setTimeout(() => {
    waiting.delete(timer)
    send()
  }, options.slowMs)
  waiting.add(timer)
}

async function readBody (request: IncomingMessage): Promise<string | null> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > maxBodyBytes) return null
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

interface Asked {
  readonly body: string
  readonly isForged: boolean
}

function answerTo (state: State, request: IncomingMessage, asked: Asked): Reply {
  if (request.method !== 'POST') return { status: 404, headers: {}, body: '' }
  if (request.url === '/gateway.do') return zhimaAnswer(state, asked)
  return request.url?.startsWith('/bank/') === true ? bankAnswer(state, request, asked) : { status: 404, headers: {}, body: '' }
}

function bankAnswer (state: State, request: IncomingMessage, { body, isForged }: Asked): Reply {
  const { bank: { clientId, secret }, realClock } = state.options
  const path = request.url ?? ''
  const header = (name: string): string => String(request.headers[name] ?? '')
  const [timestamp, nonce] = [header(bankHeaders.timestamp), header(bankHeaders.nonce)]
  const isFresh = /^\d{1,12}$/.test(timestamp) && Math.abs(realClock.now().getTime() - Number(timestamp) * 1000) <= freshForMs
  if (!isFresh || header(bankHeaders.client) !== clientId || !isBankSigned('request', { timestamp, nonce, path, body }, { signature: header(bankHeaders.signature), secret })) return { status: 401, headers: {}, body: '' }
  const { idNumber, threshold } = JSON.parse(body) as { readonly idNumber?: string, readonly threshold?: number }
  const person = aliasOf(state, idNumber ?? '')
  const score = scoreOf(state, person, 'bank')
  const answer = JSON.stringify(bankContent(state, { person, score, threshold: path.endsWith('/scores/assertions') ? threshold : undefined }))
  const at = String(Math.floor(realClock.now().getTime() / 1000))
  const signature = bankSignature('answer', { timestamp: at, nonce, path, body: answer }, isForged ? randomBytes(32) : secret)
  return { status: 200, headers: { [bankHeaders.timestamp]: at, [bankHeaders.signature]: signature }, body: answer }
}

function bankContent (state: State, { person, score, threshold }: { readonly person: string, readonly score: number, readonly threshold: number | undefined }): Readonly<Record<string, unknown>> {
  const { clock, calendar, ids } = state.options
  if (threshold === undefined) {
    note(state, 'query', person, { provider: 'bank' })
    return { score, asOf: calendar(clock.now()) }
  }
  note(state, 'assertion', person, { provider: 'bank', threshold, met: score >= threshold })
  return { met: score >= threshold, evidenceId: `bank-${ids.next()}`, expiresAt: new Date(clock.now().getTime() + assertionLivesMs).toISOString() }
}

function zhimaAnswer (state: State, { body, isForged }: Asked): Reply {
  const { zhima: { appId, appKey, providerKey }, ids } = state.options
  const params = Object.fromEntries(new URLSearchParams(body))
  const { method = '' } = params
  const respond = (node: Readonly<Record<string, unknown>>): Reply => {
    const text = JSON.stringify(node)
    const sign = isForged ? randomBytes(256).toString('base64') : signText(text, providerKey)
    return { status: 200, headers: {}, body: `{"${answerNode(method)}":${text},"sign":"${sign}"}` }
  }
  if (params['app_id'] !== appId || !isRsa2Signed(params, appKey)) return respond({ code: '40002', msg: 'Invalid Arguments', sub_code: 'isv.invalid-signature' })
  const { cert_no: number = '', admittance_score: threshold } = JSON.parse(params['biz_content'] ?? '{}') as { readonly cert_no?: string, readonly admittance_score?: number }
  const person = aliasOf(state, number)
  const score = scoreOf(state, person, 'zhima')
  if (method === 'zhima.credit.score.brief.get' && threshold !== undefined) {
    note(state, 'assertion', person, { provider: 'zhima', threshold, met: score >= threshold })
    return respond({ code: '10000', msg: 'Success', biz_no: `ZM${ids.next().replaceAll('-', '')}`, is_admittance: score >= threshold ? 'Y' : 'N' })
  }
  if (method === 'zhima.credit.score.get') {
    note(state, 'query', person, { provider: 'zhima' })
    return respond({ code: '10000', msg: 'Success', biz_no: `ZM${ids.next().replaceAll('-', '')}`, zm_score: String(score) })
  }
  return respond({ code: '40004', msg: 'Business Failed', sub_code: 'isv.invalid-method' })
}

function scoreOf ({ scores }: State, person: string, provider: Provider): number {
  return scores.get(person)?.[provider] ?? usualScores[provider]
}

/** Stands for a person as long as the simulator runs; nobody can tell the number from it. */
function aliasOf ({ salt }: State, residentId: string): string {
  return `person-${createHmac('sha256', salt).update(residentId.toUpperCase()).digest('hex').slice(0, 12)}`
}

function note ({ journal, options }: State, kind: string, key: string, body: Readonly<Record<string, unknown>>): void {
  journal.note({ at: options.clock.now(), kind, key, body })
}
