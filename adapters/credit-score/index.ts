export { bankScore } from './bank-score.ts'
export { zhimaScore } from './zhima-score.ts'
