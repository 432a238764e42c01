import fc from 'fast-check'
import t from 'tap'
import { parseMessage, printPersonQuery, queryOutcomeOf, readPersonQuery, type PersonQuery } from '../../../adapters/hl7v2/index.ts'
import { mllpQuery } from '../../../adapters/mllp/index.ts'
import { hisDesk } from '../../../adapters/simulators/hospital/his-desk.ts'
import { startHisReceiver, type HisReceiver } from '../../../adapters/simulators/hospital/his-receiver.ts'
import { inventedPerson } from '../../../adapters/simulators/hospital/person.ts'
import { seededChance } from '../../../adapters/simulators/random.ts'

const now = (): Date => new Date('2027-03-01T08:00:00+08:00')
const aQuery = (given: Partial<PersonQuery> = {}): PersonQuery => ({
  sendingFacility: 'east', receivingApplication: 'HIS', receivingFacility: 'EAST', version: '2.5.1', charset: 'UNICODE UTF-8', controlId: 'Q1', at: '20270301080000+0800', name: 'IHE PDQ Query',
  identifier: { value: 'E500001', type: 'MR' }, ...given
})

t.test('a query for a person', async (t) => {
  t.test('is QBP^Q22 with QPD-3 as field and value, by the tables of HL7 v2.5.1', async (t) => {
    t.equal(printPersonQuery(aQuery()), [
      'MSH|^~\\&|YIQIAO|east|HIS|EAST|20270301080000+0800||QBP^Q22^QBP_Q21|Q1|P|2.5.1||||||UNICODE UTF-8',
      'QPD|IHE PDQ Query|Q1|@PID.3.1^E500001~@PID.3.5^MR',
      'RCP|I|5^RD',
      ''
    ].join('\r'))
    t.match(printPersonQuery(aQuery({ name: 'Q22^Find Candidates^HL7' })), /\rQPD\|Q22\^Find Candidates\^HL7\|Q1\|/)
  })
  t.test('is read as it was written, whatever the number holds', async (t) => {
    fc.assert(fc.property(fc.string({ minLength: 1, unit: fc.constantFrom(...'0123456789X|^~\\&号 A') }), (value) => {
      const read = readPersonQuery(printPersonQuery(aQuery({ identifier: { value, type: 'NI' } })))
      t.strictSame([read?.tag, read?.name, read?.parameters.get('@PID.3.1'), read?.parameters.get('@PID.3.5')], ['Q1', 'IHE PDQ Query', value, 'NI'])
    }))
    t.equal(readPersonQuery('MSH|^~\\&|A|B|C|D|20270301||ADT^A04|1|P|2.5.1\r'), null)
  })
})

t.test('an answer', async (t) => {
  const answer = (ack: string, status: string, people: readonly string[] = []): string =>
    ['MSH|^~\\&|HIS|EAST|YIQIAO|YIQIAO|20270301||RSP^K22^RSP_K22|R1|P|2.5.1', `MSA|${ack}|Q1`, `QAK|Q1|${status}|IHE PDQ Query|1|1|0`, 'QPD|IHE PDQ Query|Q1|@PID.3.1^E1', ...people, ''].join('\r')
  t.strictSame([answer('AA', 'OK', ['PID|1||E1']), answer('AA', 'NF'), answer('AA', 'OK'), answer('AE', 'AE'), answer('AR', 'AR'), answer('AA', 'AE')].map(queryOutcomeOf), ['found', 'nobody', 'nobody', 'failed', 'failed', 'failed'])
})

t.test('asking a HIS over MLLP', async (t) => {
  const person = inventedPerson(seededChance('query'), 'E500001', 310)
  const desk = hisDesk({ application: 'EASTHIS', facility: 'EAST', letter: 'E', knows: [person], now, send: async () => undefined })
  const his: HisReceiver = await startHisReceiver({ hospital: 'east', host: '127.0.0.1', port: 0, tls: null, clock: { now }, slowMs: 20, desk })
  t.teardown(() => his.close())
  const ask = (given: Partial<PersonQuery> = {}, timeoutMs = 2_000): Promise<Buffer> => {
    const query = aQuery(given)
    return mllpQuery({ host: '127.0.0.1', port: his.port, tls: null, timeoutMs }, { controlId: query.controlId, content: Buffer.from(printPersonQuery(query)) })
  }

  t.test('whom it knows → comes back as it knows them, and the query is kept nowhere', async (t) => {
    const answer = parseMessage((await ask()).toString())
    t.strictSame(['MSH-9.2', 'MSA-1', 'MSA-2', 'QAK-1', 'QAK-2', 'PID-3.1', 'PID-5.1'].map((place) => answer.get(place)), ['K22', 'AA', 'Q1', 'Q1', 'OK', 'E500001', person.familyName])
    t.strictSame(his.items(null), [])
  })
  t.test('whom it does not know → NF', async (t) => {
    t.equal(queryOutcomeOf((await ask({ identifier: { value: 'E9', type: 'MR' } })).toString()), 'nobody')
  })
  t.test('an answer in two packets, a late one, and one after a foreign one → are read', async (t) => {
    for (const kind of ['ack_split', 'slow', 'wrong_msa'] as const) {
      his.setFaults([{ kind, rate: 1, count: 1, seed: 1 }])
      t.equal(queryOutcomeOf((await ask({ controlId: `Q-${kind}` })).toString()), 'found')
    }
  })
  t.test('silence, a line that breaks, bytes that are no HL7 → are refused within the time', async (t) => {
    for (const kind of ['silent', 'hung_up', 'garbage'] as const) {
      his.setFaults([{ kind, rate: 1, count: 1, seed: 1 }])
      await t.rejects(ask({ controlId: `Q-${kind}` }, 200), { code: 'OUTSIDE_UNAVAILABLE' })
    }
    await his.setUp(false)
    await t.rejects(ask(), { code: 'OUTSIDE_DOWN' })
  })
})
