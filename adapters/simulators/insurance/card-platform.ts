import { objectOf, textOf } from '../../insurance/index.ts'
import { accountOf, nextNumber, refuse, type Account, type Carried, type InsurerState } from './insurer-state.ts'

type Input = Readonly<Record<string, unknown>>

/** L101. One lock number locks once: repeated, also after an unlock, it answers the same receipt and does nothing. */
export function lockCard (state: InsurerState, input: Input): Carried {
  const data = objectOf(input['data']) ?? {}
  if (textOf(data['legal_basis']).trim() === '') return { answer: refuse('LEGAL_BASIS_MISSING'), undo: null }
  return once(state, 'lock', data, (account, key) => { account.lockedBy = key })
}

/** L102. */
export function unlockCard (state: InsurerState, input: Input): Carried {
  return once(state, 'unlock', objectOf(input['data']) ?? {}, (account) => { account.lockedBy = null })
}

/** A lock and its unlock may well have the same number. */
function once (state: InsurerState, kind: 'lock' | 'unlock', data: Input, change: (account: Account, key: string) => void): Carried {
  const key = textOf(data['lock_no'])
  const residentId = textOf(data['mdtrt_cert_no'])
  if (key === '' || residentId === '') return { answer: refuse('LOCK_INVALID'), undo: null }
  const account = accountOf(state, residentId)
  const known = state.locks.get(`${kind} ${key}`)
  const receipt = known?.receipt ?? nextNumber(state, 'L')
  if (known === undefined) {
    state.locks.set(`${kind} ${key}`, { receipt })
    change(account, key)
    state.journal.note({ at: state.options.clock.now(), kind, key, body: { person: account.person.alias ?? account.number, receipt, ...kind === 'lock' ? { legalBasis: textOf(data['legal_basis']) } : {} } })
  }
  return { answer: { data: { receipt_no: receipt } }, undo: null }
}
