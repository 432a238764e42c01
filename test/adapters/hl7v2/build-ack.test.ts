import t from 'tap'
import { type AckError, buildAck, decodeText, encodeText, readHeader, zoneOffsetIn } from '../../../adapters/hl7v2/index.ts'

const zoneOffset = zoneOffsetIn('Asia/Shanghai')
const ack = { code: 'AA', id: 'A1', at: new Date('2026-03-02T00:30:01Z'), error: null } as const
const missing: AckError = { code: 'MAPPING_VALUE_MISSING', kind: 'invalid', detail: 'Fill PID-3 & send again.', place: 'PID-3[2].4', severity: 'E' }

function answer (header: string, { error = null, charset = 'utf8' }: { error?: AckError | null, charset?: string } = {}): string[] {
  const read = readHeader(encodeText(header, charset), charset)
  return decodeText(buildAck(read, { ...ack, ...(error === null ? {} : { code: 'AE' as const, error }) }, zoneOffset), charset).split('\r')
}

t.test('an acknowledgement', async (t) => {
  t.test('goes back to where the message came from, in its version and character set', async (t) => {
    t.strictSame(answer('MSH|^~\\&|HIS|EAST^1.2^ISO|YIQIAO|HUB|20260302083000||ADT^A04^ADT_A01|C1|P^T|2.5.1^CHN|||||CHN|UNICODE UTF-8\rPID|1'), [
      'MSH|^~\\&|YIQIAO|HUB|HIS|EAST^1.2^ISO|20260302083001+0800||ACK^A04^ACK|A1|P^T|2.5.1^CHN||||||UNICODE UTF-8',
      'MSA|AA|C1', ''])
  })

  t.test('names its type as the version does', async (t) => {
    const typeOf = (version: string, type = 'ADT^A04'): string | undefined => answer(`MSH|^~\\&|A|B|C|D|||${type}|C1|P|${version}`)[0]?.split('|')[8]
    t.strictSame(['2.1', '2.2', '2.3', '2.3.1', '2.4', '2.5', '2.8', ''].map((version) => typeOf(version)),
      ['ACK', 'ACK^A04', 'ACK^A04', 'ACK^A04', 'ACK^A04^ACK', 'ACK^A04^ACK', 'ACK^A04^ACK', 'ACK^A04^ACK'])
    t.equal(typeOf('2.4', 'ADT'), 'ACK')
  })

  t.test('uses the delimiters of the sender and echoes its control id as it came', async (t) => {
    t.strictSame(answer('MSH*:~!@#*HIS*E!F!*YIQIAO*HUB*20260302**ADT:A04*C!S!1*P*2.7'), ['MSH*:~!@#*YIQIAO*HUB*HIS*E!F!*20260302083001+0800**ACK:A04:ACK*A1*P*2.7', 'MSA*AA*C!S!1', ''])
  })

  t.test('returns Chinese names in the bytes they came in', async (t) => {
    for (const charset of ['gb18030', 'utf8', 'big5']) {
      t.equal(answer('MSH|^~\\&|HIS|東區院|YIQIAO|中心|||ADT^A04|C1|P|2.4', { charset })[0], 'MSH|^~\\&|YIQIAO|中心|HIS|東區院|20260302083001+0800||ACK^A04^ACK|A1|P|2.4')
    }
  })

  t.test('in enhanced mode wants no answer itself', async (t) => {
    t.equal(answer('MSH|^~\\&|A|B|C|D|||ADT^A04|C1|P|2.5|||AL|')[0], 'MSH|^~\\&|C|D|A|B|20260302083001+0800||ACK^A04^ACK|A1|P|2.5|||NE|NE')
  })

  t.test('of an error tells code, place and what to do in ERR since v2.5', async (t) => {
    t.strictSame(answer('MSH|^~\\&|A|B|C|D|||ADT^A04|C1|P|2.5.1', { error: missing }).slice(1), [
      'MSA|AE|C1', 'ERR||PID^1^3^2^4|101^Required field missing^HL70357|E|MAPPING_VALUE_MISSING^^L|||Fill PID-3 \\T\\ send again.', ''])
  })

  t.test('of an error before v2.5 tells the place in ERR-1 and the text in MSA-3', async (t) => {
    t.strictSame(answer('MSH|^~\\&|A|B|C|D|||ADT^A04|C1|P|2.4', { error: missing }).slice(1), [
      'MSA|AE|C1|Fill PID-3 \\T\\ send again.', 'ERR|PID^1^3^101&Required field missing&HL70357', ''])
  })

  t.test('tells only places that are HL7 paths', async (t) => {
    const placeOf = (place: string | null): string | undefined => answer('MSH|^~\\&|A|B|C|D|||ADT^A04|C1|P|2.6', { error: { ...missing, place } })[2]?.split('|')[2]
    t.strictSame([null, 'Patient.birthDate', 'MSH-12', 'OBX[3]-5', 'PV1', 'PID-3.4.2'].map(placeOf), ['', '', 'MSH^1^12', 'OBX^3^5', 'PV1^1', 'PID^1^3^1^4^2'])
  })

  t.test('to what has no header names no control id', async (t) => {
    t.strictSame(buildAck(null, { ...ack, code: 'AR' }, zoneOffset).toString().split('\r'), ['MSH|^~\\&|||||20260302083001+0800||ACK|A1|P|2.5.1', 'MSA|AR|', ''])
  })
})
