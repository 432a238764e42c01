import { noticeRoutes } from '../../adapters/http/notifications/notice-routes.ts'
import type { Stores } from '../../adapters/store/index.ts'
import type { WechatAccount } from '../../core/access/index.ts'
import { stands } from '../../core/pay-after-care/index.ts'
import {
  asLetter, asRead, carryNotice, changeNotice, debtGone, lookAfterNotices, registerDevice, saidParams, sendBy, wordsOf, type KeptNotice, type Reach, type TemplateMessageSender
} from '../../core/notifications/index.ts'
import { noticeKind, type Notice } from '../../core/notice.ts'
import type { Timer } from '../../core/operations/index.ts'
import { plainArea, type Area, type AreaDeps } from './area.ts'
import { sha256 } from './sha256.ts'
import { tiedPatientIds } from './tied-patient-ids.ts'

/** Enough at a time to use a carrier's rate, without taking all its connections. */
const atATime = 8
/** What a timer could not do stays due; so long afterwards it counts as due anew, so that it is tried for good. */
const anewAfterMs = 600_000

/** 通知: outbox kind `notice` → SMS, push, official account; receipts, proofs, and the person's own list. */
export function composeNotifications (deps: AreaDeps): Area {
  const { store: { inTransaction, inReading }, config: { site }, clock, ids, keys, sms, outside: { push } } = deps
  const hospitalName = (id: string): string => site.hospitals.find((hospital) => hospital.id === id)?.name ?? id
  const templateIdOf = templateIds(site)
  const wechat = deps.wechat === null ? null : templateMessages(deps.wechat, templateIdOf)
  return {
    ...plainArea,
    carryOut: {
      [noticeKind]: carryNotice<Stores>({
        ...deps,
        inTransaction,
        hours: { from: site.payAfterCare.dunningFrom, until: site.payAfterCare.dunningUntil },
        sendBy: sendBy({ sms, push, wechat, opened: keys.opened, hospitalName }),
        reachOf: (stores, notice) => reachOf(stores, notice, { hasSms: sms !== null, hasPush: push !== null, hasTemplate: wechat !== null && templateIdOf(notice.template) !== null }),
        isMoot: debtGone
      })
    },
    rules: { [noticeKind]: { maxRunning: atATime, inOrder: false } },
    // The book of notices keeps each key with what became of it.
    forgettable: [noticeKind],
    timers: [lookAfter(deps)],
    routes: [noticeRoutes({
      ...deps,
      inReading,
      now: clock.now,
      wordsOf: (notice: KeptNotice) => wordsOf(notice.template, saidParams(notice.template, notice.params, hospitalName)),
      markRead: (key) => inTransaction((stores) => changeNotice(stores, key, (kept) => asRead(kept, `read-${ids.next()}`, clock.now()))),
      recordLetter: (key, letter) => inTransaction((stores) => changeNotice(stores, key, (kept) => asLetter(kept, letter))),
      registerDevice: ({ ownerId, token, platform }) => inTransaction(async ({ devices }) => {
        const device = { id: ids.next(), ownerId, tokenKey: keys.fingerprint('device', token), token: keys.sealed(token), platform, registeredAt: clock.now() }
        return await registerDevice({ devices }, device)
      }),
      dropDevice: (id, ownerId) => inTransaction(({ devices }) => devices.drop(id, ownerId))
    })]
  }
}

function lookAfter ({ store: { inTransaction, inReading }, sms, clock, notifyOutbox }: AreaDeps): Timer<Stores> {
  return {
    name: 'notices',
    nextDue: async ({ notices }) => {
      const dueAt = await notices.nextLookAt()
      const lateMs = dueAt === null ? 0 : clock.now().getTime() - dueAt.getTime()
      return dueAt === null || lateMs < anewAfterMs ? dueAt : new Date(dueAt.getTime() + Math.floor(lateMs / anewAfterMs) * anewAfterMs)
    },
    run: async (dueAt) => {
      const result = await lookAfterNotices({ inTransaction, inReading, sms }, dueAt)
      notifyOutbox()
      return result
    }
  }
}

/** The person's own devices and account, and those of the guardian who signed for them. */
async function reachOf (stores: Stores, { patientId, staffId = null, phone }: Notice, ways: Ways): Promise<Reach> {
  if (staffId !== null) return await reachOfStaff(stores, staffId, ways)
  return patientId === null ? { phone: null, devices: [], openid: null } : await reachOfPatient(stores, { patientId, phone }, ways)
}

async function reachOfPatient (stores: Stores, { patientId, phone }: { readonly patientId: string, readonly phone: string | null }, { hasSms, hasPush, hasTemplate }: Ways): Promise<Reach> {
  const contracts = await stores.contracts.ofPatient(patientId)
  const contract = contracts.find(stands) ?? contracts[0]
  const signer = contract?.guardianPatientId ?? null
  const patientIds = [...await tiedPatientIds(stores.patients, patientId), ...signer === null ? [] : await tiedPatientIds(stores.patients, signer)]
  const accounts = await stores.accounts.byPersons(patientIds)
  return {
    phone: hasSms ? phone ?? contract?.phone ?? null : null,
    devices: hasPush ? await stores.devices.ofOwners([...accounts.map(({ id }) => id), ...patientIds]) : [],
    openid: hasTemplate ? await openidOf(stores, accounts) : null
  }
}

interface Ways { readonly hasSms: boolean, readonly hasPush: boolean, readonly hasTemplate: boolean }

/** 通知医生: the devices that the doctor registered, the phone that the hospital's directory names, else the one that the doctor has proven, the account that logs in as the doctor. */
async function reachOfStaff (stores: Stores, staffId: string, { hasSms, hasPush, hasTemplate }: Ways): Promise<Reach> {
  const doctor = await stores.doctors.find(staffId)
  const registered = doctor === null ? null : await stores.accounts.find(doctor.accountId)
  const accounts = [...await stores.accounts.byPersons([staffId]), ...registered === null ? [] : [registered]]
  const [record] = await stores.records.current([{ type: 'Practitioner', id: staffId }])
  return {
    phone: hasSms ? phoneIn(record?.resource['telecom']) ?? doctor?.phone ?? null : null,
    devices: hasPush ? await stores.devices.ofOwners([...accounts.map(({ id }) => id), staffId]) : [],
    openid: hasTemplate ? await openidOf(stores, accounts) : null
  }
}

/** A mobile number first. */
function phoneIn (telecom: unknown): string | null {
  const phones = (Array.isArray(telecom) ? telecom as ReadonlyArray<Readonly<Record<string, unknown>>> : []).filter(({ system, value }) => (system === 'phone' || system === 'sms') && typeof value === 'string')
  const first = phones.find(({ use }) => use === 'mobile') ?? phones[0]
  return first === undefined ? null : String(first['value'])
}

async function openidOf ({ followers }: Pick<Stores, 'followers'>, accounts: ReadonlyArray<{ readonly openidKey: string | null }>): Promise<string | null> {
  const openids = await Promise.all(accounts.map(async ({ openidKey }) => openidKey === null ? null : await followers.openidOf(openidKey)))
  return openids.find((openid) => openid !== null) ?? null
}

/** The platform numbers each account's templates; without a configured account they have our names (the demo). */
function templateIds ({ wechat }: AreaDeps['config']['site']): (template: string) => string | null {
  return (template) => wechat === undefined ? template : wechat.templates[template] ?? null
}

function templateMessages (account: WechatAccount, templateIdOf: (template: string) => string | null): TemplateMessageSender {
  return {
    send: async ({ openid, template, params, key }) => {
      const templateId = templateIdOf(template)
      return templateId === null ? 'refused' : await account.sendTemplate({ openid, templateId, data: params, messageId: sha256(key).slice(0, 32) })
    }
  }
}
