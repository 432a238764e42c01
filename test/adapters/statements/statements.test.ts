import { createHash } from 'node:crypto'
import iconv from 'iconv-lite'
import t from 'tap'
import { proveStatement, readStatement } from '../../../adapters/statements/index.ts'
import { fen } from '../../../core/money.ts'
import type { StatementItem, StatementSource } from '../../../core/payments/index.ts'
import { alipayFile, anItem, bankFile, hisFile, insuranceFile, wechatFile } from '../../fixtures/statement-files.ts'

const paid = anItem(2, { feeFen: fen(74) })
const refunded = anItem(3, { kind: 'refund', key: 'RF1', channelNumber: '50300', amountFen: fen(-1_000), feeFen: fen(-6) })
const read = (source: StatementSource, content: Uint8Array): readonly StatementItem[] => [...readStatement[source](content)]
const replaced = (content: Buffer, from: string, to: string): Buffer => Buffer.from(content.toString('utf8').replace(from, to))

/** The refusal names the line and never what stands in it. */
function refusedAt (content: Uint8Array, source: StatementSource, line: number, secrets: readonly string[] = []): void {
  try {
    read(source, content)
    t.fail(`${source} was taken`)
  } catch (error) {
    const { code, message, place } = error as { readonly code: string, readonly message: string, readonly place: string }
    t.strictSame([code, place], ['STATEMENT_INVALID', `line ${line}`], message)
    for (const secret of secrets) t.notMatch(message, secret)
  }
}

t.test('a trade bill of WeChat Pay [acc:C-16]', async (t) => {
  t.test('→ is read by the names of its columns, in whatever order, with more of them, with a BOM and trailing blanks', async (t) => {
    const columns = ['费率', '手续费', '新列', '订单金额', '申请退款金额', '退款状态', '交易状态', '商户退款单号', '微信退款单号', '微信订单号', '商户订单号', '商户号', '交易时间']
    for (const shape of [{}, { columns }, { bom: false, blanks: ' \t' }, { columns: [...columns].reverse(), blanks: '  ' }]) t.strictSame(read('wechat', wechatFile([paid, refunded], shape)), [paid, refunded])
    t.strictSame(read('wechat', wechatFile([{ ...refunded, line: 2, isDone: false }])).map(({ isDone }) => isDone), [false])
    t.strictSame(read('wechat', wechatFile([])), [])
    t.strictSame(read('wechat', Buffer.alloc(0)), [], 'a day without any trade has no file')
  })

  t.test('→ is refused with its line, never a value, where anything about it is wrong', async () => {
    const good = wechatFile([paid, refunded])
    refusedAt(replaced(good, '123.45', '123.455'), 'wechat', 2, ['123.455'])
    refusedAt(replaced(good, '123.45', '-'), 'wechat', 2)
    refusedAt(wechatFile([paid, refunded], { count: 3 }), 'wechat', 5)
    refusedAt(replaced(good, '`SUCCESS', '`ODD'), 'wechat', 2, ['ODD'])
    refusedAt(replaced(good, '`2026-03-02 10:15:30', '2026-03-02 10:15:30'), 'wechat', 2)
    refusedAt(replaced(good, '手续费', '别的'), 'wechat', 1)
    refusedAt(replaced(good, '2026-03-02 10:15:30', '2026-13-02 10:15:30'), 'wechat', 2)
    refusedAt(good.subarray(0, good.indexOf('总交易单数')), 'wechat', 3)
    refusedAt(Buffer.concat([good, good]), 'wechat', 6)
    refusedAt(replaced(good, '`0.68000,`123.45', '`0.68000,`123.46'), 'wechat', 5)
    refusedAt(replaced(good, '`0.68000', '`0.69000'), 'wechat', 5)
    refusedAt(iconv.encode(good.toString('utf8'), 'gbk'), 'wechat', 1)
  })
})

t.test('a statement of Alipay → is GBK, with comments, by the names of its columns; its counts are checked [acc:C-16]', async (t) => {
  const [trade, back] = [{ ...paid, line: 6 }, { ...refunded, line: 7 }]
  t.strictSame(read('alipay', alipayFile([trade, back])), [trade, back])
  const columns = ['服务费（元）', '退款批次号/请求号', '订单金额（元）', '新列', '完成时间', '业务类型', '商户订单号', '支付宝交易号']
  t.strictSame(read('alipay', alipayFile([trade, back], { columns })), [trade, back])
  refusedAt(alipayFile([trade, back], { trades: 2 }), 'alipay', 9)
  refusedAt(alipayFile([{ ...trade, amountFen: fen(-1) }]), 'alipay', 6)
  refusedAt(Buffer.concat([alipayFile([trade]).subarray(0, 60), Buffer.from([0xff, 0xff])]), 'alipay', 3)
})

t.test('a statement of the bank → has names, bars and fen; count and sums are checked [acc:C-16]', async (t) => {
  t.strictSame(read('bank', bankFile([paid, refunded])), [paid, refunded])
  const large = { ...paid, amountFen: fen(900_000_000_000) }
  t.strictSame(read('bank', bankFile([large])), [large], 'sums of a large day')
  refusedAt(bankFile([paid, refunded], { count: 1 }), 'bank', 4)
  refusedAt(replaced(bankFile([paid]), '12345|74', '12345.5|74'), 'bank', 2, ['12345.5'])
  refusedAt(replaced(bankFile([paid]), 'TOTAL', ''), 'bank', 3)
})

t.test('a list of an insurer → has settlements, reversals and payments by card; a split must add up [acc:C-16]', async (t) => {
  const split = { fundFen: fen(7_000), accountFen: fen(3_000), cashFen: fen(2_345) }
  const settled = anItem(2, { kind: 'settlement', key: 'S1', split, merchant: null, hospitalId: 'east' })
  const reversed = anItem(3, { kind: 'settlement_reversal', key: 'S1', amountFen: fen(-12_345), split: { fundFen: fen(-7_000), accountFen: fen(-3_000), cashFen: fen(-2_345) }, merchant: null })
  const card = anItem(4, { key: 'YQ9', merchant: null })
  const content = insuranceFile([settled, reversed, card])
  t.strictSame(read('insurance', content), [settled, reversed, card])
  refusedAt(replaced(content, '70.00', '70.01'), 'insurance', 2, ['70.01'])
  refusedAt(replaced(content, 'setl_id', 'setl'), 'insurance', 1)
})

t.test('a day list of a hospital → is CSV or JSON Lines with its count; an amount has two decimals at most [acc:C-16]', async (t) => {
  const item = (line: number, given: Partial<StatementItem>): StatementItem => ({ ...anItem(line), merchant: null, channelNumber: null, at: null, ...given })
  const items = [item(2, { kind: 'charge', key: 'FT1' }), item(3, { kind: 'credit', key: 'FT2', amountFen: fen(-12_345) }), item(4, { kind: 'adjustment', key: 'FT3', amountFen: fen(-5) }), item(5, { kind: 'payment', key: 'FT4' })]
  t.strictSame(read('his', hisFile(items)), items)
  t.strictSame(read('his', hisFile(items, { isJson: true })), items.map((one) => ({ ...one, line: one.line - 1 })))
  for (const isJson of [false, true]) refusedAt(hisFile(items, { isJson, count: 3 }), 'his', isJson ? 5 : 6)
  refusedAt(replaced(hisFile(items), '123.45', '123.455'), 'his', 2, ['123.455'])
  refusedAt(replaced(hisFile(items, { isJson: true }), '12345', '123.5'), 'his', 1)
  refusedAt(replaced(hisFile(items), ',charge', ',odd'), 'his', 2, ['odd'])
})

t.test('a statement that is brought with a size or a hash → is refused where it has another one [acc:C-16]', async (t) => {
  const content = wechatFile([paid])
  const sha1 = createHash('sha1').update(content).digest('hex')
  t.doesNotThrow(() => { proveStatement(content, { sha1: sha1.toUpperCase(), bytes: content.length }) })
  t.throws(() => { proveStatement(content, { sha1: '0'.repeat(40) }) }, { code: 'STATEMENT_INVALID' })
  t.throws(() => { proveStatement(content, { sha256: '0'.repeat(64) }) }, { code: 'STATEMENT_INVALID' })
  t.throws(() => { proveStatement(content, { bytes: 1 }) }, { code: 'STATEMENT_INVALID' })
})
