import { createHash, randomBytes } from 'node:crypto'
import { admissionRoutes, auditCaseRoutes, marketCalendarRoutes, marketDoctorRoutes, marketHospitalRoutes, type DoctorGiven } from '../../adapters/http/index.ts'
import type { Stores } from '../../adapters/store/index.ts'
import { comparablePhone, issueToken, permissions, phoneKeyOf, reachOf, useCode, wrongCode, type Permission } from '../../core/access/index.ts'
import { DomainError } from '../../core/errors.ts'
import {
  declareAdmission, editDoctor, editHospital, employerOf, frontOf, noHospital, publishCalendar, registerDoctor, registerHospital, reviewAudit, setSlotOpen, submitDoctor, submitHospital, type AuditCase, type Doctor,
  type DoctorEdit, type Evidence, type MarketTools
} from '../../core/marketplace/index.ts'
import { staffNotice } from '../../core/notice.ts'
import { plainArea, type Area, type AreaDeps } from './area.ts'
import { doctorStandings } from './doctor-standings.ts'
import { marketTools } from './market-tools.ts'
import { sha256 } from './sha256.ts'

type Making = <Made>(work: (stores: Stores, at: Date) => Promise<Made>) => Promise<Made>

/** 麻醉医师市场: doctors and hospitals that register, their audits, who sees whom, and the doctors' calendars. */
export function composeMarketplace (deps: AreaDeps): Area {
  const { store: { inTransaction, inReading }, clock, calendar, writeInstant, keys, notifyOutbox } = deps
  const tools = marketTools(deps)
  const making: Making = async (work) => {
    const made = await inTransaction((stores) => work(stores, clock.now()))
    notifyOutbox()
    return made
  }
  const reading = { inReading, now: clock.now, writeInstant }
  return {
    ...plainArea,
    routes: [
      marketDoctorRoutes<Stores>({ ...reading, front: (stores, doctors) => frontOf(stores, { standingOf: doctorStandings, calendar }, doctors, clock.now()), ...doctorWork(deps, tools, making) }),
      marketCalendarRoutes({ ...reading, publish: (wanted) => making((stores, at) => publishCalendar(stores, tools, wanted, at)), setOpen: (wanted) => making((stores, at) => setSlotOpen(stores, tools, wanted, at)) }),
      marketHospitalRoutes({
        ...reading,
        register: (wanted) => making((stores, at) => registerHospital(stores, tools, { ...wanted, contactPhone: keys.sealed(wanted.contactPhone) }, at)),
        edit: ({ edit, ...wanted }) => making((stores, at) => editHospital(stores, tools, { ...wanted, edit: edit.contactPhone === undefined ? edit : { ...edit, contactPhone: keys.sealed(edit.contactPhone) } }, at)),
        submit: (wanted) => making((stores, at) => submitHospital(stores, tools, wanted, at)),
        issueCredentials: (id) => inTransaction((stores) => hospitalCredentials(deps, stores, id))
      }),
      auditCaseRoutes({
        inReading, writeInstant,
        review: (wanted) => making(async (stores, at) => afterReview(deps, stores, await reviewAudit(stores, tools, wanted, at), at)),
        addEvidence: (wanted) => making((stores, at) => keepEvidence(deps, stores, wanted, at)),
        openEvidence: (sealed) => Buffer.from(keys.opened(sealed), 'base64')
      }),
      admissionRoutes({ ...reading, declare: (wanted) => making((stores, at) => declareAdmission(stores, tools, wanted, at)) })
    ]
  }
}

function doctorWork (deps: AreaDeps, tools: MarketTools<Stores>, making: Making): Pick<Parameters<typeof marketDoctorRoutes<Stores>>[0], 'register' | 'edit' | 'submit' | 'openSession'> {
  return {
    register: async ({ accountId, given: { phone, ...given } }) => orWrongCode(await making(async (stores, at) => {
      const proven = await provenPhone(deps, stores, { accountId, phone }, at)
      return proven === null ? null : await registerDoctor(stores, tools, { ...given, ...proven, accountId }, at)
    })),
    edit: async ({ id, accountId, edit: { phone, hospitalId, employer, ...edit }, actor }) => orWrongCode(await making(async (stores, at) => {
      const proven = phone === undefined ? {} : await provenPhone(deps, stores, { accountId, phone }, at)
      if (proven === null) return null
      const place: DoctorEdit = hospitalId === undefined ? {} : await employerOf(stores, tools, { hospitalId, employer: employer ?? null })
      return await editDoctor(stores, tools, { id, edit: { ...edit, ...place, ...proven }, actor }, at)
    })),
    submit: (wanted) => making((stores, at) => submitDoctor(stores, tools, wanted, at)),
    openSession: (doctor) => deps.store.inTransaction((stores) => openDoctorSession(deps, stores, doctor))
  }
}

function orWrongCode<Made> (made: Made | null): Made {
  if (made === null) throw wrongCode()
  return made
}

/** The account's own phone is proven by the log-in, another one by a code. Null for a wrong code, which stays counted. */
async function provenPhone ({ keys }: AreaDeps, stores: Stores, { accountId, phone }: { readonly accountId: string, readonly phone: DoctorGiven['phone'] }, at: Date): Promise<Pick<Doctor, 'phone' | 'phoneTail'> | null> {
  const phoneKey = phoneKeyOf(keys.fingerprint, phone.number)
  const account = await stores.accounts.find(accountId)
  const isProven = account?.phoneKey === phoneKey || (phone.code !== null && await useCode({ codes: stores.codes, fingerprint: keys.fingerprint }, { phoneKey, use: 'doctor', code: phone.code }, at))
  return isProven ? { phone: keys.sealed(phone.number), phoneTail: (comparablePhone(phone.number) ?? '').slice(-4) } : null
}

const sessionSeconds = 3_600
const doctorSession = (id: string): string => `doctor:${id}`
const hospitalSession = (id: string): string => `hospital:${id}`
const issuing = ({ ids }: AreaDeps, { tokens }: Stores): Parameters<typeof issueToken>[0] => ({ tokens, ids, hash: sha256, randomSecret: () => randomBytes(32).toString('base64url') })

/** Records of a hospital's patients are opened by the hospital, not by the platform's audit of a doctor. */
const clinical: readonly Permission[] = ['patient.read', 'record.read', 'visit.read', 'appointment.read', 'vitals.write', 'advice.read', 'doctor.recommend', 'release.check']

async function openDoctorSession (deps: AreaDeps, stores: Stores, { id, hospitalId }: Doctor): Promise<{ readonly accessToken: string, readonly expiresInSeconds: number }> {
  const state = (await stores.auditCases.find('doctor', id))?.state
  if (state !== 'approved') throw new DomainError('AUDIT_STATE_REFUSED', 'A doctor works here once the audit is passed. See what it says: GET /v1/doctors/me.', undefined, [state ?? 'draft'])
  const principal = { tokenId: '', role: 'doctor', personId: id, organizationId: hospitalId, scopes: null } as const
  const scopes = permissions.filter((permission) => !clinical.includes(permission) && reachOf(principal, permission).kind !== 'none')
  const at = deps.wallClock.now()
  const { secret } = await issueToken(issuing(deps, stores), { role: 'doctor', personId: id, organizationId: hospitalId, at, expiresAt: new Date(at.getTime() + sessionSeconds * 1_000), scopes, holder: { sessionId: doctorSession(id) } })
  return { accessToken: secret, expiresInSeconds: sessionSeconds }
}

async function hospitalCredentials (deps: AreaDeps, stores: Stores, id: string): Promise<{ readonly tokenId: string, readonly secret: string }> {
  if ((await stores.auditCases.find('hospital', id))?.state !== 'approved') throw noHospital()
  const { principal, secret } = await issueToken(issuing(deps, stores), { role: 'hospital', personId: null, organizationId: id, at: deps.wallClock.now(), expiresAt: null, holder: { sessionId: hospitalSession(id) } })
  return { tokenId: principal.tokenId, secret }
}

/** Who is suspended or revoked is out at once; a doctor hears that there is a decision. */
async function afterReview (deps: AreaDeps, stores: Stores, audit: AuditCase, at: Date): Promise<AuditCase> {
  const { kind, id, state, version, decidedBy } = audit
  const isOut = state === 'suspended' || state === 'revoked'
  if (isOut && kind === 'doctor') await stores.tokens.revokeOf({ sessionId: doctorSession(id) }, deps.wallClock.now())
  if (state === 'revoked' && kind === 'hospital') await stores.tokens.revokeOf({ sessionId: hospitalSession(id) }, deps.wallClock.now())
  if (kind === 'doctor' && decidedBy !== null) await stores.outbox.add(staffNotice({ template: 'qualification_decided', staffId: id, params: {} }, { id: deps.ids.next(), key: `qualification_decided:${id}:${version}`, at }))
  return audit
}

interface NewEvidence extends Pick<Evidence, 'kind' | 'subjectId' | 'what' | 'contentType' | 'by'> {
  readonly content: Buffer
}

async function keepEvidence ({ ids, keys }: AreaDeps, { auditCases }: Stores, { content, ...given }: NewEvidence, at: Date): Promise<Evidence> {
  const evidence: Evidence = { ...given, id: ids.next(), byteCount: content.length, sha256: createHash('sha256').update(content).digest('hex'), at }
  await auditCases.addEvidence(evidence, keys.sealed(content.toString('base64')))
  return evidence
}
