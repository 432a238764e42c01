import { once } from 'node:events'
import type { Worker } from 'node:worker_threads'
import { DomainError } from '../../core/errors.ts'

export interface PoolSettings {
  /** A new thread. It posts `{ kind: 'ready' }`, then one `WorkerAnswer` for each job that it is given. */
  readonly start: () => Worker
  readonly size: number
  /** Jobs that wait for a thread, at most. */
  readonly queueLimit: number
  /** For one job, from when a thread has it. */
  readonly timeoutMs: number
  readonly startTimeoutMs: number
}

/** failed: this job only. unusable: the thread cannot work at all, and says why for whoever runs the product. */
export type WorkerAnswer<Answer> =
  | { readonly kind: 'ready' }
  | { readonly kind: 'answer', readonly answer: Answer }
  | { readonly kind: 'failed' }
  | { readonly kind: 'unusable', readonly reason: string }

interface Task<Job, Answer> {
  readonly job: Job
  readonly resolve: (answer: Answer) => void
  readonly reject: (error: Error) => void
  /** Threads that died with it. */
  readonly deaths: number
}

interface Member<Job, Answer> {
  readonly worker: Worker
  state: 'starting' | 'idle' | 'busy' | 'ended'
  task: Task<Job, Answer> | null
  timer: NodeJS.Timeout | null
}

/** A job goes to one more thread when its first one died; after that it is the job. */
const mostDeaths = 2
/** After a thread that could not start, so that a broken installation does not start threads without end. */
const pauseAfterBadStartMs = 5_000

const unavailable = (message: string): DomainError => new DomainError('FACE_ENGINE_UNAVAILABLE', message)
const closed = (): DomainError => unavailable('The face engine is closed.')
const notStarted = 'The face engine could not start.'

/** Threads that do one job each at a time. They start with the first job, are replaced when they die, and keep no process alive. */
export class WorkerPool<Job, Answer> {
  readonly #settings: PoolSettings
  readonly #members = new Set<Member<Job, Answer>>()
  readonly #waiting: Array<Task<Job, Answer>> = []
  readonly #warming: Array<{ readonly resolve: () => void, readonly reject: (error: Error) => void }> = []
  #badStart: { readonly until: number, readonly reason: string } | null = null
  #isClosed = false

  constructor (settings: PoolSettings) {
    this.#settings = settings
  }

  /** Refuses with FACE_ENGINE_UNAVAILABLE where the queue is full, the time is over, or threads die of it. */
  async run (job: Job): Promise<Answer> {
    if (this.#isClosed) throw closed()
    if (this.#waiting.length >= this.#settings.queueLimit) throw unavailable('The face engine has too much to do; repeat shortly.')
    return new Promise<Answer>((resolve, reject) => {
      this.#waiting.push({ job, resolve, reject, deaths: 0 })
      this.#dispatch()
    })
  }

  /** Starts every thread, so that no job has to wait for it. */
  async warm (): Promise<void> {
    if (this.#isClosed) throw closed()
    return new Promise((resolve, reject) => {
      this.#warming.push({ resolve, reject })
      this.#dispatch()
    })
  }

  /** Ends the threads; what waits or runs is refused. */
  async close (): Promise<void> {
    this.#isClosed = true
    this.#refuseAll(closed())
    const ending = [...this.#members].map((member) => ({ ...member }))
    for (const member of this.#members) {
      member.task?.reject(closed())
      enter(member, 'ended')
    }
    this.#members.clear()
    await Promise.all(ending.map(endQuietly))
  }

  #dispatch (): void {
    if (this.#isClosed) return
    for (const member of this.#members) {
      const task = member.state === 'idle' ? this.#waiting.shift() : undefined
      if (task !== undefined) this.#give(member, task)
    }
    this.#startWanted()
    const isWarm = this.#members.size === this.#settings.size && ![...this.#members].some(({ state }) => state === 'starting')
    if (isWarm) for (const { resolve } of this.#warming.splice(0)) resolve()
    const bad = this.#pausing()
    if (bad !== null && this.#members.size === 0) this.#refuseAll(unavailable(bad))
  }

  #startWanted (): void {
    const starting = [...this.#members].filter(({ state }) => state === 'starting').length
    const more = this.#warming.length > 0 ? this.#settings.size : Math.max(0, this.#waiting.length - starting)
    const wanted = Math.min(this.#settings.size, this.#members.size + more)
    while (this.#members.size < wanted && this.#pausing() === null) this.#start()
  }

  /** Why no thread is started now. */
  #pausing (): string | null {
    if (this.#badStart !== null && performance.now() >= this.#badStart.until) this.#badStart = null
    return this.#badStart?.reason ?? null
  }

  #start (): void {
    const member: Member<Job, Answer> = { worker: this.#settings.start(), state: 'starting', task: null, timer: null }
    this.#members.add(member)
    member.timer = setTimeout(() => { this.#end(member, notStarted) }, this.#settings.startTimeoutMs)
    member.worker.on('message', (answer: WorkerAnswer<Answer>) => { this.#hear(member, answer) })
    member.worker.on('error', () => { this.#end(member, notStarted) })
    member.worker.on('exit', () => { this.#end(member, notStarted) })
  }

  #hear (member: Member<Job, Answer>, answer: WorkerAnswer<Answer>): void {
    if (member.state === 'ended') return
    if (answer.kind === 'unusable') { this.#end(member, answer.reason); return }
    const { task } = member
    enter(member, 'idle')
    member.worker.unref()
    if (answer.kind === 'answer') task?.resolve(answer.answer)
    if (answer.kind === 'failed') task?.reject(unavailable('The face engine failed on this picture.'))
    this.#dispatch()
  }

  #give (member: Member<Job, Answer>, task: Task<Job, Answer>): void {
    member.state = 'busy'
    member.task = task
    member.timer = setTimeout(() => {
      member.task = null
      task.reject(unavailable('The face engine took too long for this picture.'))
      this.#end(member, notStarted)
    }, this.#settings.timeoutMs)
    member.worker.ref()
    member.worker.postMessage(task.job)
  }

  /** Once for each thread, whether it died, was ended, or never came up. */
  #end (member: Member<Job, Answer>, reason: string): void {
    if (member.state === 'ended') return
    const { state, task } = member
    enter(member, 'ended')
    this.#members.delete(member)
    void member.worker.terminate()
    if (state === 'starting') this.#badStart = { until: performance.now() + pauseAfterBadStartMs, reason }
    if (task !== null && task.deaths + 1 >= mostDeaths) task.reject(unavailable('The face engine broke down twice on this picture.'))
    else if (task !== null) this.#waiting.unshift({ ...task, deaths: task.deaths + 1 })
    this.#dispatch()
  }

  #refuseAll (error: DomainError): void {
    for (const { reject } of [...this.#waiting.splice(0), ...this.#warming.splice(0)]) reject(error)
  }
}

const mostQuietMs = 5_000

/** Ending a thread that is inside native code aborts the whole process: what starts or computes is let come to its end first. */
async function endQuietly<Job, Answer> ({ worker, state }: Pick<Member<Job, Answer>, 'worker' | 'state'>): Promise<void> {
  const signal = AbortSignal.timeout(mostQuietMs)
  if (state !== 'idle') await Promise.race([once(worker, 'message', { signal }), once(worker, 'exit', { signal })]).catch(() => undefined)
  await worker.terminate()
}

function enter<Job, Answer> (member: Member<Job, Answer>, state: 'idle' | 'ended'): void {
  if (member.timer !== null) clearTimeout(member.timer)
  Object.assign(member, { state, task: null, timer: null })
}
