import { readFile } from 'node:fs/promises'
import type { Clock } from '../../core/clock.ts'
import { DomainError } from '../../core/errors.ts'
import { exchange, type ExchangeLimits } from './exchange.ts'

/** As in SITE_CONFIG: a token as it stands in a file, or OAuth 2.0 client credentials (RFC 6749 §4.4). */
export interface FhirAuth {
  readonly tokenFile?: string
  readonly tokenUrl?: string
  readonly clientId?: string
  readonly clientSecretFile?: string
  readonly scope?: string
}

export interface Tokens {
  /** Null: the server asks for none. */
  readonly current: () => Promise<string | null>
  /** After the server refused `used`: another token, or null where there is none. */
  readonly renewed: (used: string | null) => Promise<string | null>
}

interface TokensOptions {
  readonly auth: FhirAuth
  /** Real time. */
  readonly wallClock: Clock
  readonly limits: ExchangeLimits
}

export function tokensOf (options: TokensOptions): Tokens {
  const { tokenFile, tokenUrl } = options.auth
  if (tokenUrl !== undefined) return grantedTokens(options, tokenUrl)
  if (tokenFile !== undefined) return fileTokens(tokenFile)
  return { current: async () => null, renewed: async () => null }
}

/** Whoever renews the file need not restart us: it is read again when the server refuses what it said. */
function fileTokens (file: string): Tokens {
  let known: string | null = null
  const read = async (): Promise<string> => known = await secretIn(file)
  return {
    current: async () => known ?? read(),
    renewed: async (used) => {
      const token = await read()
      return token === used ? null : token
    }
  }
}

interface Granted {
  readonly token: string
  /** Real time, ms; what lies behind it is not used any more. */
  readonly usableUntilMs: number
}

/** A token that is about to run out is not sent: it may run out on its way. */
const marginMs = 30_000
const longestTokenAnswerBytes = 65_536

/** All who need a token at one time wait for one grant. */
function grantedTokens (options: TokensOptions, tokenUrl: string): Tokens {
  const { wallClock } = options
  let known: Granted | null = null
  let granting: Promise<Granted> | null = null
  const grant = async (): Promise<string> => {
    granting ??= grantToken(options, tokenUrl).finally(() => { granting = null })
    known = await granting
    return known.token
  }
  return {
    current: async () => known !== null && wallClock.now().getTime() < known.usableUntilMs ? known.token : grant(),
    renewed: async (used) => known !== null && known.token !== used ? known.token : grant()
  }
}

async function grantToken ({ auth, wallClock, limits }: TokensOptions, tokenUrl: string): Promise<Granted> {
  const { clientId = '', clientSecretFile, scope } = auth
  const secret = clientSecretFile === undefined ? '' : await secretIn(clientSecretFile)
  const askedAtMs = wallClock.now().getTime()
  const answer = await exchange({
    method: 'POST',
    url: tokenUrl,
    headers: {
      accept: 'application/json',
      'content-type': 'application/x-www-form-urlencoded',
      // RFC 6749 §2.3.1: both are form-encoded before they are joined.
      authorization: `Basic ${Buffer.from(`${formEncoded(clientId)}:${formEncoded(secret)}`).toString('base64')}`
    },
    body: new URLSearchParams({ grant_type: 'client_credentials', ...(scope === undefined ? {} : { scope }) }).toString()
  }, { ...limits, maxResponseBytes: longestTokenAnswerBytes })
  if (answer.status !== 200) throw noToken(`answered ${answer.status}`)
  const { token, lifeMs } = readGrant(answer.text)
  return { token, usableUntilMs: lifeMs === null ? Infinity : askedAtMs + lifeMs - Math.min(marginMs, lifeMs / 2) }
}

function readGrant (text: string): { readonly token: string, readonly lifeMs: number | null } {
  try {
    const { access_token: token, expires_in: life } = JSON.parse(text) as { readonly access_token?: unknown, readonly expires_in?: unknown }
    // Some servers write the seconds as text.
    const lifeMs = life === undefined ? null : Number(life) * 1000
    if (typeof token === 'string' && token !== '' && (lifeMs === null || lifeMs > 0)) return { token, lifeMs }
  } catch {
    // As what follows.
  }
  throw noToken('answered without a token')
}

const formEncoded = (text: string): string => new URLSearchParams({ text }).toString().slice('text='.length)

/** Never OUTSIDE_REFUSED: nothing is wrong with what was to be sent, and it goes when the credentials are right. */
const noToken = (what: string): DomainError =>
  new DomainError('OUTSIDE_UNAVAILABLE', `The token endpoint of the FHIR server ${what}. Check tokenUrl, clientId, the secret's file and scope; it is tried again by itself.`)

async function secretIn (file: string): Promise<string> {
  try {
    return (await readFile(file, 'utf8')).trim()
  } catch {
    throw new DomainError('OUTSIDE_UNAVAILABLE', 'A file with credentials for the FHIR server cannot be read. Check auth in SITE_CONFIG and who may read the file; it is tried again by itself.')
  }
}
