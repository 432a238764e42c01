import { createRequire } from 'node:module'
import path from 'node:path'
import { pathToFileURL } from 'node:url'

const require = createRequire(path.join(import.meta.dirname, 'package.json'))

/** A peer from test/bench/package.json; null where it is not installed. Typed by the caller, who knows what it calls. */
export async function loadPeer<Peer> (name: string): Promise<Peer | null> {
  try {
    return await import(pathToFileURL(require.resolve(name)).href) as Peer
  } catch {
    return null
  }
}
