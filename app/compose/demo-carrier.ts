import { randomBytes } from 'node:crypto'
import type { DemoFault, DemoSimulator } from '../../adapters/http/index.ts'
import { carrierCallbackPath, httpCarrier } from '../../adapters/logistics/index.ts'
import { carrierActs, isCarrierFault, startCarrier, type CarrierFaultKind } from '../../adapters/simulators/carrier.ts'
import type { Fault } from '../../adapters/simulators/fault.ts'
import type { Clock } from '../../core/clock.ts'
import { DomainError } from '../../core/errors.ts'
import type { Ids } from '../../core/ids.ts'
import type { Carrier } from '../../core/prescriptions/index.ts'

export interface DemoCarrier {
  readonly carrier: Carrier
  readonly simulator: DemoSimulator
  readonly close: () => Promise<void>
}

const timeoutMs = 5_000

/** A simulated carrier over real HTTP, with a secret that ends with the process. */
export async function openDemoCarrier ({ clock, wallClock, ids, url }: { readonly clock: Clock, readonly wallClock: Clock, readonly ids: Ids, readonly url: () => string | null }): Promise<DemoCarrier> {
  const known = { appId: 'yiqiao-demo', secret: randomBytes(32) }
  const callback = (): { readonly url: string, readonly path: string } | null => {
    const listening = url()
    return listening === null ? null : { url: listening, path: carrierCallbackPath }
  }
  const simulated = await startCarrier({ host: '127.0.0.1', port: 0, ...known, clock, realClock: wallClock, ids, callback })
  return {
    carrier: httpCarrier({ ...known, url: simulated.url, clock: wallClock, nonces: ids, timeoutMs }),
    simulator: {
      items: async (since) => simulated.items(since),
      setFaults: async (faults) => { simulated.setFaults(faults.map(ofCarrier)) },
      act: async ({ act, key }) => {
        const known = carrierActs.find((one) => one === act)
        if (known === undefined || key === null) throw new DomainError('REQUEST_INVALID', `The carrier knows the acts ${carrierActs.join(', ')}, with the number of the order or its tracking number as key.`, 'act')
        const told = await simulated.act(known, key)
        if (told === null) throw new DomainError('REQUEST_INVALID', 'The carrier has no parcel of this number.', 'key')
        return told
      }
    },
    close: simulated.close
  }
}

function ofCarrier (fault: DemoFault): Fault<CarrierFaultKind> {
  const { kind } = fault
  if (!isCarrierFault(kind)) throw new DomainError('REQUEST_INVALID', 'The carrier has no fault of this kind.', 'faults')
  return { ...fault, kind }
}
