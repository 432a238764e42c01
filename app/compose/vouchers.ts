import { randomBytes } from 'node:crypto'
import { setImmediate as breathe } from 'node:timers/promises'
import { voucherCommunityRoutes, voucherOfficeRoutes, voucherRoutes, voucherStatisticsRoutes, voucherUseRoutes } from '../../adapters/http/index.ts'
import type { Stores } from '../../adapters/store/index.ts'
import { comparablePhone, issueToken } from '../../core/access/index.ts'
import { bookAppointment, noteAppointment, type BookingTools } from '../../core/appointments/index.ts'
import { DomainError } from '../../core/errors.ts'
import {
  askRollback, carryVoucherRelays, carryVoucherWork, confirmUse, convertVoucher, decideRollback, examineUse, findUse, handOut, leaveUse, makeBatch, nextExaminedDue, presentVoucher, readHolder, redeemExamined, redeemUse, registerParty,
  replaceVoucher, sendBatch, voidBatch, voidVoucher, voucherRelayKinds, voucherWorkKind, type HolderProof, type LookAfterVouchers, type VoucherTools
} from '../../core/vouchers/index.ts'
import { expireVouchers } from '../../jobs/expire-vouchers.ts'
import { proveVouchers } from '../../jobs/prove-vouchers.ts'
import { remindVouchers } from '../../jobs/remind-vouchers.ts'
import { bookingRules } from './appointments.ts'
import { plainArea, type Area, type AreaDeps } from './area.ts'
import { sha256 } from './sha256.ts'
import { seedGroups } from './voucher-groups.ts'
import { voucherCodesOf } from './voucher-keys.ts'

export function voucherTools ({ ids, calendar, startOfDay, config }: Pick<AreaDeps, 'ids' | 'calendar' | 'startOfDay' | 'config'>): VoucherTools {
  return { ids, calendar, startOfDay, settings: config.site.vouchers, codes: voucherCodesOf(config, calendar) }
}

/** 电子服务券: back office, communities, persons, hospitals. */
export function composeVouchers (deps: AreaDeps): Area {
  const { store: { inTransaction, inReading }, clock, ids, writeInstant, keys, onCall } = deps
  const tools = voucherTools(deps)
  const lookAfter: LookAfterVouchers<Stores> = { inTransaction, inReading, tools, breathe }
  const writing = { inReading, writeInstant, now: clock.now, phoneTail: (sealed: string) => (comparablePhone(keys.opened(sealed)) ?? '').slice(-4) }
  const making = makerOf(deps)
  return {
    ...plainArea,
    carryOut: { [voucherWorkKind]: carryVoucherWork({ inTransaction, breathe, tools }), ...carryVoucherRelays({ inTransaction, clock, tools }) },
    rules: { [voucherWorkKind]: { maxRunning: 1, inOrder: true }, ...Object.fromEntries(Object.values(voucherRelayKinds).map((kind) => [kind, { maxRunning: 4, inOrder: false }])) },
    forgettable: [voucherWorkKind, ...Object.values(voucherRelayKinds)],
    begin: [() => inTransaction(seedGroups)],
    jobs: [expireVouchers(lookAfter), remindVouchers(lookAfter), proveVouchers({ inTransaction, inReading, ids, onCall })],
    timers: [{
      name: 'redeem-examined',
      nextDue: (stores) => nextExaminedDue(stores, tools.settings),
      run: async (dueAt) => {
        const result = await redeemExamined(lookAfter, dueAt)
        deps.notifyOutbox()
        return result
      }
    }],
    routes: [
      voucherStatisticsRoutes({ inReading }),
      voucherOfficeRoutes({ inReading, writeInstant, ...officeWork(deps, tools, making) }),
      voucherCommunityRoutes({ ...writing, ...communityWork(deps, tools, making) }),
      voucherRoutes({ ...writing, ...personWork(deps, tools, making) }),
      voucherUseRoutes({ ...writing, ...hospitalWork(deps, tools, making) })
    ]
  }
}

type Making = <Made>(work: (stores: Stores, at: Date) => Promise<Made>) => Promise<Made>

const mostTries = 4

/** One transaction; what somebody else has changed at the same moment is decided anew. */
function makerOf ({ store: { inTransaction }, clock, notifyOutbox }: AreaDeps): Making {
  return async (work) => {
    for (let tries = 1; ; tries += 1) {
      try {
        const made = await inTransaction((stores) => work(stores, clock.now()))
        notifyOutbox()
        return made
      } catch (error) {
        if (!(error instanceof DomainError) || error.code !== 'STORE_WRITE_CONFLICT' || tries === mostTries) throw error
      }
    }
  }
}

function officeWork (deps: AreaDeps, tools: VoucherTools, making: Making): Omit<Parameters<typeof voucherOfficeRoutes>[0], 'inReading' | 'writeInstant'> {
  const { ids, wallClock, config } = deps
  return {
    register: (party) => making((stores, at) => registerParty(stores, { hospitalIds: config.site.hospitals.map(({ id }) => id), party }, at)),
    issueCredentials: (party) => making(async ({ tokens, voucherParties }) => {
      if (await voucherParties.find(party.kind, party.id) === null) throw new DomainError('VOUCHER_PARTY_INACTIVE', 'Register it first.')
      const { principal, secret } = await issueToken({ tokens, ids, hash: sha256, randomSecret: () => randomBytes(32).toString('base64url') }, { role: party.kind, personId: null, organizationId: party.id, at: wallClock.now(), expiresAt: null })
      return { tokenId: principal.tokenId, secret }
    }),
    saveGroup: (group) => making(({ voucherBatches }) => voucherBatches.saveGroup(group)),
    addCampaign: (wanted) => making(async ({ voucherBatches }, createdAt) => {
      const campaign = { ...wanted, id: ids.next(), createdAt }
      await voucherBatches.saveCampaign(campaign)
      return campaign
    }),
    makeBatch: (wanted) => making((stores, at) => makeBatch(stores, tools, wanted, at)),
    sendBatch: (wanted) => making((stores, at) => sendBatch(stores, tools, wanted, at)),
    voidBatch: (wanted) => making((stores, at) => voidBatch(stores, tools, wanted, at))
  }
}

type Reads = 'inReading' | 'writeInstant' | 'now' | 'phoneTail'

const codeMacOf = ({ keys }: AreaDeps) => (text: string): string => keys.fingerprint('personal-code', text)

function communityWork (deps: AreaDeps, tools: VoucherTools, making: Making): Omit<Parameters<typeof voucherCommunityRoutes>[0], Reads> {
  const holderOf = (stores: Stores, { proof, by }: { readonly proof: HolderProof, readonly by: string }, now: Date) => readHolder(stores, codeMacOf(deps), { proof, tokenId: by, purpose: 'hand_out' }, { now, realNow: deps.wallClock.now() })
  return {
    convert: (wanted) => making((stores, at) => convertVoucher(stores, tools, wanted, at)),
    handOut: ({ proof, contactPhone, ...wanted }) => making(async (stores, at) =>
      handOut(stores, tools, { ...wanted, holder: await holderOf(stores, { proof, by: wanted.by }, at), contact: contactPhone === null ? null : deps.keys.sealed(contactPhone) }, at)),
    replace: ({ proof, ...wanted }) => making(async (stores, at) => replaceVoucher(stores, tools, { ...wanted, holder: await holderOf(stores, { proof, by: wanted.by }, at) }, at))
  }
}

function bookingTools ({ config, ids, stableId, takeIn }: AreaDeps): BookingTools<Stores> {
  return { ...bookingRules(config), ids, stableId, takeIn }
}

function personWork (deps: AreaDeps, tools: VoucherTools, making: Making): Omit<Parameters<typeof voucherRoutes>[0], Reads> {
  const booking = bookingTools(deps)
  return {
    book: (command) => making((stores, at) => bookAppointment(stores, booking, command, at)),
    present: (command) => making((stores, at) => presentVoucher(stores, tools, command, at)),
    voidVoucher: (command) => making((stores, at) => voidVoucher(stores, tools, command, at))
  }
}

/** What an app has sent counts for a day. */
const presentedMs = 86_400_000
const refusedCode = (): DomainError => new DomainError('VOUCHER_CODE_REFUSED', 'This is no code of a voucher, or none that the app has sent here. Scan it again, or have the community print it anew.', 'voucherCode')

function hospitalWork (deps: AreaDeps, tools: VoucherTools, making: Making): Omit<Parameters<typeof voucherUseRoutes>[0], Reads> {
  const booking = bookingTools(deps)
  const voucherIdOf = async ({ voucherUses }: Stores, voucher: { readonly code: string } | { readonly presentedId: string }, { hospitalId, at }: { readonly hospitalId: string, readonly at: Date }): Promise<string> => {
    const sent = 'code' in voucher ? null : await voucherUses.presented(voucher.presentedId)
    const read = 'code' in voucher ? tools.codes.read(voucher.code) : sent?.hospitalId === hospitalId && at.getTime() - sent.sentAt.getTime() < presentedMs ? tools.codes.read(sent.code) : null
    if (read === null) throw refusedCode()
    return read.voucherId
  }
  return {
    confirmUse: ({ proof, voucher, hospitalId, by }) => making(async (stores, at) => {
      const voucherId = await voucherIdOf(stores, voucher, { hospitalId, at })
      const { records, patientIds } = await readHolder(stores, codeMacOf(deps), { proof, tokenId: by, purpose: 'use' }, { now: at, realNow: deps.wallClock.now() })
      const here = records.find((record) => record.hospitalId === hospitalId && record.active)
      const use = await confirmUse(stores, tools, { voucherId, hospitalId, by, patientIds, patientId: here?.id ?? null }, at)
      if (use.appointmentId !== null) await noteAppointment(stores, booking, { id: use.appointmentId, event: { kind: 'arrive' }, by: 'voucher' }, at)
      return use
    }),
    leave: (wanted) => making((stores, at) => leaveUse(stores, tools, wanted, at)),
    examine: ({ useId, document, note, performedAt, by }) => making((stores, at) => examineUse(stores, tools, { useId, evidence: { kind: 'by_hand', record: null, document, note, performedAt: performedAt ?? at, by } }, at)),
    redeem: (wanted) => making((stores, at) => redeemUse(stores, tools, wanted, at)),
    rollBack: ({ useId, reason, confirms, by }) => making(async (stores, at) => (await findUse(stores, useId)).rollback?.state === 'asked'
      ? await decideRollback(stores, tools, { useId, confirms, by }, at)
      : await askRollback(stores, { useId, reason, by }, at))
  }
}
