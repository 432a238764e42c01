import { make } from '../elements/make.js'
import { addToken, ask, call, forgetToken, heldTokens } from './api.js'
import { follow } from './follow.js'
import { openMessage } from './message.js'
import { showDestinations, showQueues, showUnmapped, sourceColumns, tryMessage } from './operate.js'
import { searchMessages } from './search.js'
import { button, instant, noRight, show, table } from './view.js'
import { currentLanguage, speak, word } from './words.js'

const place = (id) => document.getElementById(id)
const refreshMs = 5000

const report = (error) => { place('notice').textContent = error instanceof Error ? error.message : String(error) }
/** What the reader asked for: an old notice goes away first. */
const attempt = (work) => {
  place('notice').textContent = ''
  work().catch(report)
}

async function showHealth () {
  try {
    const [ready, version] = await Promise.all([ask('/ready'), ask('/version')])
    show(place('ready'), make('span', { class: ready.ready ? 'good' : 'bad' }, word(ready.ready ? 'ready' : 'notReady')))
    show(place('parts'), ...ready.parts.map((part) => make('li', {}, make('span', { class: part.ready ? 'good' : 'bad' }, part.ready ? '✓ ' : '✗ '), part.name, part.reason === null ? '' : `: ${part.reason}`)))
    show(place('version'), `${word('version')} ${version.version}${version.commit === null ? '' : ` (${version.commit})`}`)
  } catch {
    show(place('ready'), make('span', { class: 'bad' }, word('unreachable')))
  }
}

function showTokens () {
  show(place('tokens'), ...heldTokens().map(({ role, organizationId }) => make('li', {}, `${role}${organizationId === null ? '' : ` · ${organizationId}`} `, button(word('forget'), () => {}))))
  // Listeners are set anew each time, since `show` may have kept the old elements.
  place('tokens').querySelectorAll('button').forEach((remove, index) => {
    remove.onclick = () => {
      forgetToken(heldTokens()[index].secret)
      attempt(showAll)
    }
  })
}

const countColumns = () => ['received', 'applied', 'dead', 'conflict', 'skipped'].map((status) => [word(status), (source) => source.messages[status], 'number'])

async function showFlow () {
  const status = heldTokens().length === 0 ? null : await call('/v1/ops/status')
  if (status === null) {
    for (const id of ['flow', 'alerts']) show(place(id), noRight())
    return
  }
  show(place('now'), instant(status.now))
  show(place('flow'), table(word('flow'), [
    ...sourceColumns(),
    ...countColumns(),
    [word('lastReceived'), (source) => instant(source.lastReceivedAt)]
  ], status.sources))
  show(place('alerts'), table(word('alerts'), [
    [word('opened'), (alert) => instant(alert.openedAt)],
    [word('what'), (alert) => alert.key],
    [word('reason'), (alert) => alert.detail]
  ], status.alerts))
}

async function showDeadLetters () {
  const groups = heldTokens().length === 0 ? null : await call('/v1/ops/dead-letters')
  // A message that somebody reads stands in its own place, so that a refresh does not close it.
  show(place('dead'), groups === null
    ? noRight()
    : table(word('deadLetters'), [
      [word('reason'), (group) => group.code],
      [word('source'), (group) => group.source],
      [word('count'), (group) => group.count, 'number'],
      [word('oldest'), (group) => instant(group.oldestAt)],
      [word('sample'), (group) => make('button', { type: 'button', value: group.sampleId }, word('look'))]
    ], groups.items))
}

async function showJobs () {
  const jobs = heldTokens().length === 0 ? null : await call('/v1/ops/jobs')
  show(place('jobs'), jobs === null
    ? noRight()
    : table(word('jobs'), [
      [word('job'), (job) => job.name],
      [word('schedule'), (job) => job.schedule],
      [word('nextDue'), (job) => instant(job.nextDueAt)],
      [word('lastRun'), (job) => job.lastRun === null ? null : make('span', { class: job.lastRun.status === 'failed' ? 'bad' : undefined }, instant(job.lastRun.dueAt), ` ${job.lastRun.status} ${job.lastRun.error ?? ''}`)]
    ], jobs.items))
}

let nextPatients = null

async function listPatients (cursor = null) {
  const page = heldTokens().length === 0 ? null : await call(`/v1/patients?limit=100${cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`}`)
  const options = (page?.items ?? []).map((patient) => make('option', { value: patient.id }, `${patient.name ?? patient.id} · ${patient.hospitalId} · ${patient.birthDate ?? '–'}`))
  if (cursor === null) place('patient').replaceChildren(...options)
  else place('patient').append(...options)
  nextPatients = page?.next ?? null
  place('more-patients').hidden = nextPatients === null
}

/** What an operator may change: after each change everything is shown anew. */
async function showOperations () {
  if (heldTokens().length === 0) {
    for (const id of ['destinations', 'queues', 'unmapped']) show(place(id), noRight())
    return
  }
  const again = (work) => { attempt(async () => { await work(); await showAll() }) }
  // What somebody types stays: the table of codes is not shown anew while the focus is in it.
  const isTyping = place('unmapped').contains(document.activeElement)
  await Promise.all([showDestinations(place('destinations')), showQueues(place('queues'), place('pause-reason'), again), ...(isTyping ? [] : [showUnmapped(place('unmapped'), again)])])
}

async function listSites () {
  const mappings = heldTokens().length === 0 ? null : await call('/v1/ops/mappings')
  place('try-site').replaceChildren(...(mappings?.items ?? []).map(({ site }) => make('option', { value: site }, site)))
}

async function showAll () {
  showTokens()
  await Promise.all([showHealth(), showFlow(), showDeadLetters(), showJobs(), showOperations()])
}

place('dead').addEventListener('click', (event) => {
  const id = event.target.value
  if (event.target.localName === 'button') attempt(async () => await openMessage(id, place('dead-message'), report))
})
place('language').addEventListener('change', (event) => {
  speak(event.target.value)
  attempt(showAll)
})
place('token-form').addEventListener('submit', (event) => {
  event.preventDefault()
  attempt(async () => {
    const input = place('token')
    if (!await addToken(input.value.trim())) throw new Error(word('tokenRefused'))
    input.value = ''
    await showAll()
    await Promise.all([listPatients(), listSites()])
  })
})
place('search-form').addEventListener('submit', (event) => {
  event.preventDefault()
  attempt(async () => await searchMessages({ [place('search-by').value]: place('search-text').value.trim() }, place('found'), report))
})
place('try-form').addEventListener('submit', (event) => {
  event.preventDefault()
  attempt(async () => await tryMessage(place('try-site').value, place('try-text').value, place('tried')))
})
place('follow-form').addEventListener('submit', (event) => {
  event.preventDefault()
  if (place('patient').value !== '') attempt(async () => await follow(place('patient').value, place('followed'), report))
})
place('more-patients').addEventListener('click', () => { attempt(async () => await listPatients(nextPatients)) })
place('identifier-form').addEventListener('submit', (event) => {
  event.preventDefault()
  attempt(async () => {
    const page = await call(`/v1/patients?identifier=${encodeURIComponent(place('identifier').value)}`)
    if (page === null || page.items.length === 0) place('followed').replaceChildren(make('p', {}, word('noPatient')))
    else await follow(page.items[0].id, place('followed'), report)
  })
})

speak(currentLanguage())
place('language').value = currentLanguage()
attempt(async () => {
  await showAll()
  await Promise.all([listPatients(), listSites()])
})
setInterval(() => { if (!document.hidden) showAll().catch(report) }, refreshMs)
