import { randomBytes } from 'node:crypto'
import type { DemoSimulator } from '../../adapters/http/index.ts'
import { demoPatients } from '../../adapters/simulators/hospital/demo-persons.ts'
import { startWechatPlatform, type WechatPlatform } from '../../adapters/simulators/wechat/wechat-platform.ts'
import { officialAccount } from '../../adapters/wechat/index.ts'
import { accountFor, type WechatAccount } from '../../core/access/index.ts'
import type { Clock } from '../../core/clock.ts'
import type { Ids } from '../../core/ids.ts'
import type { AccessKeys } from './access-keys.ts'
import type { Composed } from './compose.ts'

export interface DemoWechat {
  readonly account: WechatAccount
  readonly simulator: DemoSimulator
  readonly close: () => Promise<void>
}

const timeoutMs = 5_000

/** A simulated WeChat platform and an official account on it; `callbackUrl` is known once the server listens. */
export async function openDemoWechat ({ clock, wallClock, ids, callbackUrl }: { readonly clock: Clock, readonly wallClock: Clock, readonly ids: Ids, readonly callbackUrl: () => string | null }): Promise<DemoWechat> {
  const known = { appId: 'demo-official-account', secret: randomBytes(16).toString('hex'), token: randomBytes(16).toString('hex') }
  const platform = await startWechatPlatform({ host: '127.0.0.1', port: 0, ...known, clock, realClock: wallClock, ids, callbackUrl })
  return {
    account: officialAccount({ ...known, url: platform.url, authorizeUrl: `${platform.url}/connect/oauth2/authorize`, redirectUrl: 'http://app.example/wechat', clock: wallClock, timeoutMs }),
    simulator: {
      items: async (since) => platform.items(since),
      setFaults: async (faults) => { platform.setFaults(faults as Parameters<WechatPlatform['setFaults']>[0]) },
      act: (act) => platform.act(act)
    },
    close: platform.close
  }
}

/** The demo's patient and guardian have accounts, so their phones log them in; everybody else registers and binds. */
export async function openDemoAccounts ({ store, stableId, ids, clock, keys }: Pick<Composed, 'store' | 'stableId' | 'ids' | 'clock'> & { readonly keys: AccessKeys }): Promise<void> {
  await store.inTransaction(async ({ accounts }) => {
    for (const { hospital, person } of [demoPatients.patient, demoPatients.guardian]) {
      await accounts.add(accountFor({ ...keys, ids }, { phone: person.phone, personId: stableId(hospital, 'Patient', person.mrn) }, clock.now()))
    }
  })
}
