import { randomBytes } from 'node:crypto'
import type { DemoSimulator } from '../../adapters/http/index.ts'
import { httpPush } from '../../adapters/push/index.ts'
import { startPushProvider, type PushProvider } from '../../adapters/simulators/push.ts'
import type { Clock } from '../../core/clock.ts'
import { DomainError } from '../../core/errors.ts'
import type { Ids } from '../../core/ids.ts'
import type { PushSender } from '../../core/notifications/index.ts'

export interface DemoPush {
  readonly push: PushSender
  readonly simulator: DemoSimulator
  readonly close: () => Promise<void>
}

const timeoutMs = 5_000

/** A simulated push provider over real HTTP, with a secret that ends with the process. */
export async function openDemoPush ({ clock, wallClock, ids }: { readonly clock: Clock, readonly wallClock: Clock, readonly ids: Ids }): Promise<DemoPush> {
  const known = { appId: 'yiqiao-demo', secret: randomBytes(32) }
  const provider = await startPushProvider({ host: '127.0.0.1', port: 0, ...known, clock, realClock: wallClock })
  return {
    push: httpPush({ ...known, url: provider.url, clock: wallClock, nonces: ids, timeoutMs }),
    simulator: {
      items: async (since) => provider.items(since),
      setFaults: async (faults) => { provider.setFaults(faults as Parameters<PushProvider['setFaults']>[0]) },
      act: async ({ act, key }) => {
        if ((act !== 'uninstall' && act !== 'install') || key === null) throw new DomainError('REQUEST_INVALID', 'The push provider knows the acts install and uninstall, with the key of the device\'s token.', 'act')
        provider.uninstall(key, act === 'uninstall')
        return null
      }
    },
    close: provider.close
  }
}
