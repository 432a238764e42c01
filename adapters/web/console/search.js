import { make } from '../elements/make.js'
import { call } from './api.js'
import { messageTable } from './message.js'
import { button, noRight } from './view.js'
import { word } from './words.js'

/** Messages by the hospital's numbers or by what they hold; numbers go in the body, never into an address. */
export async function searchMessages (asked, place, report) {
  const opened = make('div', {})
  const found = []
  const list = make('div', {})
  const more = make('div', {})
  const go = async (cursor) => {
    const page = await call('/v1/ops/messages/search', { method: 'POST', body: { ...asked, ...(cursor === null ? {} : { cursor }) } })
    if (page === null) {
      list.replaceChildren(noRight())
      return
    }
    found.push(...page.items)
    list.replaceChildren(messageTable(found, opened, report))
    more.replaceChildren(...(page.next === null ? [] : [button(word('morePatients'), () => { go(page.next).catch(report) })]))
  }
  place.replaceChildren(list, more, opened)
  await go(null)
}
