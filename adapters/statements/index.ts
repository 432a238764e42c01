import type { ReadStatement, StatementSource } from '../../core/payments/index.ts'
import { alipayStatement } from './alipay.ts'
import { bankStatement } from './bank.ts'
import { hisStatement } from './his.ts'
import { insuranceStatement } from './insurance.ts'
import { wechatStatement } from './wechat.ts'

export { httpHisStatements } from './http-his.ts'
export { proveStatement, sha256Of, type StatementProof } from './proof.ts'

/** The reader of each party's statements. */
export const readStatement = {
  wechat: wechatStatement, alipay: alipayStatement, bank: bankStatement, insurance: insuranceStatement, his: hisStatement
} as const satisfies Record<StatementSource, ReadStatement>
