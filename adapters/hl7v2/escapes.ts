import { DomainError } from '../../core/errors.ts'
import { decodeOrNull } from './charset.ts'
import type { Delimiters } from './delimiters.ts'

/**
 * Escape sequences (HL7 v2.5.1 §2.7). Resolved: \F\ \S\ \T\ \R\ \E\ \P\ (the declared truncation character),
 * \Xhh..\ (bytes of the message's character set) and \.br\, which stands for a line feed. All others, such as \H\,
 * \N\, \.sp\, \Cxxyy\, \Mxxyyzz\, \Zdd\, are display instructions or unknown and stay in the text as they are, like
 * an escape character that opens nothing.
 */
export function unescapeText (raw: string, delimiters: Delimiters, charset: string): string {
  const { escape } = delimiters
  let open = escape === '' ? -1 : raw.indexOf(escape)
  if (open < 0) return raw
  let text = ''
  let done = 0
  while (open >= 0) {
    const close = raw.indexOf(escape, open + 1)
    if (close < 0) break
    const inner = raw.slice(open + 1, close)
    const resolved = resolveEscape(inner, delimiters, charset)
    if (resolved !== null) {
      text += raw.slice(done, open) + resolved
      done = close + 1
    }
    open = resolved !== null || isKept(inner) ? raw.indexOf(escape, close + 1) : close
  }
  return text + raw.slice(done)
}

/**
 * Makes any text safe inside one subcomponent. `unescapeText` gives it back exactly. Refused where the message
 * declares no escape character and the text needs one.
 */
export function escapeText (text: string, delimiters: Delimiters): string {
  const { escape } = delimiters
  if (text === '""' && escape !== '') return `${escape}X22${escape}"`
  let escaped = ''
  let done = 0
  for (let at = 0; at < text.length; at++) {
    const name = escapeName(text.charAt(at), delimiters)
    if (name === null) continue
    if (escape === '') throw new DomainError('REQUEST_INVALID', 'The message declares no escape character; write a value without delimiters and control characters.')
    escaped += text.slice(done, at) + escape + name + escape
    done = at + 1
  }
  return done === 0 ? text : escaped + text.slice(done)
}

function resolveEscape (inner: string, delimiters: Delimiters, charset: string): string | null {
  switch (inner) {
    case 'F': return delimiters.field
    case 'S': return delimiters.component
    case 'T': return delimiters.subcomponent
    case 'R': return delimiters.repetition
    case 'E': return delimiters.escape
    case 'P': return delimiters.truncation === '' ? null : delimiters.truncation
    case '.br': return '\n'
  }
  if (/^X(?:[0-9A-Fa-f]{2})+$/.test(inner)) return decodeOrNull(Buffer.from(inner.slice(1), 'hex'), charset)
  return null
}

/** Shaped like an escape sequence, so its closing character cannot open the next one. */
function isKept (inner: string): boolean {
  return /^(?:[HNP]|[CMXZ][0-9A-Za-z]*|\.[a-z]{2}[+-]?\d*)$/.test(inner)
}

function escapeName (character: string, delimiters: Delimiters): string | null {
  switch (character) {
    case delimiters.field: return 'F'
    case delimiters.component: return 'S'
    case delimiters.subcomponent: return 'T'
    case delimiters.repetition: return 'R'
    case delimiters.escape: return 'E'
    case delimiters.truncation: return 'P'
    case '\n': return '.br'
  }
  const code = character.charCodeAt(0)
  return code < 0x20 ? `X${code.toString(16).toUpperCase().padStart(2, '0')}` : null
}
