export type { Fact, FactsOf } from './fact.ts'
export { takeIn, type TakeInDeps, type TakenIn } from './take-in.ts'
