/**
 * 流程. Which screen follows which. Everything that the page can do stands here; what is not here does not happen. Any screen but
 * the first two goes back to `welcome` when the person leaves or nothing happens, and then nothing of them is left.
 */
export const screens = {
  setup: { saved: 'welcome' },
  welcome: { look: 'look', document: 'document', phone: 'phone' },
  look: { matched: 'confirm', ambiguous: 'digits', no_match: 'unknown', again: 'look', document: 'document', phone: 'phone' },
  confirm: { yes: 'home', no: 'second', not_here: 'second' },
  digits: { matched: 'confirm', again: 'digits', document: 'document', phone: 'phone' },
  second: { document: 'document', phone: 'phone' },
  document: { known: 'home', unknown: 'file', again: 'document', phone: 'phone', look: 'look' },
  phone: { sent: 'code', document: 'document', look: 'look' },
  code: { known: 'home', again: 'code', document: 'document' },
  unknown: { agree: 'consent', refuse: 'facts', document: 'document' },
  consent: { agreed: 'facts', refuse: 'facts', document: 'document' },
  facts: { enrolled: 'number', matched: 'confirm', document: 'document', again: 'facts' },
  file: { made: 'home', again: 'file' },
  number: { on: 'home' },
  home: { vitals: 'vitals', doctor: 'doctor', consult: 'ask' },
  vitals: { measured: 'advice', again: 'vitals' },
  advice: { doctor: 'doctor', vitals: 'vitals' },
  doctor: { register: 'done', consult: 'ask' },
  ask: { made: 'wait', again: 'ask' },
  wait: { begun: 'talk', ended: 'over' },
  talk: { ended: 'over' },
  over: {},
  done: {}
}

const always = { leave: 'welcome', idle: 'welcome', lost: 'welcome', setup: 'setup' }

/** The screen after an event; the same one where the event means nothing on it. */
export function next (screen, event) {
  const known = screens[screen]
  if (known === undefined) throw new Error(`no screen ${screen}`)
  if (Object.hasOwn(known, event)) return known[event]
  return screen !== 'setup' && Object.hasOwn(always, event) ? always[event] : screen
}

/** What is known of whoever stands there; made anew for each person. */
export function nobody () {
  return { sessionId: null, identificationId: null, person: null, frames: [], readingId: null, patientId: null, phone: null, birthDate: null, number: null, advice: null, doctor: null, order: null, hasConsent: false, note: [] }
}

/** A reader types faster than people: what comes slower than this is no card (a typed number identifies nobody). */
export const readerGapMs = 60

/** Collects what a reader types; answers the text when it ends with Enter. */
export function readerInput () {
  let text = ''
  let lastMs = -Infinity
  return (key, atMs) => {
    if (atMs - lastMs > readerGapMs) text = ''
    lastMs = atMs
    if (key === 'Enter') {
      const read = text
      text = ''
      return read.length >= 4 ? read : null
    }
    if (key.length === 1 && text.length < 512) text += key
    return null
  }
}

/** What kind of document a reader read. */
export function kindOf (text) {
  if (text.startsWith('YQP:')) return 'qr'
  return /^[0-9]{17}[0-9Xx]$/.test(text) ? 'resident_id' : 'patient_card'
}
