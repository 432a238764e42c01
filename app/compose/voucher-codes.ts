import { setImmediate as breathe } from 'node:timers/promises'
import { codePictures, sha256Bytes, type VoucherKeys } from '../../adapters/codes/index.ts'
import { offlineUseRoutes, voucherCodeRoutes } from '../../adapters/http/index.ts'
import type { Stores } from '../../adapters/store/index.ts'
import { noteAppointment } from '../../core/appointments/index.ts'
import { personalCodeOf } from '../../core/identity/index.ts'
import { clockSkewMs, currentDenyList, settleOfflineUse, syncOfflineUses, takeOfflineUse, type SignedDenyList, type SyncDeps } from '../../core/vouchers/index.ts'
import { bookingRules } from './appointments.ts'
import { plainArea, type Area, type AreaDeps } from './area.ts'
import { voucherKeysOf } from './voucher-keys.ts'
import { voucherTools } from './vouchers.ts'

/** 券码: pictures, verification, deny lists, uses that hospitals noted with no line. */
export function composeVoucherCodes (deps: AreaDeps): Area {
  const { store: { inTransaction, inReading }, clock, log, writeInstant } = deps
  const keys = voucherKeysOf(deps.config)
  const syncing = syncDeps(deps, keys)
  const denyList = oneAtATime(() => currentDenyList({ inTransaction, inReading, signer: keys.signer, hash: sha256Bytes, breathe }, clock.now()))
  return {
    ...plainArea,
    publicKeys: keys.publicKeys,
    begin: [async () => {
      const now = clock.now()
      const missing = await inTransaction(async ({ codeKeys }) => {
        await codeKeys.noteSigning(keys.signer.shortId, now)
        return (await codeKeys.needed(now)).filter((keyId) => !keys.shortIds.includes(keyId))
      })
      if (missing.length > 0) log.error({ keys: missing }, 'VOUCHER_KEY_FILE lacks keys that signed vouchers which still run: their codes are refused until the keys are back in the file')
    }],
    routes: [
      voucherCodeRoutes({ inReading, now: clock.now, verify: keys.verify, pictures: codePictures }),
      offlineUseRoutes({
        inReading, writeInstant, denyList,
        sync: async (entries, who) => {
          const synced = await syncOfflineUses(syncing, entries, { ...who, now: clock.now() })
          deps.notifyOutbox()
          return synced
        },
        settle: (command) => inTransaction((stores) => settleOfflineUse(stores, command, clock.now()))
      })
    ]
  }
}

function syncDeps (deps: AreaDeps, keys: VoucherKeys): SyncDeps<Stores> {
  const { store: { inTransaction }, ids, calendar, clock, wallClock } = deps
  const tools = voucherTools(deps)
  const booking = { ...bookingRules(deps.config), ids, stableId: deps.stableId, takeIn: deps.takeIn }
  return {
    inTransaction, ids, calendar, verify: keys.verify,
    keyOf: (text) => deps.keys.fingerprint('offline-use', text),
    // The code follows real time; what the hospital tells is business time. Both ran alike since.
    personBehind: (text, at) => personalCodeOf(text, new Date(wallClock.now().getTime() - (clock.now().getTime() - at.getTime())), { toleranceMs: clockSkewMs, mac: (said) => deps.keys.fingerprint('personal-code', said) })?.patientId ?? null,
    isSamePerson: async ({ patients }, patientId, other) => {
      const [one, holder] = [await patients.find(patientId), await patients.find(other.patientId)]
      return one !== null && holder !== null && one.personId === holder.personId && (other.ofHospital === null || one.hospitalId === other.ofHospital)
    },
    takeOfflineUse: async (stores, use) => {
      const outcome = await takeOfflineUse(stores, tools, use)
      const appointmentId = outcome.kind === 'taken' ? (await stores.voucherUses.find(outcome.useId))?.appointmentId ?? null : null
      if (appointmentId !== null) await noteAppointment(stores, booking, { id: appointmentId, event: { kind: 'arrive' }, by: 'voucher' }, clock.now())
      return outcome
    }
  }
}

/** Who asks while a list is put together gets that list. */
function oneAtATime (make: () => Promise<SignedDenyList>): () => Promise<SignedDenyList> {
  let running: Promise<SignedDenyList> | null = null
  return () => {
    running ??= make().finally(() => { running = null })
    return running
  }
}
