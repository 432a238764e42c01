import { parseMessage } from '../../adapters/hl7v2/index.ts'
import { admission, report } from './messages.ts'
import { loadPeer } from './peers.ts'
import { perSecond, ratePerCpuSecond, type BenchRow, type Measured } from './row.ts'

interface MedplumCore { readonly Hl7Message: { parse: (text: string) => { getSegment: (name: string) => { getField: (field: number) => { getComponent: (component: number) => string } | undefined } | undefined } } }

interface NodeHl7Client { readonly Message: new (options: { readonly text: string }) => { readonly get: (path: string) => { readonly toString: () => string } } }
interface SimpleHl7 { readonly default: { readonly Parser: new () => { readonly parse: (text: string) => { readonly getSegment: (name: string) => { readonly getField: (field: number) => string } | undefined } } } }

const paths = [['PID', 3], ['PID', 5], ['PV1', 19], ['DG1', 3]] as const

/** Parse and four field reads, messages per CPU second. */
export const parseRow: BenchRow = {
  name: 'parse',
  run: async ({ progress }) => {
    const adt = admission('A1')
    const oru = report('R1', 1000)
    progress(`ADT ${adt.length} B, ORU ${oru.length} B`)
    const measured: Measured[] = []
    const own = ratePerCpuSecond(() => { readOwn(adt) })
    measured.push({ what: 'ADT parse + 4 reads per CPU second', value: perSecond(own), against: 'goal 200,000/s', isMet: own >= 200_000 })
    const ownReport = ratePerCpuSecond(() => { parseMessage(oru).get('OBX[500]-5') })
    measured.push({ what: 'ORU with 1,000 OBX, parse + 1 read per CPU second', value: perSecond(ownReport), against: 'goal 10,000/s', isMet: ownReport >= 10_000 })
    for (const [name, reader] of peers) {
      const read = await reader(adt)
      const what = `peer ${name}, ADT parse + 4 reads per CPU second`
      if (read === null) measured.push({ what, value: 'not installed', against: 'npm ci --prefix test/bench', isMet: null })
      else {
        const rate = ratePerCpuSecond(read)
        measured.push({ what, value: perSecond(rate), against: `ours is ${(own / rate).toFixed(1)} times as fast`, isMet: null })
      }
    }
    return measured
  }
}

/** By name: what parses the text and reads the same four fields; null where the peer is not installed. */
const peers: ReadonlyArray<readonly [name: string, reader: (text: string) => Promise<(() => void) | null>]> = [
  ['@medplum/core', async (text) => {
    const peer = await loadPeer<MedplumCore>('@medplum/core')
    return peer === null ? null : () => {
      const message = peer.Hl7Message.parse(text)
      for (const [segment, field] of paths) message.getSegment(segment)?.getField(field)?.getComponent(1)
    }
  }],
  ['node-hl7-client', async (text) => {
    const peer = await loadPeer<NodeHl7Client>('node-hl7-client')
    return peer === null ? null : () => {
      const message = new peer.Message({ text })
      for (const [segment, field] of paths) message.get(`${segment}.${field}.1`).toString()
    }
  }],
  ['simple-hl7', async (text) => {
    const peer = await loadPeer<SimpleHl7>('simple-hl7')
    if (peer === null) return null
    const parser = new peer.default.Parser()
    return () => {
      const message = parser.parse(text)
      for (const [segment, field] of paths) message.getSegment(segment)?.getField(field)
    }
  }]
]

function readOwn (text: string): void {
  const message = parseMessage(text)
  for (const [segment, field] of paths) message.get(`${segment}-${field}.1`)
}
