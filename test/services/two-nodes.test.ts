import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import t, { type Test } from 'tap'
import { parseMessage } from '../../adapters/hl7v2/index.ts'
import { aDatabase, aSender, aService } from '../journeys/a-service.ts'

const site = { hospitals: [{ id: 'east', name: 'East' }], sources: [{ name: 'east', kind: 'mllp', hospital: 'east', port: 0 }] }

const charge = (serial: number): string => [
  `MSH|^~\\&|HIS|EAST|YIQIAO|EAST|20270301110000+0800||DFT^P03^DFT_P03|C${serial}|P|2.5.1|||||CHN|UNICODE UTF-8`,
  'EVN|P03|20270301110000+0800',
  `PID|1||P${serial % 5}^^^EAST^MR||Example^Patient||19800102|M`,
  'PV1|1|O|CLINIC^1^1^EAST',
  `FT1|1|T${serial}||20270301105500+0800|20270301110000+0800|CG|REG^Registration^L|||1|1.00&CNY|1.00&CNY`
].join('\r') + '\r'

/** Keys lie outside the database: all nodes are given the same. */
function sharedKeys (t: Test): Readonly<Record<string, string>> {
  const folder = mkdtempSync(path.join(tmpdir(), 'yiqiao-keys-'))
  t.teardown(() => { rmSync(folder, { recursive: true }) })
  const [face, voucher] = [path.join(folder, 'face.key'), path.join(folder, 'voucher.pem')]
  writeFileSync(face, randomBytes(32).toString('hex'))
  writeFileSync(voucher, generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }))
  return { FACE_KEY_FILE: face, VOUCHER_KEY_FILE: voucher }
}

t.test('two nodes on one database → one applies what both take in, and the other goes on when it ends', async (t) => {
  const environment = { ...await aDatabase(t), ...sharedKeys(t) }
  const first = await aService(t, { site, environment })
  const second = await aService(t, { site, environment })
  const senders = await Promise.all([first, second].map((node) => aSender(t, node.served.parts.listeners.get('east')?.port ?? 0)))
  const finance = await second.tokenFor('finance')
  const send = async (from: number, to: number, through: typeof senders): Promise<void> => {
    for (let serial = from; serial < to; serial++) {
      const ack = await through[serial % through.length]?.send(charge(serial))
      t.equal(parseMessage(ack?.toString('utf8') ?? '').get('MSA-1'), 'AA')
    }
  }
  const booked = async (): Promise<number> => {
    const { accounts } = (await second.get('/v1/ledger/trial-balance', finance)).body as { accounts: Array<{ account: string, amountFen: number }> }
    return accounts.find(({ account }) => account.startsWith('AR:patient'))?.amountFen ?? 0
  }

  await send(0, 20, senders)
  await first.settled()
  await second.settled()
  t.strictSame([first, second].map(({ served }) => served.parts.applying.applier.state().isLeader).sort(), [false, true], 'one node applies')
  t.equal(await booked(), 20 * 100)

  await first.served.close()
  await send(20, 40, senders.slice(1))
  await second.settled()
  t.equal(second.served.parts.applying.applier.state().isLeader, true, 'the other takes over')
  t.equal(await booked(), 40 * 100)

  const again = parseMessage((await senders[1]?.send(charge(3)))?.toString('utf8') ?? '')
  t.equal(again.get('MSA-2'), 'C3', 'what the first node took in is known to the second')
  await second.settled()
  t.equal(await booked(), 40 * 100)
})
