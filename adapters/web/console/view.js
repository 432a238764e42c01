import { make } from '../elements/make.js'
import { word } from './words.js'

const shown = new WeakMap()

/** Replaces what a place shows, unless it shows just that: a screen reader and the focus are left in peace. */
export function show (place, ...children) {
  const next = make('div', {}, ...children)
  if (shown.get(place) === next.innerHTML) return
  shown.set(place, next.innerHTML)
  place.replaceChildren(...next.childNodes)
}

/** Columns are `[title, row => content, class]`. */
export function table (caption, columns, rows) {
  if (rows.length === 0) return make('p', { class: 'soft' }, word('none'))
  const head = make('tr', {}, ...columns.map(([title]) => make('th', { scope: 'col' }, title)))
  const body = rows.map((row) => make('tr', {}, ...columns.map(([, cell, kind]) => make('td', { class: kind }, cell(row) ?? '–'))))
  return make('div', { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': caption }, make('table', {}, make('caption', {}, caption), make('thead', {}, head), make('tbody', {}, ...body)))
}

export const noRight = () => make('p', { class: 'soft' }, word('needsToken'))

/** The server writes instants with the offset of the hospitals' zone; they are shown as they are, whatever the reader's. */
export function instant (text) {
  return text === null || text === undefined ? null : make('time', { datetime: text }, text.replace('T', ' ').replace(/\.\d+/, '').replace(/([+-]\d\d:\d\d)$/, ' $1'))
}

/** Fen are integers; the point is set by text, without arithmetic. */
export function yuan (amountFen) {
  if (amountFen === null || amountFen === undefined) return null
  const digits = String(Math.abs(amountFen)).padStart(3, '0')
  return `${amountFen < 0 ? '−' : ''}${digits.slice(0, -2)}.${digits.slice(-2)}`
}

export function button (label, onclick) {
  return make('button', { type: 'button', onclick }, label)
}
