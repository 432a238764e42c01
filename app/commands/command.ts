import type { Store } from '../../adapters/store/index.ts'
import type { Config } from '../config.ts'

/** A fault of the caller: usage and exit code 2. */
export class UsageError extends Error {}

export interface Asked {
  readonly config: Config
  /** The folder that holds package.json. */
  readonly root: string
  /** What follows the name of the command. */
  readonly args: readonly string[]
}

export interface Call extends Asked {
  /** Open, and of the newest version. */
  readonly store: Store
}

/** Answers what is printed last. */
export type Command =
  | { readonly needs: 'store', readonly run: (call: Call) => Promise<string> }
  /** It opens the database itself, or not at all. */
  | { readonly needs: 'settings', readonly run: (asked: Asked) => Promise<string> }

export const withStore = (run: (call: Call) => Promise<string>): Command => ({ needs: 'store', run })
export const withSettings = (run: (asked: Asked) => Promise<string>): Command => ({ needs: 'settings', run })

export function parsed<Result> (parse: () => Result): Result {
  try {
    return parse()
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : 'The arguments cannot be read.')
  }
}

export function instant (text: string, name: string): Date {
  const at = new Date(text)
  if (Number.isNaN(at.getTime()) || !/T.*(Z|[+-]\d\d:\d\d)$/.test(text)) throw new UsageError(`${name} is an instant with its zone, e.g. 2027-03-01T00:00:00+08:00.`)
  return at
}

export function wholeNumber (text: string, name: string): number {
  const number = Number(text)
  if (!Number.isInteger(number) || number < 1) throw new UsageError(`${name} is a whole number from 1.`)
  return number
}
