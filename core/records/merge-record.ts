import type { RecordChange, RecordVersion } from './record.ts'
import { canonicalJson, sameJson } from '../same-json.ts'
import { resourceOf, slotName, slotsOf, type SlotContent, type Slots } from './slots.ts'
import { withMeta } from './with-meta.ts'

/**
 * Merges what one message says into what stands, slot by slot (see slots.ts). Of two statements about a slot the one
 * that holds is decided by a total order, so any order and repetition of the same changes ends in the same record:
 *
 * 1. `status: entered-in-error` is final.
 * 2. A weak statement never beats another.
 * 3. The newer one, by the sender's time.
 * 4. At the same time (HIS clocks often tell seconds only): a value beats a deletion, the later state of a life cycle
 *    the earlier, the longer text the shorter, then the order of the text.
 *
 * The times are kept in `elementTimes` under the slot's name, with `weak:` before it where the statement was weak. A
 * name without a value is a deletion that still holds, so that an older message does not bring the value back.
 */
export interface Merged {
  readonly record: RecordVersion
  /** changed: a new version. confirmed: the same content said again later, only times differ. */
  readonly outcome: 'changed' | 'confirmed' | 'unchanged'
  /** Something that the change said did not hold against what stands. */
  readonly isOverruled: boolean
}

interface Statement {
  readonly content: SlotContent | null
  readonly timeMs: number
  readonly isWeak: boolean
}

/** The compartment is merged like an element, under a name that no element has. */
const compartment = '.patient'

/** Later states of a life cycle; two states at the same second are told apart by it. */
const lifeCycle = ['draft', 'proposed', 'planned', 'pending', 'booked', 'arrived', 'triaged', 'registered', 'active', 'in-progress',
  'onleave', 'partial', 'preliminary', 'billable', 'final', 'finished', 'completed', 'fulfilled', 'amended', 'corrected', 'noshow',
  'cancelled', 'revoked', 'superseded']

export function mergeRecord (current: RecordVersion | null, change: RecordChange, at: Date, version = (current?.version ?? 0) + 1): Merged {
  const standing = standingOf(current)
  const effects = new Set<Effect>()
  for (const [name, said] of statementsOf(change)) effects.add(settle(name, said, standing, change.patientId === null))
  const isOverruled = effects.has('overruled')
  if (current === null || effects.has('content')) {
    return { record: written(change, standing, at, version), outcome: 'changed', isOverruled }
  }
  return effects.has('time')
    ? { record: { ...current, elementTimes: standing.times }, outcome: 'confirmed', isOverruled }
    : { record: current, outcome: 'unchanged', isOverruled }
}

/** What stands, while one change is merged into it. */
interface Standing {
  readonly slots: Slots
  readonly times: Record<string, number>
}

type Effect = 'content' | 'time' | 'overruled' | 'nothing'

function standingOf (current: RecordVersion | null): Standing {
  const slots: Slots = current === null ? new Map<string, SlotContent>() : slotsOf(current.resource)
  if (current !== null && current.patientId !== null) slots.set(compartment, { id: current.patientId })
  return { slots, times: { ...current?.elementTimes } }
}

function settle (name: string, said: Statement, standing: Standing, isDirectory: boolean): Effect {
  const stands = statementThatStands(name, standing)
  if (stands === null) return write(name, said, standing, said.content === null ? 'time' : 'content')
  const isSame = sameJson(stands.content, said.content)
  if (!beats(name, said, stands)) return isSame || said.isWeak ? 'nothing' : 'overruled'
  // A doctor's name in passing comes with the messages of every patient. Its times are not kept where they change
  // nothing: lanes that run in parallel would queue for that one row.
  if (isSame && said.isWeak && isDirectory) return 'nothing'
  return write(name, said, standing, isSame ? 'time' : 'content')
}

function written (change: RecordChange, { slots, times }: Standing, at: Date, version: number): RecordVersion {
  const patient = slots.get(compartment)
  slots.delete(compartment)
  return withMeta({
    type: change.resource.resourceType,
    id: change.resource.id,
    version,
    lastUpdated: at,
    resource: resourceOf(change.resource.resourceType, change.resource.id, slots),
    elementTimes: times,
    hospitalId: change.hospitalId,
    patientId: patient === undefined ? null : patient['id'] as string,
    source: change.source,
    mappingVersion: change.mappingVersion
  })
}

function statementsOf (change: RecordChange): Map<string, Statement> {
  const timeMs = change.asOf.getTime()
  const isWeak = change.weak
  const statements = new Map<string, Statement>()
  if (!isWeak) {
    for (const element of change.removed) statements.set(element.includes(':') ? element : slotName(element), { content: null, timeMs, isWeak })
  }
  const weakSlots = new Set((change.weakElements ?? []).map(slotName))
  for (const [name, content] of slotsOf(change.resource)) {
    statements.set(name, { content, timeMs, isWeak: isWeak || weakSlots.has(name.split(':')[0] ?? name) })
  }
  if (change.patientId !== null) statements.set(compartment, { content: { id: change.patientId }, timeMs, isWeak })
  return statements
}

function statementThatStands (name: string, { slots, times }: Standing): Statement | null {
  const content = slots.get(name) ?? null
  const timeMs = times[name]
  if (timeMs !== undefined) return { content, timeMs, isWeak: false }
  const weakTimeMs = times[`weak:${name}`]
  if (weakTimeMs !== undefined) return { content, timeMs: weakTimeMs, isWeak: true }
  return content === null ? null : { content, timeMs: 0, isWeak: true }
}

function write (name: string, said: Statement, { slots, times }: Standing, effect: Effect): Effect {
  if (said.content === null) slots.delete(name)
  else slots.set(name, said.content)
  delete times[said.isWeak ? name : `weak:${name}`]
  times[said.isWeak ? `weak:${name}` : name] = said.timeMs
  return effect
}

/** Strictly: of two equal statements neither beats the other. */
function beats (name: string, said: Statement, stands: Statement): boolean {
  const isFinal = finality(name, said) - finality(name, stands)
  if (isFinal !== 0) return isFinal > 0
  if (said.isWeak !== stands.isWeak) return stands.isWeak
  if (said.timeMs !== stands.timeMs) return said.timeMs > stands.timeMs
  if (said.content === null || stands.content === null) return said.content !== null && stands.content === null
  return beatsByContent(name, said.content, stands.content)
}

function finality (name: string, statement: Statement): number {
  return name === 'status' && statement.content?.['status'] === 'entered-in-error' ? 1 : 0
}

function beatsByContent (name: string, said: SlotContent, stands: SlotContent): boolean {
  if (sameJson(said, stands)) return false
  if (name === 'status') {
    const later = lifeCycle.indexOf(String(said['status'])) - lifeCycle.indexOf(String(stands['status']))
    if (later !== 0) return later > 0
  }
  const saidText = canonicalJson(said)
  const standingText = canonicalJson(stands)
  return saidText.length === standingText.length ? saidText > standingText : saidText.length > standingText.length
}
