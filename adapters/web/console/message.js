import { make } from '../elements/make.js'
import { call } from './api.js'
import { button, instant, table } from './view.js'
import { word } from './words.js'

/** One message with its raw text, what it made, and what an operator may do with it. */
export async function openMessage (id, place, report) {
  const message = await call(`/v1/ops/messages/${encodeURIComponent(id)}`)
  if (message === null) return
  const outcome = make('div', { role: 'status' })
  const details = make('div', {})
  const act = async (verb, body) => {
    try {
      const answer = await call(`/v1/ops/messages/${encodeURIComponent(id)}/${verb}`, { method: 'POST', body })
      outcome.replaceChildren(answer === null ? word('needsToken') : describe(verb, answer))
    } catch (error) {
      report(error)
    }
  }
  const reason = make('input', { id: `reason-${id}`, maxlength: 500 })
  const stands = message.status === 'dead' || message.status === 'conflict'
  const title = make('h3', { tabindex: '-1' }, `${message.type ?? '?'}^${message.trigger ?? '?'} ${message.controlId ?? ''}`)
  place.replaceChildren(
    title,
    ...(message.failure === null ? [] : [make('p', { class: 'bad' }, `${message.failure.code} ${message.failure.place ?? ''} ${message.failure.detail}`)]),
    make('p', {}, `${word('status')}: ${word(message.status)} · ${message.source} · ${message.charset} · ${message.produced.join(', ')}`),
    make('pre', { tabindex: '0', 'aria-label': word('rawText') }, (message.text ?? atob(message.base64)).replaceAll('\r', '\n')),
    make('div', { class: 'actions' },
      button(word('tryReplay'), () => act('replay', { dryRun: true })),
      button(word('replay'), () => act('replay', { dryRun: false })),
      ...(stands ? [make('label', { for: `reason-${id}` }, word('skipReason')), reason, button(word('skip'), () => act('skip', { reason: reason.value }))] : []),
      button(word('details'), () => { showDetails(id, details).catch(report) }),
      button(word('close'), () => { place.replaceChildren() })),
    ...(stands && message.text !== null ? [correction(message.text, (text) => act('fix', { text }))] : []),
    outcome,
    details)
  title.focus()
}

/** The corrected text becomes a message of its own; the original stays and names it. */
function correction (text, fix) {
  const area = make('textarea', { rows: 8, cols: 80, spellcheck: 'false', 'aria-label': word('fixText') })
  area.value = text.replaceAll('\r', '\n')
  return make('details', {}, make('summary', {}, word('fix')), area, make('div', { class: 'actions' }, button(word('fix'), () => fix(area.value))))
}

async function showDetails (id, place) {
  const found = await call(`/v1/ops/messages/${encodeURIComponent(id)}/details`)
  if (found === null) return
  const { tree, mapped, effects, timeline } = found
  const fields = tree.segments?.flatMap((segment) => segment.fields) ?? []
  place.replaceChildren(
    table(word('timeline'), [[word('time'), (step) => instant(step.at)], [word('what'), (step) => step.step], [word('reason'), (step) => step.detail]], timeline),
    table(word('made'), [[word('made'), (one) => one.record], [word('version'), (one) => one.version, 'number']], effects.records),
    make('p', {}, effects.entries.map(({ sourceKey }) => sourceKey).join(' · ')),
    make('p', {}, mapped.notes.join(' · ')),
    make('details', {}, make('summary', {}, word('fields')), tree.kind === 'segments'
      ? table(word('fields'), [[word('place'), (field) => field.path], [word('rawText'), (field) => field.text]], fields)
      : make('pre', { tabindex: '0' }, JSON.stringify(tree.json ?? tree.reason, null, 2))),
    make('details', {}, make('summary', {}, word('resources')), make('pre', { tabindex: '0' }, JSON.stringify(mapped.failure ?? mapped.resources, null, 2))))
}

function describe (verb, answer) {
  if (verb === 'fix') return `${word('fixed')}: ${answer.id}`
  if (verb !== 'replay') return word('skipped')
  if (!answer.dryRun) return answer.items.map(({ replayId }) => replayId).join(', ')
  const changes = answer.items.flatMap((item) => item.failure === null ? item.changes : [{ failure: `${item.failure.code} ${item.failure.detail}` }])
  if (changes.length === 0) return word('noChange')
  return make('div', {}, make('p', {}, word('changes')), make('pre', { tabindex: '0' }, changes.map((change) => JSON.stringify(change, null, 1)).join('\n')))
}

export function messageTable (messages, place, report) {
  return table(word('messages'), [
    [word('time'), (message) => message.receivedAt.replace('T', ' ').slice(0, 19)],
    [word('type'), (message) => `${message.type ?? '?'}^${message.trigger ?? '?'}`],
    [word('source'), (message) => message.source],
    [word('status'), (message) => word(message.status)],
    [word('made'), (message) => message.produced.map((record) => record.split('/')[0]).join(', ')],
    ['', (message) => button(word('look'), () => { openMessage(message.id, place, report).catch(report) })]
  ], messages)
}
