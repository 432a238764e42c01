const storeName = 'kiosk'

/** The name and the credential of this device. Of persons nothing is stored. */
export const device = () => JSON.parse(localStorage.getItem(storeName) ?? 'null')
export const setDevice = (name, token) => { localStorage.setItem(storeName, JSON.stringify({ name, token })) }

/** Answers { status, body }; throws where nothing answers. */
async function send (path, { method = 'POST', body, headers = {} } = {}) {
  const isForm = body instanceof FormData
  const answer = await fetch(path, {
    method,
    headers: { authorization: `Bearer ${device().token}`, ...(body === undefined || isForm ? {} : { 'content-type': 'application/json' }), ...headers },
    ...(body === undefined ? {} : { body: isForm ? body : JSON.stringify(body) })
  })
  const text = await answer.text()
  return { status: answer.status, isOk: answer.ok, body: text === '' ? {} : JSON.parse(text) }
}

const at = (path) => `/v1/terminals/${encodeURIComponent(device().name)}/${path}`
const once = () => ({ 'idempotency-key': crypto.randomUUID() })

function form (fields, frames) {
  const data = new FormData()
  for (const [name, value] of Object.entries(fields)) if (value !== null && value !== '') data.set(name, value)
  frames.forEach((frame, place) => { data.append('frames', frame, `${place}.jpg`) })
  return data
}

export const openSession = () => send(at('sessions'), { body: {} })
export const endSession = (id) => send(at(`sessions/${id}`), { method: 'DELETE' })
export const stillHere = (id) => send(at(`sessions/${id}/alive`), { body: {} })
export const challenge = (sessionId) => send(at('challenge'), { body: { sessionId } })
export const identify = (challengeId, frames) => send(at('identify'), { body: form({ challengeId }, frames) })
export const confirm = (id, isMe) => send(at(`identify/${id}/confirm`), { body: { isMe } })
export const typeDigits = (id, digits) => send(at(`identify/${id}/digits`), { body: { digits } })
export const settle = (id, readingId) => send(at(`identify/${id}/reading`), { body: { readingId } })
export const sendCode = (sessionId, phone) => send(at('codes'), { body: { sessionId, phone } })
export const verifyCode = (sessionId, phone, code) => send(at('codes/verify'), { body: { sessionId, phone, code } })
export const consentText = () => send(at('consents'), { method: 'GET' })
export const consent = (body) => send(at('consents'), { body })
export const enrol = (fields, frames) => send(at('enrol'), { body: form(fields, frames) })
export const readDocument = (kind, value) => send('/v1/identity-readings', { body: { kind, value } })
export const makeFile = (body) => send('/v1/patients', { body, headers: once() })
export const measure = (body, language) => send(`/v1/vitals?language=${language}`, { body, headers: once() })
export const chooseDoctor = (body) => send('/v1/doctors/choose', { body })
export const recommend = (body) => send('/v1/doctors/recommend', { body })
const as = (readingId) => ({ 'x-reading-id': readingId })
const order = (id, rest = '') => `/v1/consultations/${encodeURIComponent(id)}${rest}`
export const askDoctor = (body) => send('/v1/consultations', { body, headers: once() })
export const orderNow = (id, readingId) => send(`${order(id)}?readingId=${encodeURIComponent(readingId)}`, { method: 'GET' })
export const messages = (id, readingId, after) => send(order(id, `/messages?wait=15&after=${after}`), { method: 'GET', headers: as(readingId) })
export const sayText = (id, readingId, text) => send(order(id, '/messages'), { body: { clientId: crypto.randomUUID(), kind: 'text', text }, headers: as(readingId) })
export const roomTicket = (id, readingId) => send(order(id, '/ticket'), { body: {}, headers: as(readingId) })
export const register = (body) => send('/v1/visits', { body, headers: once() })
