import { make } from '../elements/make.js'
import * as api from './api.js'
import { pause } from './camera.js'
import { choice, choices, field, form, hint, note, title } from './view.js'
import { languageNow, word } from './words.js'

/** How often it is looked what became of the request. */
const lookEveryMs = 3_000
const modes = ['text', 'voice', 'video']

/** 提问. In the person's own words, of the doctor who was found or of whoever is on duty. */
export function asking ({ who, go, ask }) {
  return [title('ask'), who.doctor === null ? hint('askAnybody') : make('p', { class: 'person' }, who.doctor.name ?? '—'), form('send', ({ complaint, mode }) => {
    const wanted = { kind: who.doctor === null ? 'inquiry' : 'consultation', mode: mode ?? 'text', complaint, readingId: who.readingId, ...who.doctor === null ? {} : { doctorId: who.doctor.id } }
    return ask(() => api.askDoctor(wanted), ({ isOk, body }) => { isOk ? go('made', { order: body }) : go('again', { note: [word(body.code === 'CONSULTATION_NOT_OFFERED' ? 'notOffered' : 'toDesk')] }) })
  }, field('complaint', 'complaint', { required: true, maxlength: '2000' }), modeChoice())]
}

function modeChoice () {
  return make('label', {}, make('span', {}, word('how')), make('select', { name: 'mode' }, ...modes.map((mode) => make('option', { value: mode }, word(mode)))))
}

/** 等候. Until the hospital or the doctor says yes; what costs something is paid in the person's app. */
export function waiting ({ who, go, ask, alive }) {
  const told = note([])
  const place = make('p', { class: 'person' }, who.order.number)
  async function lookOn () {
    await pause(lookEveryMs)
    if (!place.isConnected) return
    alive()
    await ask(() => api.orderNow(who.order.id, who.readingId), ({ isOk, body }) => {
      if (!isOk) return go('ended', { note: [word('toDesk')] })
      if (body.state === 'in_progress') return go('begun', { order: body })
      if (body.state === 'refunded' || body.state === 'cancelled') return go('ended', { note: [word('nobodyThere')] })
      told.textContent = body.state === 'created' ? word('payInApp') : ''
    })
    if (place.isConnected) void lookOn()
  }
  void lookOn()
  return [title('wait'), place, hint('waitHint'), told]
}

/** 交谈. In writing here; with sound or picture in the page of calls, which this page closes when the person leaves. */
export function talking ({ who, go, ask, alive, rooms }) {
  const said = make('ul', { class: 'text', tabindex: '0' })
  async function listen (after) {
    if (!said.isConnected && after > 0) return
    alive()
    let last = after
    await ask(() => api.messages(who.order.id, who.readingId, after), ({ isOk, body }) => {
      if (!isOk) return go('ended', { note: [word('toDesk')] })
      for (const message of body.items) {
        last = message.number
        said.append(make('li', {}, lineOf(message)))
      }
      said.scrollTop = said.scrollHeight
      if (!body.isOpen && body.items.length === 0) go('ended')
    })
    await pause(300)
    if (said.isConnected) void listen(last)
  }
  setTimeout(() => { void listen(0) }, 0)
  return [
    title('talk'), said,
    form('send', ({ text }) => ask(() => api.sayText(who.order.id, who.readingId, text), ({ isOk }) => {
      if (isOk) document.querySelector('input[name=text]').value = ''
    }), field('message', 'text', { required: true, maxlength: '4000' })),
    choices(choice('call', () => ask(() => api.roomTicket(who.order.id, who.readingId), ({ isOk, body }) => {
      if (isOk) rooms.open(`/m/call/#ticket=${encodeURIComponent(body.ticket)}&lang=${languageNow()}`)
    }), 'quiet'))
  ]
}

function lineOf ({ kind, text, by }) {
  if (kind === 'event') return word('event')
  return `${word(by?.kind === 'doctor' ? 'theDoctor' : 'me')}: ${kind === 'picture' ? word('aPicture') : text}`
}
