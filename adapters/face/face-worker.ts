/** The thread that reads pictures: takes bytes, answers PictureRead. What fails says no word of the picture. */
import { parentPort } from 'node:worker_threads'
import type { PictureRead } from '../../core/faces/index.ts'
import { ModelsUnusable, openNetworks } from './models.ts'
import { readPicture } from './read-picture.ts'
import type { WorkerAnswer } from './worker-pool.ts'

const post = (answer: WorkerAnswer<PictureRead>): void => { parentPort?.postMessage(answer) }

try {
  const networks = await openNetworks()
  parentPort?.on('message', (picture: Uint8Array) => {
    readPicture(networks, picture).then((answer) => { post({ kind: 'answer', answer }) }, () => { post({ kind: 'failed' }) })
  })
  post({ kind: 'ready' })
} catch (error) {
  post({ kind: 'unusable', reason: error instanceof ModelsUnusable ? error.message : 'The face engine could not load its networks.' })
}
