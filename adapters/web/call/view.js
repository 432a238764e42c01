import { make } from '../elements/make.js'
import { word } from './words.js'

export const title = (key) => make('h2', { tabindex: '-1' }, word(key))
export const hint = (key) => make('p', {}, word(key))
export const note = (text) => make('p', { class: 'note', role: 'alert' }, text)
export const choice = (key, onclick, kind = '') => make('button', { type: 'button', class: kind, 'data-do': key, onclick }, word(key))
export const choices = (...buttons) => make('div', { class: 'choices' }, ...buttons)
