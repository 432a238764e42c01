/**
 * Tokens stay in this tab. Several may be there, of different roles; a request goes with the first whose role has the
 * right, and that one is remembered for the kind of request.
 */
const storeName = 'tokens'
let tokens = JSON.parse(sessionStorage.getItem(storeName) ?? '[]')
const rightful = new Map()

export const heldTokens = () => tokens

function keep (next) {
  tokens = next
  rightful.clear()
  sessionStorage.setItem(storeName, JSON.stringify(tokens))
}

export async function addToken (secret) {
  const answer = await fetch('/v1/me', { headers: { authorization: `Bearer ${secret}` } })
  if (!answer.ok) return false
  const me = await answer.json()
  keep([...tokens.filter((held) => held.secret !== secret), { secret, role: me.role, organizationId: me.organizationId }])
  return true
}

export function forgetToken (secret) {
  keep(tokens.filter((held) => held.secret !== secret))
}

/** Answers the JSON; null where no token has the right; throws an Error that may be shown for anything else. */
export async function call (path, { method = 'GET', body } = {}) {
  const kind = `${method} ${path.split('?')[0].split('/').slice(0, 4).join('/')}`
  const first = rightful.get(kind)
  const order = first === undefined ? tokens : [first, ...tokens.filter((held) => held !== first)]
  for (const held of order) {
    const answer = await fetch(path, {
      method,
      headers: { authorization: `Bearer ${held.secret}`, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) })
    })
    if (answer.ok) {
      rightful.set(kind, held)
      return await answer.json()
    }
    if (![401, 403, 404].includes(answer.status)) {
      const problem = await answer.json().catch(() => ({}))
      throw new Error(`${answer.status} ${problem.code ?? ''} ${problem.detail ?? ''}`)
    }
  }
  return null
}

/** Public addresses, also when they say no. */
export async function ask (path) {
  return await (await fetch(path)).json()
}
