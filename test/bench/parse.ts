import { parseMessage } from '../../adapters/hl7v2/index.ts'
import { admission, report } from './messages.ts'
import { loadPeer } from './peers.ts'
import { perSecond, ratePerCpuSecond, type BenchRow, type Measured } from './row.ts'

interface MedplumCore { readonly Hl7Message: { parse: (text: string) => { getSegment: (name: string) => { getField: (field: number) => { getComponent: (component: number) => string } | undefined } | undefined } } }

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
    const medplum = await loadPeer<MedplumCore>('@medplum/core')
    if (medplum === null) measured.push({ what: 'peer @medplum/core', value: 'not installed', against: 'npm ci --prefix test/bench', isMet: null })
    else {
      const peer = ratePerCpuSecond(() => {
        const message = medplum.Hl7Message.parse(adt)
        for (const [segment, field] of paths) message.getSegment(segment)?.getField(field)?.getComponent(1)
      })
      measured.push({ what: 'peer @medplum/core, ADT parse + 4 reads per CPU second', value: perSecond(peer), against: `ours is ${(own / peer).toFixed(1)} times as fast`, isMet: null })
    }
    return measured
  }
}

function readOwn (text: string): void {
  const message = parseMessage(text)
  for (const [segment, field] of paths) message.get(`${segment}-${field}.1`)
}
