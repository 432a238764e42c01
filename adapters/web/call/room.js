const storeName = 'call'
const firstWaitMs = 300
const longestWaitMs = 5_000

/** What this tab needs to come back after a reload; it goes when the service ends or somebody leaves. */
export const kept = () => JSON.parse(sessionStorage.getItem(storeName) ?? 'null')
export const keep = (value) => { sessionStorage.setItem(storeName, JSON.stringify({ ...kept(), ...value })) }
export const forget = () => { sessionStorage.removeItem(storeName) }

/**
 * The socket to the room. It comes back by itself, with the ticket that the room gave last, and asks for what was said since.
 * Frames are handled one after the other, each to its end.
 */
export function joinRoom ({ ticket, hear, lost, gone }) {
  let pass = ticket
  let last = 0
  let socket = null
  let waitMs = firstWaitMs
  let isLeft = false
  /** From the welcome on; what is said before it waits behind what was not known to be kept, so that the order holds. */
  let isIn = false
  let turn = Promise.resolve()
  /** Said here and not yet known to be kept; sent again after each return. */
  const unsaid = new Map()

  const address = () => `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/v1/rtc?ticket=${encodeURIComponent(pass)}&after=${last}`
  const put = (frame) => { if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify(frame)) }

  function connect () {
    const made = new WebSocket(address())
    socket = made
    made.onmessage = ({ data }) => { turn = turn.then(() => socket === made || !isLeft ? take(JSON.parse(data)) : undefined).catch(() => undefined) }
    made.onclose = ({ code }) => {
      if (socket !== made || isLeft) return
      socket = null
      isIn = false
      lost()
      if (code === 4403) gone()
      else setTimeout(() => { void again() }, waitMs)
      waitMs = Math.min(longestWaitMs, waitMs * 2)
    }
  }

  /** A browser does not tell why an upgrade failed; the same address asked plainly does. */
  async function again () {
    if (isLeft) return
    const answer = await fetch(`/v1/rtc?ticket=${encodeURIComponent(pass)}`).catch(() => null)
    if (answer?.status === 401) gone()
    else connect()
  }

  async function take (frame) {
    if (frame.type === 'welcome' || frame.type === 'renew') {
      pass = frame.resume
      keep({ resume: pass })
    }
    if (frame.type === 'welcome') waitMs = firstWaitMs
    if (frame.type === 'message') last = frame.message.number
    if (frame.type === 'said' || (frame.type === 'refused' && frame.clientId !== undefined)) unsaid.delete(frame.clientId)
    await hear(frame)
    if (frame.type !== 'welcome') return
    isIn = true
    for (const waiting of unsaid.values()) put(waiting)
  }

  addEventListener('online', () => { if (socket === null) void again() })
  connect()
  return {
    put,
    say: (frame) => {
      unsaid.set(frame.clientId, frame)
      if (isIn) put(frame)
    },
    leave: () => {
      isLeft = true
      forget()
      socket?.close()
    }
  }
}
