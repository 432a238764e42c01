import { randomBytes, randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { Test } from 'tap'
import WebSocket from 'ws'
import { closeThread, openThread, tellEvent, type Party } from '../../core/dialogue/index.ts'
import { aDatabase, aSender, aService, type Answer, type Service } from './a-service.ts'

export interface Talk {
  readonly service: Service
  /** Other services on the same database; none where it is embedded. */
  readonly others: readonly Service[]
  readonly id: string
  /** Below /v1/consultations/{id}/ or /v1/threads/{id}/. */
  readonly at: (path: string) => string
  readonly patient: string
  readonly doctor: string
  readonly stranger: string
  readonly close: () => Promise<void>
  readonly event: (code: string) => Promise<void>
  readonly say: (token: string, text: string, clientId?: string) => Promise<Answer>
}

const hospitals = [{ id: 'east', name: 'East' }, { id: 'west', name: 'West' }]

/** A dialogue between a patient and a doctor, in the whole product: of a consultation that the doctor has accepted, or one by itself. */
export async function aTalk (t: Test, { calls = {}, environment = {}, nodes = 1, isConsultation = false }: { readonly calls?: object, readonly environment?: Readonly<Record<string, string>>, readonly nodes?: number, readonly isConsultation?: boolean } = {}): Promise<Talk> {
  // Nodes of one database share the key of its faces.
  const folder = mkdtempSync(path.join(tmpdir(), 'yiqiao-talk-'))
  t.teardown(() => { rmSync(folder, { recursive: true, force: true }) })
  const keyFile = path.join(folder, 'face.key')
  writeFileSync(keyFile, randomBytes(32).toString('hex'))
  const whole: Readonly<Record<string, string>> = { ...await aDatabase(t), FACE_KEY_FILE: keyFile, ...environment }
  const options = { environment: whole, site: { hospitals, sources: [{ name: 'east', kind: 'mllp', hospital: 'east', port: 0, mappingSite: 'east' }], timers: { monitorEveryMs: 3_600_000 }, calls } }
  const service = await aService(t, options)
  const others: Service[] = []
  while (whole['DATABASE_URL'] !== undefined && others.length < nodes - 1) others.push(await aService(t, options))
  const { store, stableId } = service.served.parts
  const [patientId, doctorId] = isConsultation ? [stableId('east', 'Patient', 'T1'), stableId('east', 'Practitioner', 'D1')] : [randomUUID(), randomUUID()]
  const [patient, doctor] = [await service.tokenFor('patient', { personId: patientId }), await service.tokenFor('doctor', { personId: doctorId, organizationId: 'east' })]
  const id = isConsultation ? await anAccepted(t, service, { patient, doctor, doctorId }) : randomUUID()
  const parties: readonly Party[] = [{ kind: 'patient', id: patientId }, { kind: 'doctor', id: doctorId }]
  if (!isConsultation) await store.inTransaction((stores) => openThread(stores, { id, purpose: 'consultation', hospitalId: 'east', parties }, new Date()))
  const at = (path: string): string => `/v1/${isConsultation ? 'consultations' : 'threads'}/${id}/${path}`
  return {
    service, others, id, at, patient, doctor,
    stranger: await service.tokenFor('patient', { personId: randomUUID() }),
    close: () => store.inTransaction((stores) => closeThread(stores, id, new Date())),
    event: async (code) => { await store.inTransaction((stores) => tellEvent(stores, { id, code }, new Date())) },
    say: (token, text, clientId = randomUUID()) => service.post(at('messages'), token, { clientId, kind: 'text', text })
  }
}

/** A consultation by video that costs nothing, asked for and accepted over the public interfaces. */
async function anAccepted (t: Test, service: Service, { patient, doctor, doctorId }: { readonly patient: string, readonly doctor: string, readonly doctorId: string }): Promise<string> {
  const hospital = await aSender(t, service.served.parts.listeners.get('east')?.port ?? 0)
  const tell = async (type: string, ...segments: readonly string[]): Promise<unknown> =>
    hospital.send([`MSH|^~\\&|HIS|EAST|YIQIAO|EAST|20270301090000+0800||${type}|${randomUUID().slice(0, 18)}|P|2.5.1|||||CHN|UNICODE UTF-8`, ...segments, ''].join('\r'))
  await tell('MFN^M02^MFN_M02', 'MFI|PRA^Practitioner Master File^HL70175||UPD|||NE', 'MFE|MAD|M1|20270301|D1^Lin^Li|CE', 'STF|D1^^^EASTHIS|D1|Lin^Li^^^^^L|||A', 'PRA|D1')
  await tell('ADT^A28^ADT_A05', 'EVN|A28|20270301090000+0800', 'PID|1||T1^^^EASTHIS^MR||Xu^Yang^^^^^L||19900315|M', 'PV1|1|N')
  await service.settled()
  const asked = async (method: 'POST' | 'PUT', url: string, token: string, body: unknown): Promise<Answer> => service.call(method, url, token, body, { 'idempotency-key': randomUUID() })
  t.equal((await asked('PUT', `/v1/doctors/${doctorId}/fees`, doctor, { fees: [{ product: 'consultation.video', priceFen: 0 }] })).status, 200)
  const made = await asked('POST', '/v1/consultations', patient, { kind: 'consultation', mode: 'video', complaint: 'a sample complaint', doctorId })
  t.equal(made.status, 201, JSON.stringify(made.body))
  t.equal((await asked('POST', `/v1/consultations/${String(made.body.id)}/accept`, doctor, {})).body.state, 'in_progress')
  return String(made.body.id)
}

export interface Room {
  readonly socket: WebSocket
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- frames are looked into as any client would
  readonly frames: any[]
  /** The next frame, from the first on, that fits; each is given once. */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- as above
  readonly next: (fits: (frame: any) => boolean) => Promise<any>
  readonly put: (frame: object) => void
}

/** A socket in the room, by a ticket of this caller's. */
export async function aRoom (t: Test, { talk, token, after = 0, service = talk.service, ticket }: { readonly talk: Talk, readonly token: string, readonly after?: number, readonly service?: Service, readonly ticket?: string }): Promise<Room> {
  const pass = ticket ?? (await service.post(talk.at('ticket'), token, {})).body.ticket as string
  const socket = new WebSocket(`ws://127.0.0.1:${service.served.http}/v1/rtc?ticket=${pass}&after=${after}`)
  t.teardown(() => { socket.terminate() })
  const frames: unknown[] = []
  const waiting = new Set<() => void>()
  const given = new Set<unknown>()
  socket.on('message', (data) => {
    frames.push(JSON.parse((data as Buffer).toString()))
    for (const look of waiting) look()
  })
  await once(socket, 'open')
  return {
    socket, frames,
    put: (frame) => { socket.send(JSON.stringify(frame)) },
    next: (fits) => new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        waiting.delete(look)
        reject(new Error(`no such frame among ${JSON.stringify(frames).slice(0, 2_000)}`))
      }, 15_000)
      const look = (): void => {
        const found = frames.find((frame) => !given.has(frame) && fits(frame))
        if (found === undefined) return
        given.add(found)
        clearTimeout(timer)
        waiting.delete(look)
        resolve(found)
      }
      waiting.add(look)
      look()
    })
  }
}
