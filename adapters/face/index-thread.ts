import type { Worker } from 'node:worker_threads'
import { DomainError } from '../../core/errors.ts'
import type { IndexAnswer, IndexRequest } from './search-rows.ts'
import { startThread } from './worker-thread.ts'

export type SearchRequest = Omit<Extract<IndexRequest, { kind: 'search' }>, 'kind' | 'id'>
export type RowsRequest = Exclude<IndexRequest, { kind: 'search' }>

interface Asked { readonly request: SearchRequest, readonly resolve: (answer: IndexAnswer) => void, readonly reject: (error: Error) => void, readonly timer: NodeJS.Timeout, readonly isRepeated: boolean }

/** Searches that wait, at most: at a million faces about ten seconds' worth. */
const mostWaiting = 128
const searchTimeoutMs = 30_000

const unavailable = (message: string): DomainError => new DomainError('FACE_ENGINE_UNAVAILABLE', message)

/** The thread that searches. Where it dies it is replaced, and what it was asked is asked once more. */
export class IndexThread {
  readonly #everything: () => Iterable<RowsRequest>
  readonly #asked = new Map<number, Asked>()
  readonly #startThread: () => Worker
  #worker: Worker | null = null
  #nextId = 1
  #isClosed = false

  /** `everything`: what a new thread has to know. */
  constructor (everything: () => Iterable<RowsRequest>, start: () => Worker = () => startThread('index-worker', import.meta.filename)) {
    this.#everything = everything
    this.#startThread = start
  }

  get isRunning (): boolean {
    return this.#worker !== null
  }

  /** Ahead of the first search, which then does not wait for it. */
  start (): void {
    if (!this.#isClosed) this.#running().unref()
  }

  /** What changed; nothing where no thread runs, since a new one is told everything. */
  tell (request: RowsRequest): void {
    this.#worker?.postMessage(request)
  }

  /** Starts the thread where none runs. Refuses with FACE_ENGINE_UNAVAILABLE. */
  async search (request: SearchRequest): Promise<IndexAnswer> {
    if (this.#isClosed) throw unavailable('The search for faces is closed.')
    if (this.#asked.size >= mostWaiting) throw unavailable('Too many searches for faces at once; repeat shortly.')
    return new Promise((resolve, reject) => { this.#ask({ request, resolve, reject, isRepeated: false }) })
  }

  async close (): Promise<void> {
    this.#isClosed = true
    const worker = this.#worker
    if (worker !== null) this.#lose(worker)
    await worker?.terminate()
  }

  #running (): Worker {
    if (this.#worker !== null) return this.#worker
    const worker = this.#startThread()
    this.#worker = worker
    worker.on('message', (answer: IndexAnswer) => {
      this.#settle(answer.id)?.resolve(answer)
      // Not of one that is being ended, whose end somebody waits for.
      if (this.#asked.size === 0 && this.#worker === worker) worker.unref()
    })
    worker.on('error', () => { this.#lose(worker) })
    worker.on('exit', () => { this.#lose(worker) })
    for (const request of this.#everything()) worker.postMessage(request)
    return worker
  }

  #ask (asked: Omit<Asked, 'timer'>): void {
    const worker = this.#running()
    const id = this.#nextId++
    const timer = setTimeout(() => {
      this.#settle(id)?.reject(unavailable('The search for faces took too long; repeat shortly.'))
      this.#lose(worker)
    }, searchTimeoutMs)
    this.#asked.set(id, { ...asked, timer })
    worker.ref()
    worker.postMessage({ kind: 'search', id, ...asked.request } satisfies IndexRequest)
  }

  #settle (id: number): Asked | undefined {
    const asked = this.#asked.get(id)
    clearTimeout(asked?.timer)
    this.#asked.delete(id)
    return asked
  }

  #lose (worker: Worker): void {
    if (this.#worker !== worker) return
    this.#worker = null
    void worker.terminate()
    const left = [...this.#asked.keys()].flatMap((id) => this.#settle(id) ?? [])
    for (const asked of left) {
      if (this.#isClosed || asked.isRepeated) asked.reject(unavailable('The search for faces broke down; repeat shortly.'))
      else this.#ask({ ...asked, isRepeated: true })
    }
  }
}
