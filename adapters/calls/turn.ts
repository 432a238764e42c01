import { createHmac } from 'node:crypto'
import type { IceServersFor } from '../../core/dialogue/index.ts'

interface TurnServers {
  readonly stun: readonly string[]
  readonly turn: readonly string[]
  /** The static-auth-secret of coturn; null: its servers are not handed out. */
  readonly secret: string | null
  readonly ttlSeconds: number
}

/**
 * Ephemeral credentials as coturn's use-auth-secret takes them (draft-uberti-behave-turn-rest-00): the username says when it
 * ends, the password proves that we gave it out. Nothing in them names a person.
 */
export function iceServersWith ({ stun, turn, secret, ttlSeconds }: TurnServers): IceServersFor {
  return (party, now) => {
    const servers = stun.length === 0 ? [] : [{ urls: stun }]
    if (turn.length === 0 || secret === null) return servers
    const username = `${Math.floor(now.getTime() / 1000) + ttlSeconds}:${party.kind}`
    return [...servers, { urls: turn, username, credential: createHmac('sha1', secret).update(username).digest('base64') }]
  }
}
