import { make } from '../elements/make.js'
import { word } from './words.js'

export const title = (key) => make('h2', { tabindex: '-1' }, word(key))
export const hint = (key) => make('p', {}, word(key))
export const choice = (key, onclick, kind = '') => make('button', { type: 'button', class: kind, onclick }, word(key))
export const choices = (...buttons) => make('div', { class: 'choices' }, ...buttons)
export const note = (texts) => make('p', { class: 'note', role: 'alert' }, texts.join(' '))

export function field (key, name, attributes = {}) {
  return make('label', {}, make('span', {}, word(key)), make('input', { name, autocomplete: 'off', ...attributes }))
}

export function select (key, name, options) {
  return make('label', {}, make('span', {}, word(key)), make('select', { name }, ...options.map(([value, text]) => make('option', { value }, word(text)))))
}

/** `onSubmit` gets the fields that were filled in. */
export function form (submitKey, onSubmit, ...fields) {
  const element = make('form', { onsubmit: (event) => {
    event.preventDefault()
    onSubmit(Object.fromEntries([...new FormData(element)].filter(([, value]) => value !== '')))
  } }, make('div', { class: 'fields' }, ...fields), choices(make('button', { type: 'submit' }, word(submitKey))))
  return element
}
