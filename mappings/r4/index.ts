export { compileR4, type R4Checker } from './compile-r4.ts'
export { closedCodes, type ClosedCodes } from './closed-codes.ts'
export type { ElementTable } from './element-table.ts'
export type { Fault } from './fault.ts'
