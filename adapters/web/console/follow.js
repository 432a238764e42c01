import { make } from '../elements/make.js'
import { call } from './api.js'
import { messageTable } from './message.js'
import { instant, noRight, table, yuan } from './view.js'
import { word } from './words.js'

/** Types that are looked for by patient where no message tells what there is. R4 has no such search for PaymentNotice; the charges show payments. */
const typesOfPatient = ['Encounter', 'Appointment', 'ServiceRequest', 'DiagnosticReport', 'Observation', 'DocumentReference', 'ChargeItem']

/** Raw message → FHIR resources → visits → charges → amount owed, for one patient. */
export async function follow (patientId, place, report) {
  const id = encodeURIComponent(patientId)
  const patient = await call(`/v1/patients/${id}`)
  if (patient === null) {
    place.replaceChildren(make('p', {}, word('noPatient')))
    return
  }
  const title = make('h3', { tabindex: '-1' }, `${patient.name ?? patient.id} · ${patient.birthDate ?? '–'}`)
  const parts = ['messages', 'resources', 'visits', 'charges', 'owed'].map((part) => [part, make('div', {}, '…')])
  place.replaceChildren(
    title,
    make('p', { class: 'soft' }, `${word('tied')}: ${patient.tied.map((one) => `${one.hospitalId} ${one.id}`).join(' · ')}`),
    ...parts.flatMap(([part, box]) => [make('h3', {}, word(part)), box]))
  title.focus()
  const boxes = Object.fromEntries(parts)
  const messages = await showMessages(patient.tied, boxes.messages, report)
  await showResources(patient.tied, messages, boxes.resources)
  await showVisits(id, boxes.visits)
  await showCharges(id, boxes.charges)
  await showOwed(id, boxes.owed)
}

async function showMessages (tied, box, report) {
  const found = new Map()
  let mayRead = false
  for (const { id } of tied) {
    const page = await call(`/v1/ops/messages?limit=100&producedRecord=${encodeURIComponent(`Patient/${id}`)}`)
    if (page === null) continue
    mayRead = true
    for (const message of page.items) found.set(message.id, message)
  }
  const messages = [...found.values()].sort((one, other) => one.sequence - other.sequence)
  const opened = make('div', {})
  box.replaceChildren(mayRead ? messageTable(messages, opened, report) : noRight(), opened)
  return messages
}

async function showResources (tied, messages, box) {
  const references = new Set(tied.map(({ id }) => `Patient/${id}`))
  for (const message of messages) for (const record of message.produced) references.add(record)
  const given = new Map()
  let mayRead = false
  for (const { id } of tied) {
    const patient = await call(`/fhir/Patient/${encodeURIComponent(id)}`)
    if (patient === null) continue
    mayRead = true
    given.set(`Patient/${id}`, patient)
    for (const type of typesOfPatient) {
      const bundle = await call(`/fhir/${type}?patient=${encodeURIComponent(id)}&_count=50`).catch(() => null)
      for (const { resource } of bundle?.entry ?? []) given.set(`${resource.resourceType}/${resource.id}`, resource)
    }
  }
  for (const reference of given.keys()) references.add(reference)
  const items = [...references].sort().map((reference) => {
    const body = make('pre', { tabindex: '0' })
    const details = make('details', {
      ontoggle: async () => {
        if (!details.open || body.textContent !== '') return
        const resource = given.get(reference) ?? await call(`/fhir/${reference}`)
        body.textContent = resource === null ? word('needsToken') : JSON.stringify(resource, null, 2)
      }
    }, make('summary', {}, reference), body)
    return details
  })
  box.replaceChildren(...(mayRead ? [] : [noRight()]), ...items)
}

async function showVisits (id, box) {
  const page = await call(`/v1/visits?limit=100&patient=${id}`)
  box.replaceChildren(page === null ? noRight() : table(word('visits'), [
    [word('start'), (visit) => instant(visit.startedAt)],
    [word('hospital'), (visit) => visit.hospitalId],
    [word('kind'), (visit) => visit.class],
    [word('state'), (visit) => visit.state],
    [word('department'), (visit) => visit.department]
  ], page.items))
}

async function showCharges (id, box) {
  const page = await call(`/v1/charges?limit=200&patient=${id}`)
  box.replaceChildren(page === null ? noRight() : table(word('charges'), [
    [word('day'), (charge) => charge.occurredOn],
    [word('hospital'), (charge) => charge.hospitalId],
    [word('item'), (charge) => charge.text ?? charge.code],
    [word('kind'), (charge) => charge.kind],
    [word('state'), (charge) => charge.state],
    [word('amount'), (charge) => yuan(charge.amountFen), 'number']
  ], page.items))
}

async function showOwed (id, box) {
  const owed = await call(`/v1/patients/${id}/owed`)
  if (owed === null) {
    box.replaceChildren(noRight())
    return
  }
  box.replaceChildren(
    make('p', { class: 'owed' }, `¥ ${yuan(owed.amountFen)}`),
    ...owed.hospitals.map((hospital) => make('details', {},
      make('summary', {}, `${hospital.hospitalId}: ¥ ${yuan(hospital.amountFen)}`),
      table(word('ledgerLines'), [
        [word('day'), (line) => line.effectiveOn],
        [word('kind'), (line) => line.kind],
        [word('source'), (line) => line.sourceKey],
        [word('amount'), (line) => yuan(line.amountFen), 'number']
      ], hospital.lines))))
}
