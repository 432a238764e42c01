import t from 'tap'
import { stableIdWith } from '../../app/stable-id.ts'
import { timeOrderedIds } from '../../app/time-ordered-ids.ts'

const uuid = (version: number): RegExp => new RegExp(`^[0-9a-f]{8}-[0-9a-f]{4}-${version}[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)

t.test('a fresh id → is a UUID of version 7 that sorts by its time', async (t) => {
  let nowMs = Date.UTC(2027, 2, 1)
  const ids = timeOrderedIds({ now: () => new Date(nowMs) })
  const made = Array.from({ length: 1000 }, () => {
    nowMs += 1
    return ids.next()
  })
  t.strictSame([...made].sort(), made)
  t.equal(new Set(made).size, made.length)
  t.match(made[0], uuid(7))
  t.equal(Number.parseInt(made[0]?.replaceAll('-', '').slice(0, 12) ?? '', 16), Date.UTC(2027, 2, 1) + 1)
})

t.test('a stable id → is the same for the same thing, and another for any other thing or installation', async (t) => {
  const stableId = stableIdWith(Buffer.alloc(32, 1))
  t.match(stableId('east', 'Patient', 'E1'), uuid(8))
  t.equal(stableId('east', 'Patient', 'E1'), stableIdWith(Buffer.alloc(32, 1))('east', 'Patient', 'E1'))
  const others = [stableId('east', 'Patient', 'E2'), stableId('west', 'Patient', 'E1'), stableId('east', 'Encounter', 'E1'), stableIdWith(Buffer.alloc(32, 2))('east', 'Patient', 'E1')]
  t.equal(new Set([stableId('east', 'Patient', 'E1'), ...others]).size, 5)
  t.not(stableId('east', 'Patient', 'a\u0000b'), stableId('east', 'Patienta', 'b'))
})
