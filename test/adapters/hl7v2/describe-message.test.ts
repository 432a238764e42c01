import fc from 'fast-check'
import t from 'tap'
import { decodeText, describeMessage, encodeText, type MessageDescription, parseTimeStamp, printTimeStamp, readHeader, resolveCharset, zoneOffsetIn } from '../../../adapters/hl7v2/index.ts'

const zoneOffset = zoneOffsetIn('Asia/Shanghai')
const rules = { charset: 'UTF-8', keyRule: 'control_id', hospitalId: 'east', zoneOffset } as const

function describe (text: string, { charset = 'utf8', ...other }: { charset?: string, default?: string, keyRule?: 'control_id_and_date' } = {}): MessageDescription {
  return describeMessage(encodeText(text, charset), { ...rules, charset: other.default ?? 'UTF-8', keyRule: other.keyRule ?? 'control_id' })
}

const header = 'MSH|^~\\&|HIS|EAST|YIQIAO|HUB|20260302083000||ADT^A04^ADT_A01|C1|P|2.5.1'

t.test('a message of a hospital', async (t) => {
  t.test('tells the inbox all it needs', async (t) => {
    const { header: read, contentHash, ...description } = describe(`${header}|||AL|NE\rPID|||P1^^^EAST^MR\r`)
    t.strictSame(description, {
      controlId: 'C1', type: 'ADT', trigger: 'A04', structure: 'ADT_A01', version: '2.5.1', processingId: 'P', sentAt: new Date('2026-03-02T00:30:00Z'),
      charset: 'utf8', dedupeKey: 'HIS|EAST||C1', lanes: ['east:patient:P1'], acceptAck: 'AL', applicationAck: 'NE', parked: null
    })
    t.match(contentHash, /^[0-9a-f]{64}$/)
    t.equal(read?.raw(6), 'HUB')
  })

  t.test('belongs to its day where the sender restarts its counter daily', async (t) => {
    t.equal(describe(header, { keyRule: 'control_id_and_date' }).dedupeKey, 'HIS|EAST|20260302|C1')
  })

  t.test('without a control id is known by its content', async (t) => {
    const { dedupeKey, controlId, contentHash, parked } = describe(header.replace('|C1|', '||'))
    t.strictSame({ dedupeKey, controlId, parked }, { dedupeKey: `#${contentHash}`, controlId: null, parked: null })
  })

  t.test('of an old version may say its trigger in EVN', async (t) => {
    t.equal(describe('MSH|^~\\&|A||||||ADT|1|P|2.2\rEVN|A08|\r').trigger, 'A08')
  })

  t.test('that cannot be applied is parked with the reason', async (t) => {
    const codes = (text: string): unknown => [describe(text).parked?.code, describe(text).parked?.place]
    t.strictSame(codes(header.replace('2.5.1', '3.0')), ['MESSAGE_VERSION_UNSUPPORTED', 'MSH-12'])
    t.strictSame(codes(header.replace('|P|', '|X|')), ['MESSAGE_PROCESSING_ID_UNSUPPORTED', 'MSH-11'])
    t.strictSame(codes(header.replace('ADT^A04^ADT_A01', '')), ['MESSAGE_TYPE_UNKNOWN', 'MSH-9'])
  })

  t.test('without a readable MSH is malformed', async (t) => {
    for (const text of ['', 'hello', 'PID|1', 'MSH', 'MSH hello', 'MSHello', 'MSH-hello-world', 'GET / HTTP/1.1', '\x06', 'FHS|^~\\&|A\rMSH|^~\\&|A']) {
      const { header, dedupeKey, lanes, parked } = describe(text)
      t.strictSame([header, dedupeKey, lanes, parked?.code], [null, null, [], 'MESSAGE_MALFORMED'], text)
    }
  })
})

t.test('a message waits in the lane', async (t) => {
  const lanes = (...segments: string[]): readonly string[] => describe([header, ...segments].join('\r')).lanes

  t.test('of its patient, by record number before other numbers, without the assigner', async (t) => {
    t.strictSame(lanes('PID|||N1^^^B^NI~X2^^^E^PI~P1^^^EAST&1.2&ISO^MR~P9^^^^MR'), ['east:patient:P1'])
    t.strictSame(lanes('PID|||N1^^^B^NI~X2^^^E^PT'), ['east:patient:X2'])
    t.strictSame(lanes('PID|||~N1~N2'), ['east:patient:N1'])
    t.strictSame(lanes('PID|||P1'), lanes('PID|||P1^^^EAST^MR'))
  })

  t.test('of both patients of a merge, and of every patient of a link', async (t) => {
    t.strictSame(lanes('EVN|A40', 'PID|||P1^^^EAST^MR', 'MRG|P2^^^EAST^MR'), ['east:patient:P1', 'east:patient:P2'])
    t.strictSame(lanes('PID|||P1', 'PV1||I', 'PID|||P2', 'PID|||P1'), ['east:patient:P1', 'east:patient:P2'])
  })

  t.test('of the visit, or of the type, where it names no patient', async (t) => {
    t.strictSame(lanes('PID|||""', 'PV1||O|||||||||||||||||V7^^^EAST'), ['east:visit:V7'])
    t.strictSame(lanes('MFI|PRA'), ['east:type:ADT'])
  })
})

/** Characters whose second byte in GBK is one of | ^ ~ \ */
const awkward = ['東', '區', '閊', '乗'].filter((character) => '|^~\\'.includes(String.fromCharCode(encodeText(character, 'gbk')[1] ?? 0)))

t.test('a character set', async (t) => {
  t.test('is known by the names of table 0211 and by those that senders write', async (t) => {
    const names = ['ASCII', 'UNICODE UTF-8', 'utf8', 'GB 18030-2000', 'GB18030', 'gbk', 'GB2312', 'BIG-5', '8859/1', 'ISO-8859-15', 'ISO IR100', 'KS X 1001', 'EBCDIC', 'ISO IR87', '8859/99']
    t.strictSame(names.map(resolveCharset), ['ascii', 'utf8', 'utf8', 'gb18030', 'gb18030', 'gbk', 'gb2312', 'big5', 'iso88591', 'iso885915', 'iso88591', 'euc-kr', null, null, null])
  })

  t.test('comes from MSH-18, else from the source', async (t) => {
    const charsetOf = (field: string, fallback = 'GB18030'): string => describe(`${header}||||||${field}`, { default: fallback }).charset
    t.strictSame([charsetOf('GBK'), charsetOf(''), charsetOf('', '8859/1'), charsetOf('ASCII~UNICODE UTF-8'), charsetOf('~GB18030', 'utf8'), charsetOf('UTF-8~UNICODE')],
      ['gbk', 'gb18030', 'iso88591', 'utf8', 'gb18030', 'utf8'])
    t.equal(charsetOf('EBCDIC'), 'gb18030')
  })

  t.test('that is unknown parks a message only where it matters', async (t) => {
    t.equal(describe(`${header}||||||EBCDIC\rPID|||P1`).parked, null)
    const { parked, controlId } = describe(`${header}||||||EBCDIC\rPID|||P1||测试`)
    t.strictSame([parked?.code, parked?.place, controlId], ['MESSAGE_UNDECODABLE', 'MSH-18', 'C1'])
  })

  t.test('whose characters hold delimiters as second bytes does not tear a header apart', async (t) => {
    t.equal(awkward.length, 4)
    for (const [declared, fallback] of [['GB18030', 'UTF-8'], ['GBK', 'BIG-5'], ['', 'GB18030'], ['UNICODE UTF-8', 'GB18030']] as const) {
      const charset = resolveCharset(declared === '' ? fallback : declared) ?? ''
      const { header, controlId, lanes, parked } = describe(`MSH|^~\\&|HIS|${awkward.join('')}院|YIQIAO|医桥|20260302||ADT^A04|C1|P|2.4||||||${declared}\rPID|||P1^^^東^MR||${awkward.join('^')}\r`, { charset, default: fallback })
      t.strictSame([header?.charset, header?.raw(4), header?.raw(6), header?.raw(18), controlId, lanes, parked],
        [charset, `${awkward.join('')}院`, '医桥', declared, 'C1', ['east:patient:P1'], null], declared)
    }
  })

  t.test('is strict: bytes that are none of its characters park the message and name the segment', async (t) => {
    const faulty: ReadonlyArray<readonly [string, readonly number[]]> = [
      ['UNICODE UTF-8', [0xe5, 0x8c]], ['UNICODE UTF-8', [0xc0, 0x80]], ['UNICODE UTF-8', [0xed, 0xa0, 0x80]], ['GB18030', [0xc4]], ['GB18030', [0x81, 0x20]],
      ['GB18030', [0xff]], ['GB18030', [0x81, 0x30, 0x81]], ['GB18030', [0xfe, 0x39, 0xfe, 0x39]], ['GBK', [0x84, 0x31, 0xa4, 0x37]], ['BIG-5', [0xff, 0x41]], ['ASCII', [0xe5]]
    ]
    for (const [name, bytes] of faulty) {
      const message = Buffer.concat([Buffer.from(`${header}||||||${name}\rPID|||P1||`), Buffer.from(bytes), Buffer.from('\rPV1|1')])
      const { parked, controlId, dedupeKey } = describeMessage(message, rules)
      t.strictSame([parked?.code, parked?.place, controlId, dedupeKey], ['MESSAGE_UNDECODABLE', 'PID', 'C1', 'HIS|EAST||C1'], `${name} ${Buffer.from(bytes).toString('hex')}`)
    }
  })

  t.test('lets pass the replacement character that a sender wrote', async (t) => {
    for (const charset of ['utf8', 'gb18030']) t.equal(decodeText(encodeText('a\ufffd医', charset), charset), 'a\ufffd医')
  })

  t.test('of a byte order mark is UTF-8', async (t) => {
    const { parked, charset, controlId } = describe(`\ufeff${header}\rPID|||P1||测试`, { default: 'GB18030' })
    t.strictSame({ parked, charset, controlId }, { parked: null, charset: 'utf8', controlId: 'C1' })
  })

  t.test('gives any text of its own back', async (t) => {
    const chinese = fc.string({ unit: fc.oneof(fc.constantFrom('\r', '\n', '|', '^', ...awkward), fc.integer({ min: 0x4e00, max: 0x9fa5 }).map((code) => String.fromCharCode(code))) })
    for (const charset of ['utf8', 'gb18030', 'gbk']) fc.assert(fc.property(chinese, (text) => decodeText(encodeText(text, charset), charset) === text))
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => decodeText(encodeText(text, 'gb18030'), 'gb18030') === text))
    t.pass()
  })

  t.test('that nobody can make out still lets the header be answered', async (t) => {
    const bytes = Buffer.concat([Buffer.from('MSH|^~\\&|HIS|'), Buffer.from([0xff, 0xfe]), Buffer.from('|YIQIAO|HUB|20260302||ADT^A04|C1|P|2.4\rPID|||P1')])
    t.strictSame([readHeader(bytes, 'utf8')?.raw(10), describeMessage(bytes, rules).parked?.code], ['C1', 'MESSAGE_UNDECODABLE'])
  })
})

t.test('a time stamp', async (t) => {
  t.test('is read at any precision, in its own offset or the zone', async (t) => {
    const read = (text: string): string | null => parseTimeStamp(text, zoneOffset)?.toISOString() ?? null
    t.strictSame(['2026', '202603', '20260302', '2026030208', '202603020830', '20260302083015', '20260302083015.1234+0900', '20260302083000-0330', '20260302+0000'].map(read),
      ['2025-12-31T16:00:00.000Z', '2026-02-28T16:00:00.000Z', '2026-03-01T16:00:00.000Z', '2026-03-02T00:00:00.000Z', '2026-03-02T00:30:00.000Z', '2026-03-02T00:30:15.000Z',
        '2026-03-01T23:30:15.123Z', '2026-03-02T12:00:00.000Z', '2026-03-02T00:00:00.000Z'])
    t.strictSame(['', '20260230', '20261301', '2026030224', '20260302083', 'yesterday', '2026-03-02'].map(read), [null, null, null, null, null, null, null])
  })

  t.test('follows the zone through its changes of the clock', async (t) => {
    const newYork = zoneOffsetIn('America/New_York')
    t.equal(parseTimeStamp('20260701120000', newYork)?.toISOString(), '2026-07-01T16:00:00.000Z')
    t.equal(printTimeStamp(new Date('2026-01-15T03:04:05Z'), newYork), '20260114220405-0500')
    t.equal(printTimeStamp(new Date('2026-03-02T00:30:00Z'), zoneOffset), '20260302083000+0800')
  })
})
