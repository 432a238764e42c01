/**
 * 流程. Which screen follows which; what is not here does not happen. The dialogue stands beside every screen from `check` on, and
 * the call is apart from it: no end of a call leads further than back to the `room`.
 */
export const screens = {
  start: { welcome: 'check', back: 'room', gone: 'gone', over: 'over' },
  /** 等候与设备检测. */
  check: { ready: 'room', ring: 'ringing', run: 'call', gone: 'gone', over: 'over' },
  room: { ring: 'ringing', run: 'call', test: 'check', gone: 'gone', over: 'over' },
  ringing: { run: 'call', idle: 'room', gone: 'gone', over: 'over' },
  call: { idle: 'room', ring: 'ringing', gone: 'gone', over: 'over' },
  over: {},
  gone: {}
}

/** The screen after an event; the same one where the event means nothing on it. */
export function next (screen, event) {
  const known = screens[screen]
  if (known === undefined) throw new Error(`no screen ${screen}`)
  return Object.hasOwn(known, event) ? known[event] : screen
}

const running = ['connecting', 'live', 'reconnecting']
export const isRunning = (call) => call !== null && running.includes(call.state)

/** What the state of the call means to the screens; the doctor who rings waits in the room. */
export function eventOf (call, party) {
  if (call === null) return 'none'
  if (isRunning(call)) return 'run'
  if (call.state === 'ringing') return party === 'doctor' ? 'idle' : 'ring'
  return 'idle'
}
