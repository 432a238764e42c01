import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import fc from 'fast-check'
import t from 'tap'
import { decodeText, type Delimiters, encodeText, escapeText, parseMessage, printSegments, standardDelimiters, unescapeText } from '../../../adapters/hl7v2/index.ts'

const registration = [
  'MSH|^~\\&|HIS|EAST|YIQIAO|HUB|20260302083000||ADT^A04^ADT_A01|C1|P|2.5.1|||AL|NE||UNICODE UTF-8',
  'EVN|A04|20260302083000',
  'PID|1||P1^^^EAST&1.2.3&ISO^MR~N2^^^BUREAU^NI||测试^甲&&乙||19800101|F|||""|',
  'OBX|1|ST|a||first',
  'OBX|2|ST|b||second',
  'OBX|3|FT|c||one\\.br\\two \\H\\loud\\N\\ 5 \\T\\ 6\\X0D\\ \\Zq1\\ C:\\temp|'
].join('\r') + '\r'

t.test('a registration', async (t) => {
  const message = parseMessage(registration)

  t.test('is read by the numbers that the standard prints', async (t) => {
    const read = (paths: readonly string[]): unknown[] => paths.map((path) => message.get(path))
    t.strictSame(read(['MSH-1', 'MSH-2', 'MSH-3', 'MSH-9.3', 'MSH-18']), ['|', '^~\\&', 'HIS', 'ADT_A01', 'UNICODE UTF-8'])
    t.strictSame(read(['PID-3', 'PID-3.4', 'PID-3.4.2', 'PID-3[2].1', 'PID-3[2].5', 'PID-3[3]']), ['P1', 'EAST', '1.2.3', 'N2', 'NI', undefined])
    t.strictSame(read(['PID-5.1', 'PID-5.2', 'PID-5.2.2', 'PID-5.2.3']), ['测试', '甲', undefined, '乙'])
    t.strictSame(read(['OBX-5', 'OBX[2]-5', 'OBX[4]-5', 'PV1-2', 'PID-40']), ['first', 'second', undefined, undefined, undefined])
  })

  t.test('tells "delete" from "not valued"', async (t) => {
    t.strictSame([message.get('PID-11'), message.get('PID-11.3'), message.get('PID-10'), message.get('PID-12')], [null, null, undefined, undefined])
  })

  t.test('resolves its escapes, a break as a line feed, and keeps those it does not know', async (t) => {
    t.equal(message.get('OBX[3]-5'), 'one\ntwo \\H\\loud\\N\\ 5 & 6\r \\Zq1\\ C:\\temp')
  })

  t.test('gives a mapping its segments', async (t) => {
    const [header, , patient] = message.segments
    t.strictSame(message.segments.map(({ name }) => name), ['MSH', 'EVN', 'PID', 'OBX', 'OBX', 'OBX'])
    t.strictSame([header?.count(1), header?.count(2), header?.raw(2), header?.value(9, 1, 2, 1), header?.value(2, 1, 2, 1)], [1, 1, '^~\\&', 'A04', undefined])
    t.strictSame([patient?.count(3), patient?.count(4), patient?.count(11), patient?.count(99), patient?.raw(5), patient?.raw(0)], [2, 0, 1, 0, '测试^甲&&乙', ''])
    t.strictSame([patient?.value(8, 1, 1, 1), patient?.value(3, 2, 1, 1), patient?.value(1, 1, 1, 1)], ['F', 'N2', '1'], 'in any order')
  })

  t.test('with one value changed keeps every other character', async (t) => {
    const changed = (path: string, value: string | null): string => message.set(path, value).print()
    t.equal(changed('PID-5.2.3', '丙|丁'), registration.replace('甲&&乙', '甲&&丙\\F\\丁'))
    t.equal(changed('PID-8', null), registration.replace('|F|', '|""|'))
    t.equal(changed('PID-3[4].2', 'x'), registration.replace('BUREAU^NI', 'BUREAU^NI~~^x'))
    t.equal(changed('EVN-6', 'x'), registration.replace('EVN|A04|20260302083000', 'EVN|A04|20260302083000||||x'))
    t.equal(changed('MSH-10', 'C2'), registration.replace('|C1|', '|C2|'))
    t.equal(changed('OBX[3]-7', ''), registration.replace('C:\\temp|', 'C:\\temp||'))
  })

  t.test('refuses a path that is none, an absent segment, and other delimiters', async (t) => {
    for (const path of ['PID', 'PID-', 'PID-0', 'pid-3', 'PID-3.', 'PID-3.1.1.1', 'PID-3[0]', 'PID[-3', 'PID-3x']) {
      t.throws(() => message.get(path), { code: 'REQUEST_INVALID' }, path)
    }
    t.throws(() => message.set('PV1-2', 'O'), { code: 'REQUEST_INVALID' })
    t.throws(() => message.set('MSH-2', '^~\\&'), { code: 'REQUEST_INVALID' })
  })
})

t.test('a message with unusual punctuation', async (t) => {
  t.test('is read by the delimiters it declares, the truncation character too', async (t) => {
    const message = parseMessage('MSH*:~!@#*HIS**X***Z01*1*P*2.7\rPID***a@b:c~d**x!S!y!T!z!P!**')
    t.strictSame(message.delimiters, { field: '*', component: ':', repetition: '~', escape: '!', subcomponent: '@', truncation: '#' })
    t.strictSame(['MSH-2', 'PID-3.1.2', 'PID-3.2', 'PID-3[2]', 'PID-5'].map((path) => message.get(path)), [':~!@#', 'b', 'c', 'd', 'x:y@z#'])
  })

  t.test('that declares too few gets the recommended ones, unless they are taken', async (t) => {
    t.strictSame(parseMessage('MSH|^|A').delimiters, standardDelimiters)
    t.strictSame(parseMessage('MSH|~^|A').delimiters, { ...standardDelimiters, component: '~', repetition: '^' })
    t.strictSame(parseMessage('MSH&^~|&A').delimiters, { ...standardDelimiters, field: '&', escape: '|', subcomponent: '' })
    t.throws(() => parseMessage('MSH\\^~\\A\rPID\\1').set('PID-2', 'a\\b'), { code: 'REQUEST_INVALID' }, 'nothing to escape with')
  })

  t.test('keeps blanks, blank lines, byte order marks and any line end', async (t) => {
    for (const text of ['\ufeffMSH|^~\\&|A\nPID|1\n\n', ' \r\n  MSH|^~\\&|A\r\n\tPID|1\r\n \r\n', '\x0bMSH|^~\\&|A\rPID|1\r\x1c\r', 'MSH|^~\\&|A\n\rPID|1']) {
      const message = parseMessage(text)
      t.strictSame([message.segments.map(({ name }) => name), message.get('MSH-3'), message.get('PID-1')], [['MSH', 'PID'], 'A', '1'])
      t.equal(message.set('PID-1', '2').print(), text.replace('PID|1', 'PID|2'))
    }
  })

  t.test('without a header or a text at all is read as far as it goes', async (t) => {
    t.equal(parseMessage('PID|1||P1^x').get('PID-3.2'), 'x')
    t.strictSame(parseMessage('').segments, [])
    t.strictSame(parseMessage('ZZ\rLONG|x\r|y').segments.map(({ name }) => name), ['ZZ', 'LONG', ''])
  })
})

const punctuation = fc.uniqueArray(fc.constantFrom(...'|^~\\&#!@*:;$%/+'), { minLength: 6, maxLength: 6 })
const delimiters: fc.Arbitrary<Delimiters> = punctuation.map(([field = '', component = '', repetition = '', escape = '', subcomponent = '', truncation = '']) =>
  ({ field, component, repetition, escape, subcomponent, truncation }))
const value = fc.oneof(fc.string({ unit: 'grapheme' }), fc.string(), fc.constantFrom('""', '\r\n', '\\H\\', '\\X41\\', '|^~\\&', '\\E\\.br\\', '医桥'))

t.test('whatever text is escaped comes back unchanged and carries no delimiter', async (t) => {
  fc.assert(fc.property(delimiters, value, (delimiters, text) => {
    const escaped = escapeText(text, delimiters)
    const { field, component, repetition, subcomponent } = delimiters
    return unescapeText(escaped, delimiters, 'utf8') === text &&
      [field, component, repetition, subcomponent, '\r', '\n', '\x0b', '\x1c'].every((character) => !escaped.includes(character))
  }))
  t.pass()
})

t.test('whatever text stands in for a message is printed as it was', async (t) => {
  fc.assert(fc.property(fc.string({ unit: fc.constantFrom('MSH|', '\r', '\n', 'PID', '|', '^', '~', '\\', '&', 'x', ' ', '医') }), (text) => {
    const message = parseMessage(text)
    return message.print() === text && message.segments.every((segment) => text.includes(segment.raw(1)))
  }))
  t.pass()
})

t.test('whatever is set is what is read, and nothing else changes', async (t) => {
  const place = fc.record({ field: fc.integer({ min: 3, max: 9 }), repetition: fc.integer({ min: 1, max: 4 }), component: fc.integer({ min: 1, max: 4 }), subcomponent: fc.integer({ min: 1, max: 3 }) })
  const fields = fc.array(fc.array(fc.array(value, { maxLength: 3 }), { maxLength: 3 }), { maxLength: 6 })
  fc.assert(fc.property(delimiters, fields, place, value.filter((text) => text !== ''), (delimiters, contents, at, text) => {
    const printed = printSegments([
      { name: 'MSH', fields: { 3: 'HIS', 9: ['ADT', 'A04'] } },
      { name: 'ZAB', fields: Object.fromEntries(contents.map((content, index) => [index + 1, content])) },
      { name: 'ZAC', fields: { 1: 'last' } }
    ], delimiters)
    const message = parseMessage(printed)
    const path = `ZAB-${at.field}[${at.repetition}].${at.component}.${at.subcomponent}`
    const changed = message.set(path, text)
    const others = (message: ReturnType<typeof parseMessage>): unknown => [message.segments[0]?.raw(9), message.segments[2]?.raw(1),
      ...[1, 2, 4, 5, 6, 7, 8, 9].filter((field) => field !== at.field).map((field) => message.segments[1]?.raw(field))]
    return changed.get(path) === text && JSON.stringify(others(changed)) === JSON.stringify(others(message)) && changed.set(path, text).print() === changed.print()
  }))
  t.pass()
})

t.test('a writer of messages', async (t) => {
  t.equal(printSegments([
    { name: 'MSH', fields: { 3: 'HIS', 9: ['ADT', 'A04', 'ADT_A01'] } },
    { name: 'PID', fields: { 3: { repetitions: [['P1', undefined, undefined, ['EAST', '1.2', 'ISO'], 'MR'], 'P2'] }, 5: 'a^b', 8: null, 11: ['', ''], 13: { raw: 'x^y' } } }
  ]), 'MSH|^~\\&|HIS||||||ADT^A04^ADT_A01\rPID|||P1^^^EAST&1.2&ISO^MR~P2||a\\S\\b|||""|||||x^y\r')
})

const samples = process.env['SAMPLES_DIR']
t.test('every public sample', { skip: samples === undefined ? 'SAMPLES_DIR is not set' : false }, async (t) => {
  const root = path.join(samples ?? '', 'hl7v2')
  t.ok(existsSync(root))
  const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((file) => /\.(hl7|txt)$/.test(file))
  t.ok(files.length > 300, `${files.length} files`)
  for (const file of files) {
    const bytes = readFileSync(path.join(root, file))
    const text = decodeText(bytes, 'utf8')
    const message = parseMessage(text)
    if (message.print() !== text || !encodeText(text, 'utf8').equals(bytes)) t.fail(`${file} is not printed as it was`)
    const names = new Map<string, number>()
    for (const segment of message.segments) {
      const occurrence = (names.get(segment.name) ?? 0) + 1
      names.set(segment.name, occurrence)
      if (!/^[A-Z][A-Z0-9]{2}$/.test(segment.name)) continue
      const before = segment.raw(4)
      const changed = message.set(`${segment.name}[${occurrence}]-4`, 'chang|ed')
      const other = changed.segments.flatMap((one, index) => [3, 5, 6, 7].map((field) => one.raw(field) === message.segments[index]?.raw(field)))
      if (changed.get(`${segment.name}[${occurrence}]-4`) !== 'chang|ed' || other.includes(false)) t.fail(`${file}: ${segment.name}`)
      if (before !== '' && changed.print().length - text.length !== lengthOfChange(before, message.delimiters)) t.fail(`${file}: ${segment.name} length`)
    }
  }
})

/** Only the first subcomponent of the field gives way. */
function lengthOfChange (before: string, delimiters: Delimiters): number {
  const { repetition, component, subcomponent } = delimiters
  const [first = ''] = before.split(repetition)[0]?.split(component)[0]?.split(subcomponent) ?? []
  return escapeText('chang|ed', delimiters).length - first.length
}
