import { Type } from 'typebox'
import { payees } from '../core/invitations/index.ts'

const minutes = (value: number, description: string) => Type.Integer({ minimum: 1, maximum: 527_040, default: value, description })
const days = (value: number, description: string) => Type.Integer({ minimum: 1, maximum: 366, default: value, description })
const permille = (value: number, description: string) => Type.Integer({ minimum: 0, maximum: 1_000, default: value, description })
const payee = (value: typeof payees[number]) => Type.Unsafe<typeof payees[number]>({ type: 'string', enum: [...payees], default: value })

/** 邀约. What the deployment decides of invitations; the times are those of the telemedicine document. */
export const invitations = Type.Object({
  payMinutes: minutes(30, 'An invitation or tip that is not paid is over.'),
  answerMinutes: minutes(1_440, 'Without a word of the doctor the money goes back.'),
  approvalMinutes: minutes(2_880, 'Without a word of the doctor\'s own hospital the money goes back.'),
  negotiateMinutes: minutes(2_880, 'Without an agreement the money goes back.'),
  performDays: days(3, 'After the agreed time; then the doctor is asked whether it was done.'),
  mostAsks: Type.Integer({ minimum: 0, maximum: 30, default: 3, description: 'So often, at the same distance; then it counts as not provided.' }),
  confirmDays: days(7, 'Without a word of the payer it is confirmed.'),
  feePermille: permille(50, 'What the platform keeps at settlement.'),
  payee: Type.Object({ patient: payee('doctor'), hospital: payee('home_hospital') }, { additionalProperties: false, default: {}, description: 'Whose wallet the fee goes to, by who pays.' }),
  starsCountAcceptedOnly: Type.Boolean({ default: false, description: 'For the star level; without it all count that were received and paid.' }),
  appealDays: days(15, 'After an upheld complaint.')
}, { additionalProperties: false, default: {} })

/** 打赏. Off unless somebody decides otherwise: 廉洁从业九项准则 (2021) forbids gifts of patients. */
export const tips = Type.Object({
  enabled: Type.Boolean({ default: false }),
  mostFen: Type.Integer({ minimum: 1, maximum: 100_000_000, default: 20_000, description: 'Of one tip.' }),
  feePermille: permille(0, 'What the platform keeps of it.')
}, { additionalProperties: false, default: {} })
