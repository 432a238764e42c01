import { make } from '../elements/make.js'
import { shrunk } from './media.js'
import { eventWord, languageNow, word } from './words.js'

/** 会话 beside the call: what was said, what waits to be sent, and the line to write in. */
export function makeChat (place, { say, put, party }) {
  const messages = []
  const waiting = new Map()
  const pictures = new Map()
  let isOpen = true
  const list = make('ul', { class: 'messages', 'aria-live': 'polite', tabindex: '0' })

  const timeOf = (at) => new Date(at).toLocaleTimeString(languageNow() === 'zh' ? 'zh-CN' : 'en-GB', { hour: '2-digit', minute: '2-digit' })

  function itemOf (message) {
    const { kind, text, by, attachmentId, at, number } = message
    if (kind === 'event') return make('li', { class: 'event', 'data-number': number }, eventWord(text))
    const body = kind === 'picture' ? pictureOf(attachmentId) : text
    return make('li', { class: by.kind === party() ? 'own' : '', 'data-number': number }, body, make('small', {}, timeOf(at)))
  }

  function pictureOf (attachmentId) {
    const shown = pictures.get(attachmentId)
    if (shown !== undefined) return make('img', { src: shown, alt: word('picture') })
    put({ type: 'show', attachmentId })
    return word('pictureText')
  }

  function draw () {
    list.setAttribute('aria-label', word('dialogue'))
    list.replaceChildren(...messages.map(itemOf), ...[...waiting.values()].map(({ text }) => make('li', { class: 'own waiting' }, text ?? word('pictureText'))))
    list.scrollTop = list.scrollHeight
  }

  function frame (fields) {
    const made = { clientId: crypto.randomUUID(), ...fields }
    waiting.set(made.clientId, { text: fields.text ?? null })
    say(made)
    draw()
  }

  function show () {
    const line = make('input', { name: 'text', autocomplete: 'off', maxlength: '4000', 'aria-label': word('saying'), placeholder: word('saying') })
    const form = make('form', { onsubmit: (event) => {
      event.preventDefault()
      const text = line.value.trim()
      if (text !== '') frame({ type: 'say', text })
      line.value = ''
    } }, line, make('button', { type: 'submit' }, word('say')),
    make('label', { class: 'picture' }, word('picture'), make('input', { type: 'file', accept: 'image/jpeg,image/png,image/webp', onchange: async (event) => {
      const [file] = event.target.files
      event.target.value = ''
      if (file !== undefined) frame({ type: 'picture', data: await shrunk(file) })
    } })))
    place.replaceChildren(list, ...isOpen ? [form] : [])
    draw()
  }

  return {
    show,
    add: (message) => {
      messages.push(message)
      waiting.delete(message.clientId)
      draw()
      if (message.by !== null && message.by.kind !== party()) put({ type: 'read', number: message.number })
    },
    said: (clientId) => {
      waiting.delete(clientId)
      draw()
    },
    shown: ({ attachmentId, contentType, data }) => {
      pictures.set(attachmentId, `data:${contentType};base64,${data}`)
      draw()
    },
    close: () => {
      isOpen = false
      show()
    },
    /** A room that is entered anew sends all of it again. */
    clear: () => { messages.length = 0 }
  }
}
