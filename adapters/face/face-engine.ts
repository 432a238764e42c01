import { availableParallelism } from 'node:os'
import type { FaceEngine, PictureRead } from '../../core/faces/index.ts'
import { faceModel } from './model-card.ts'
import { WorkerPool } from './worker-pool.ts'
import { startThread } from './worker-thread.ts'

export interface FaceEngineOptions {
  /** Threads that read pictures, each with about 90 MB of its own (BENCHMARKS.md); as many as the machine has cores, at most 8. */
  readonly workers?: number
  /** Pictures that wait for a thread, at most. */
  readonly queueLimit?: number
  /** For one picture. */
  readonly timeoutMs?: number
}

export interface OpenFaceEngine extends FaceEngine {
  /** Loads the networks; without it the first picture waits for them. */
  readonly warm: () => Promise<void>
  readonly close: () => Promise<void>
}

/** Nothing of sharp or onnxruntime is loaded here: only the threads do, when the first picture comes. */
export function openFaceEngine ({ workers = Math.min(8, availableParallelism()), queueLimit = 64, timeoutMs = 20_000 }: FaceEngineOptions = {}): OpenFaceEngine {
  const pool = new WorkerPool<Uint8Array, PictureRead>({
    start: () => startThread('face-worker', import.meta.filename),
    size: workers, queueLimit, timeoutMs, startTimeoutMs: 60_000
  })
  return { model: faceModel, read: (picture) => pool.run(picture), warm: () => pool.warm(), close: () => pool.close() }
}
