import type { Fen } from '../../core/money.ts'
import { fen } from '../../core/money.ts'

/** What a channel answered, of which nothing is taken for granted. */
export type Json = Readonly<Record<string, unknown>>

/** Null where it is no JSON object. */
export function readJson (body: Uint8Array | string): Json | null {
  try {
    const value: unknown = JSON.parse(typeof body === 'string' ? body : Buffer.from(body).toString('utf8'))
    return isJson(value) ? value : null
  } catch {
    return null
  }
}

export function jsonAt (value: Json, name: string): Json {
  const inner = value[name]
  return isJson(inner) ? inner : {}
}

export function textAt (value: Json, name: string): string | null {
  const text = value[name]
  return typeof text === 'string' && text !== '' ? text : null
}

/** An amount in fen as an integer; null where it is none. */
export function fenAt (value: Json, name: string): Fen | null {
  const amount = value[name]
  return typeof amount === 'number' && Number.isSafeInteger(amount) && amount >= 0 && amount <= 9e15 ? fen(amount) : null
}

function isJson (value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Node hands header names over in lower case; other senders of call-backs in process may not. */
export function headerIn (headers: Readonly<Record<string, string>>, name: string): string {
  return headers[name.toLowerCase()] ?? headers[name] ?? ''
}
