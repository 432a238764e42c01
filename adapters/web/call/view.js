import { word } from './words.js'

/** Makes an element; text is always text, never markup. */
export function make (name, attributes = {}, ...children) {
  const element = document.createElement(name)
  for (const [key, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue
    if (key.startsWith('on')) element.addEventListener(key.slice(2), value)
    else element.setAttribute(key, value === true ? '' : String(value))
  }
  element.append(...children.filter((child) => child !== null && child !== undefined))
  return element
}

export const title = (key) => make('h2', { tabindex: '-1' }, word(key))
export const hint = (key) => make('p', {}, word(key))
export const note = (text) => make('p', { class: 'note', role: 'alert' }, text)
export const choice = (key, onclick, kind = '') => make('button', { type: 'button', class: kind, 'data-do': key, onclick }, word(key))
export const choices = (...buttons) => make('div', { class: 'choices' }, ...buttons)
