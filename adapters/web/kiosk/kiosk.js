import { make } from '../elements/make.js'
import * as api from './api.js'
import { closeCamera } from './camera.js'
import { asking, talking, waiting } from './consult.js'
import { look } from './look.js'
import { kindOf, next, nobody, readerInput } from './machine.js'
import { choice, choices, field, form, hint, note, select, title } from './view.js'
import { changeLanguage, changeVoice, hush, languageNow, say, voiceIsOn, word } from './words.js'

const idleMs = 60_000
/** Whoever waits for a doctor, or reads what the doctor writes, touches nothing. */
const idleWithDoctorMs = 300_000
const aliveEveryMs = 20_000
const place = document.querySelector('#screen')
let screen = api.device() === null ? 'setup' : 'welcome'
/** Whoever stands there. */
let who = nobody()
let idleTimer
let aliveAtMs = 0
let readKey = readerInput()
let room = null
const rooms = { open: (address) => { room = window.open(address, 'yiqiao-call') } }

/** Goes on; what a screen learns is kept with the person until they leave. */
function go (event, learnt = {}) {
  const from = screen
  screen = next(screen, event)
  if (screen === 'welcome' || screen === 'setup') forget(event === 'idle' ? ['idle'] : [])
  else who = { ...who, note: [], ...learnt }
  draw(from !== screen)
}

/** 复位: nothing of the person stays on this page or with the terminal. */
function forget (notes) {
  if (who.sessionId !== null) void api.endSession(who.sessionId).catch(() => undefined)
  const video = document.querySelector('video')
  if (video !== null) closeCamera(video)
  room?.close()
  room = null
  hush()
  readKey = readerInput()
  who = { ...nobody(), note: notes.map((key) => word(key)) }
}

const trouble = () => { go('lost') }
const whereTo = (answer, event, learnt) => { go(event, { note: answer.isOk ? [] : [word('toDesk')], ...learnt }) }

/** Waits for one answer at a time; what cannot be reached ends the visit to this screen. */
async function ask (request, then) {
  const asked = who
  try {
    const answer = await request()
    if (who.sessionId !== asked.sessionId) return
    if (answer.status === 404 && answer.body.code === 'TERMINAL_SESSION_NOT_FOUND') trouble()
    else then(answer)
  } catch {
    trouble()
  }
}

async function start (event) {
  await ask(api.openSession, ({ isOk, body }) => {
    if (!isOk) return trouble()
    who = { ...who, sessionId: body.sessionId }
    go(event)
  })
}

/** Whoever is known needs no picture any more. */
const read = (body) => ({ frames: [], readingId: body.readingId, patientId: body.patient?.id ?? null, person: body.patient ?? null })

async function readDocument (text) {
  await ask(() => api.readDocument(kindOf(text), text), async ({ isOk, body }) => {
    if (!isOk) return go('again', { note: [word('unreadable')] })
    if (who.identificationId !== null) await api.settle(who.identificationId, body.readingId).catch(() => undefined)
    go(body.isNew ? 'unknown' : 'known', read(body))
  })
}

const others = () => [choice('card', () => { go('document') }, 'quiet'), choice('phone', () => { go('phone') }, 'quiet')]
const personOf = ({ maskedName, numberTail }) => make('p', { class: 'person' }, `${maskedName ?? '—'}${numberTail === null ? '' : `  ${word('tail')} ${numberTail}`}`)
const genders = [['female', 'female'], ['male', 'male'], ['unknown', 'unsaid']]
const quantities = { pulse: '/min', temperature: 'Cel', weight: 'kg', height: 'cm' }

function vitalsOf ({ systolic, diastolic, saturation, glucose, ...single }) {
  const quantity = (value, unit) => ({ value: Number(value), unit })
  return {
    readingId: who.readingId,
    ...(systolic !== undefined && diastolic !== undefined ? { bloodPressure: { systolic: quantity(systolic, 'mm[Hg]'), diastolic: quantity(diastolic, 'mm[Hg]') } } : {}),
    ...(saturation === undefined ? {} : { oxygenSaturation: { ...quantity(saturation, '%'), supply: 'air' } }),
    ...(glucose === undefined ? {} : { glucose: quantity(glucose, 'mmol/L') }),
    ...Object.fromEntries(Object.entries(single).map(([name, value]) => [name, quantity(value, quantities[name])]))
  }
}

const numeric = { type: 'number', step: 'any', min: '0', inputmode: 'decimal' }

/** What each screen shows. */
const views = {
  setup: () => [title('setup'), hint('setupHint'), form('save', ({ name, token }) => {
    api.setDevice(name, token)
    go('saved')
  }, field('deviceName', 'name', { required: true, pattern: '[A-Za-z0-9._\\-]{1,64}' }), field('deviceToken', 'token', { required: true, type: 'password' }))],
  welcome: () => [title('welcome'), hint('welcomeHint'), choices(choice('face', () => start('look')), choice('card', () => start('document')), choice('phone', () => start('phone')))],
  look: () => [title('look'), hint('lookHint'), ...look({ sessionId: who.sessionId, go, ask, say }), choices(...others())],
  confirm: () => [title('confirm'), personOf(who.person), choices(
    choice('yes', () => ask(() => api.confirm(who.identificationId, true), ({ isOk, body }) => { isOk && body.result === 'confirmed' ? go('yes', read(body)) : go('not_here') })),
    choice('no', () => ask(() => api.confirm(who.identificationId, false), () => { go('no', { person: null }) }), 'quiet')
  )],
  digits: () => [title('digits'), form('next', ({ digits }) => ask(() => api.typeDigits(who.identificationId, digits), ({ body }) => { body.result === 'matched' ? go('matched', { person: body.person }) : go('again', { note: [word('toDesk')] }) }), field('digits', 'digits', { required: true, inputmode: 'numeric', pattern: '[0-9]{3,17}[0-9Xx]', maxlength: '18' })), choices(...others())],
  second: () => [title('second'), choices(...others())],
  document: () => [title('document'), hint('documentHint'), choices(choice('phone', () => { go('phone') }, 'quiet'), choice('face', () => { go('look') }, 'quiet'))],
  phone: () => [title('phone'), form('sendCode', ({ phone }) => ask(() => api.sendCode(who.sessionId, phone), (answer) => { answer.isOk ? go('sent', { phone }) : whereTo(answer, 'document') }), field('phoneNumber', 'phone', { required: true, type: 'tel', maxlength: '30' }))],
  code: () => [title('code'), hint('codeSent'), form('next', ({ code }) => ask(() => api.verifyCode(who.sessionId, who.phone, code), ({ isOk, body }) => { isOk && body.result === 'confirmed' ? go('known', read(body)) : go(isOk ? 'document' : 'again', { note: [word(isOk ? 'toDesk' : 'wrongCode')] }) }), field('code', 'code', { required: true, inputmode: 'numeric', pattern: '[0-9]{6}', maxlength: '6' }))],
  unknown: () => [title('unknown'), hint('unknownHint'), choices(choice('agree', () => ask(api.consentText, ({ body }) => { go('agree', { text: body }) })), choice('refuse', () => { go('refuse') }, 'quiet'), choice('card', () => { go('document') }, 'quiet'))],
  consent: () => [title('consent'), make('div', { class: 'text', tabindex: '0' }, who.text.text), form('iAgree', ({ birthDate }) => ask(() => api.consent({ sessionId: who.sessionId, textVersion: who.text.textVersion, birthDate }), ({ isOk }) => { isOk ? go('agreed', { hasConsent: true, birthDate }) : go('refuse', { note: [word('guardian')] }) }), field('birthDate', 'birthDate', { required: true, type: 'date' })), choices(choice('refuse', () => { go('refuse') }, 'quiet'))],
  facts: () => [title('facts'), form('next', enrol, field('name', 'name', { maxlength: '100' }), who.birthDate === null ? field('birthDate', 'birthDate', { type: 'date' }) : null, select('gender', 'gender', genders))],
  file: () => [title('file'), form('next', (facts) => ask(() => api.makeFile({ readingId: who.readingId, ...facts }), ({ isOk, body }) => { isOk ? go('made', { patientId: body.id }) : go('again', { note: [word('toDesk')] }) }), field('name', 'name', { required: true, maxlength: '100' }), field('birthDate', 'birthDate', { required: true, type: 'date' }), select('gender', 'gender', genders))],
  number: () => [title('number'), make('p', { class: 'person' }, who.number), choices(choice('next', () => { go('on') }))],
  home: () => [title('home'), choices(choice('vitals', () => { go('vitals') }), choice('doctor', findDoctor), choice('consult', () => { go('consult', { doctor: null }) }))],
  vitals: () => [title('measure'), form('submit', (given) => ask(() => api.measure(vitalsOf(given), languageNow()), ({ isOk, body }) => { isOk ? go('measured', { advice: body.advice }) : go('again', { note: [body.detail ?? word('trouble')] }) }), ...['systolic', 'diastolic', 'pulse', 'temperature', 'saturation', 'glucose', 'weight', 'height'].map((name) => field(name, name, numeric)))],
  advice: () => [title('advice'), make('p', {}, who.advice.opening), make('ul', {}, ...who.advice.findings.map(({ text, source }) => make('li', {}, text, ' ', make('small', {}, source)))), make('p', {}, who.advice.closing), hint('adviceHint'), choices(choice('doctor', findDoctor), choice('again', () => { go('vitals') }, 'quiet'))],
  doctor: () => who.doctor === null
    ? [title('doctors'), hint('noDoctor'), choices(choice('consult', () => { go('consult') }, 'quiet'))]
    : [title('doctors'), make('p', { class: 'person' }, who.doctor.name ?? '—'), make('p', {}, who.doctor.department ?? ''), make('p', {}, who.doctor.why ?? ''), choices(choice('consultDoctor', () => { go('consult') }), choice('registerHere', () => ask(() => api.register({ readingId: who.readingId, department: who.doctor.department ?? '', payMode: 'self_pay' }), (answer) => { answer.isOk ? go('register') : go('stay', { note: [answer.body.detail ?? word('toDesk')] }) })))],
  ask: () => asking({ who, go, ask }),
  wait: () => waiting({ who, go, ask, alive }),
  talk: () => talking({ who, go, ask, alive, rooms }),
  over: () => [title('over'), hint('overHint')],
  done: () => [title('done'), hint('doneHint')]
}

async function enrol (facts) {
  const fields = { sessionId: who.sessionId, ...facts, ...(who.birthDate === null ? {} : { birthDate: who.birthDate }) }
  await ask(() => api.enrol(fields, who.hasConsent ? who.frames.slice(0, 5) : []), ({ body }) => {
    if (body.result === 'enrolled') return go('enrolled', { frames: [], number: body.number, readingId: body.readingId, patientId: body.patientId })
    if (body.result === 'matched') return go('matched', { identificationId: body.identificationId, person: body.person })
    if (body.result === 'poor_quality') return go('again', { hasConsent: false, note: body.reasons.map((reason) => reason[languageNow()]) })
    go('document', { note: [word('toDesk')] })
  })
}

/** Out of the visits so far, else whoever suits what was measured. */
async function findDoctor () {
  const asked = { readingId: who.readingId, language: languageNow() }
  await ask(() => api.chooseDoctor(asked), async ({ body }) => {
    if (body.kind === 'chosen') return go('doctor', { doctor: { ...body.doctor, why: body.why } })
    if (body.first != null) return go('doctor', { doctor: null, note: [body.first.opening] })
    await ask(() => api.recommend({ ...asked, limit: 1 }), ({ body: found }) => {
      const [best] = found.items ?? []
      go('doctor', { doctor: best === undefined ? null : { ...best.doctor, why: best.why } })
    })
  })
}

const spoken = { advice: () => who.advice.speakable, number: () => `${word('number')} ${who.number}` }

function draw (isNew) {
  const video = document.querySelector('video')
  if (video !== null) closeCamera(video)
  place.replaceChildren(...views[screen]().filter((part) => part !== null), note(who.note))
  document.documentElement.lang = languageNow() === 'zh' ? 'zh-CN' : 'en'
  document.querySelector('#language').textContent = word('otherLanguage')
  const voice = document.querySelector('#voice')
  voice.textContent = word(voiceIsOn() ? 'voiceOn' : 'voiceOff')
  voice.setAttribute('aria-pressed', String(voiceIsOn()))
  const leave = document.querySelector('#leave')
  leave.textContent = word('leave')
  leave.hidden = screen === 'welcome' || screen === 'setup'
  place.querySelector('h2')?.focus()
  if (isNew || who.note.length > 0) say([spoken[screen]?.() ?? place.querySelector('h2')?.textContent ?? '', ...who.note].join(' '))
  touched()
}

/** Somebody is there: the page waits on. */
function touched () {
  clearTimeout(idleTimer)
  idleTimer = setTimeout(left, screen === 'wait' || screen === 'talk' ? idleWithDoctorMs : idleMs)
  alive()
}

/** In a call somebody touches the other page. */
function left () {
  if (room !== null && !room.closed) return touched()
  if (screen !== 'welcome' && screen !== 'setup') go('idle')
}

/** The terminal's session lives on. */
function alive () {
  if (who.sessionId === null || Date.now() - aliveAtMs < aliveEveryMs) return
  aliveAtMs = Date.now()
  void ask(() => api.stillHere(who.sessionId), () => undefined)
}

document.querySelector('#language').addEventListener('click', () => {
  changeLanguage()
  draw(true)
})
document.querySelector('#voice').addEventListener('click', () => {
  changeVoice()
  draw(true)
})
document.querySelector('#leave').addEventListener('click', () => { go('leave') })
document.addEventListener('pointerdown', touched)
document.addEventListener('keydown', ({ key }) => {
  touched()
  if (screen !== 'document') return
  const text = readKey(key, performance.now())
  if (text !== null) void readDocument(text)
})
window.addEventListener('pagehide', () => { forget([]) })
draw(true)
