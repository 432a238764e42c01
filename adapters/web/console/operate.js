import { make } from '../elements/make.js'
import { call } from './api.js'
import { button, instant, noRight, show, table } from './view.js'
import { word } from './words.js'

const stateOf = ({ state, code, detail }) => make('span', { class: state === 'up' ? 'good' : state === 'down' ? 'bad' : undefined, title: detail }, `${word(state)}${code === null ? '' : ` ${code}`}`)

export const sourceColumns = () => [
  [word('source'), (source) => source.name],
  [word('kind'), (source) => source.kind],
  [word('hospital'), (source) => source.hospitalId],
  [word('state'), (source) => stateOf(source.status)],
  [word('port'), (source) => source.port],
  [word('connections'), (source) => source.connections, 'number'],
  [word('perHour'), (source) => source.rates.hour, 'number']
]

export async function showDestinations (place) {
  const destinations = await call('/v1/ops/destinations')
  show(place, destinations === null
    ? noRight()
    : table(word('destinations'), [
      [word('destination'), (one) => one.name],
      [word('kind'), (one) => one.kind],
      [word('hospital'), (one) => one.hospitalId],
      [word('state'), (one) => stateOf(one.status)],
      [word('waiting'), (one) => one.waiting, 'number'],
      [word('dead'), (one) => one.dead, 'number'],
      [word('oldest'), (one) => instant(one.oldestAt)]
    ], destinations.items))
}

/** `again` shows everything anew after a queue was paused or let go on. */
export async function showQueues (place, reason, again) {
  const queues = await call('/v1/ops/queues')
  show(place, queues === null
    ? noRight()
    : table(word('queues'), [
      [word('queue'), (one) => one.queue],
      [word('state'), (one) => make('span', { class: one.paused ? 'bad' : 'good' }, word(one.paused ? 'paused' : 'running'))],
      [word('opened'), (one) => instant(one.since)],
      [word('reason'), (one) => one.reason],
      ['', (one) => make('button', { type: 'button', value: one.queue, name: one.paused ? 'resume' : 'pause' }, word(one.paused ? 'resume' : 'pause'))]
    ], queues.items))
  place.onclick = (event) => {
    const { localName, name: verb, value: queue } = event.target
    if (localName !== 'button') return
    const body = verb === 'pause' ? { reason: reason.value === '' ? word('noReason') : reason.value } : {}
    again(async () => { await call(`/v1/ops/queues/${encodeURIComponent(queue)}/${verb}`, { method: 'POST', body }) })
  }
}

/** Codes that no table knows; saying what one means lets the messages that wait for it go on. */
export async function showUnmapped (place, again) {
  const codes = await call('/v1/ops/unmapped-codes?state=open&limit=50')
  show(place, codes === null
    ? noRight()
    : table(word('unmapped'), [
      [word('source'), (one) => one.source],
      [word('tableName'), (one) => one.table],
      [word('place'), (one) => one.place],
      [word('code'), (one) => one.code],
      [word('count'), (one) => one.count, 'number'],
      [word('lastReceived'), (one) => instant(one.lastSeenAt)],
      [word('means'), (one) => make('input', { name: one.id, 'aria-label': `${word('means')} ${one.table} ${one.code}`, maxlength: 100 })],
      ['', (one) => make('button', { type: 'button', value: one.id }, word('resolve'))]
    ], codes.items))
  place.onclick = (event) => {
    const { localName, value: id } = event.target
    if (localName !== 'button') return
    const code = [...place.querySelectorAll('input')].find((input) => input.name === id).value.trim()
    if (code !== '') again(async () => { await call(`/v1/ops/unmapped-codes/${encodeURIComponent(id)}/resolve`, { method: 'POST', body: { code } }) })
  }
}

/** Maps a pasted message for a site and shows, for each element, the row that made it. */
export async function tryMessage (site, text, place) {
  const tried = await call(`/v1/ops/mappings/${encodeURIComponent(site)}/try`, { method: 'POST', body: { inputData: text.replaceAll('\n', '\r'), inputDataType: 'Hl7v2' } })
  place.replaceChildren(...(tried === null
    ? [noRight()]
    : [
        table(word('rows'), [
          [word('made'), (row) => row.resource],
          [word('element'), (row) => row.element],
          [word('from'), (row) => row.from],
          [word('row'), (row) => `${row.file} ${row.row}${row.isSite ? ' *' : ''}`]
        ], tried.rows),
        make('p', {}, tried.notes.join(' · ')),
        make('details', {}, make('summary', {}, word('resources')), make('pre', { tabindex: '0' }, JSON.stringify(tried.resources ?? tried.bundle, null, 2))),
        button(word('close'), () => { place.replaceChildren() })
      ]))
}
