import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { Worker } from 'node:worker_threads'

/**
 * A thread that runs the file `name` beside the file `own`. Compiled it is .js. From the sources it is .ts, and tsx is loaded
 * in the thread itself: Node 20 does not hand the loaders of a process to its threads, and tests are bundles without any.
 */
export function startThread (name: string, own: string): Worker {
  const extension = path.extname(own)
  const file = pathToFileURL(path.join(path.dirname(own), `${name}${extension}`))
  if (extension !== '.ts') return new Worker(file)
  const tsx = import.meta.resolve('tsx/esm/api')
  return new Worker(`import(${JSON.stringify(tsx)}).then(({ register }) => { register(); return import(${JSON.stringify(file.href)}) })`, { eval: true })
}
