import t from 'tap'
import { decideMayPay } from '../../../core/pay-after-care/may-pay-after-care.ts'
import { fen } from '../../../core/money.ts'

const active = { state: 'active', isInForce: true, creditLimitFen: fen(100_000), suspendedBecause: null } as const

t.test('whether a new visit may be paid after care → is told with every reason why not', async (t) => {
  t.strictSame(decideMayPay(active, fen(99_999)), { state: 'active', mayPayAfterCare: true, reasons: [] })
  t.strictSame(decideMayPay(active, fen(100_000)), { state: 'active', mayPayAfterCare: false, reasons: ['over_limit'] })
  t.strictSame(decideMayPay({ state: 'none', isInForce: false, creditLimitFen: null, suspendedBecause: null }, fen(0)).reasons, ['no_contract'])
  t.strictSame(decideMayPay({ ...active, state: 'suspended', isInForce: false, suspendedBecause: 'overdue' }, fen(200_000)).reasons, ['contract_suspended', 'overdue'])
  t.strictSame(decideMayPay({ ...active, state: 'terminated', isInForce: false }, fen(0)).reasons, ['contract_terminated'])
})
