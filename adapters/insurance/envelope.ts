import { signedText, type Signer, type Verifier } from './signing.ts'

/** What every message to the insurer says besides its input. */
export interface Institution {
  /** 定点医药机构编号, 12 characters. */
  readonly code: string
  readonly name: string
}

export interface Sender {
  /** 就医地 and 参保地 administrative divisions, six digits. */
  readonly region: string
  /** 接收方系统代码. */
  readonly receiver: string
  readonly institution: Institution
}

export interface InsuranceRequest {
  readonly infno: string
  readonly msgid: string
  readonly mdtrtarea_admvs: string
  readonly insuplc_admdvs: string
  readonly recer_sys_code: string
  readonly fixmedins_code: string
  readonly fixmedins_name: string
  readonly infver: 'V1.0'
  readonly opter_type: '3'
  readonly opter: 'yiqiao'
  readonly opter_name: 'yiqiao'
  /** yyyy-MM-dd HH:mm:ss of Beijing. */
  readonly inf_time: string
  readonly signtype: string
  readonly cainfo: string
  readonly input: Readonly<Record<string, unknown>>
}

export interface InsuranceAnswer {
  /** 0: carried out. -1: refused. */
  readonly infcode: number
  readonly inf_refmsgid: string
  readonly refmsg_time: string
  readonly err_msg: string
  readonly signtype: string
  readonly cainfo: string
  readonly output: Readonly<Record<string, unknown>>
}

const beijingAheadMs = 28_800_000

/** The interface's times are Beijing's, wherever the hospital is. */
export function interfaceTime (at: Date): string {
  return new Date(at.getTime() + beijingAheadMs).toISOString().slice(0, 19).replace('T', ' ')
}

/** Null for what is no time of the interface. */
export function readInterfaceTime (text: unknown): Date | null {
  if (typeof text !== 'string' || !/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/.test(text)) return null
  const at = new Date(`${text.replace(' ', 'T')}+08:00`)
  return Number.isNaN(at.getTime()) ? null : at
}

export function writeRequest (said: { readonly infno: string, readonly msgid: string, readonly sender: Sender, readonly input: Readonly<Record<string, unknown>>, readonly at: Date }, signer: Signer): string {
  const { infno, msgid, sender: { region, receiver, institution }, input, at } = said
  const request: Omit<InsuranceRequest, 'cainfo'> = {
    infno, msgid, mdtrtarea_admvs: region, insuplc_admdvs: region, recer_sys_code: receiver, fixmedins_code: institution.code, fixmedins_name: institution.name,
    infver: 'V1.0', opter_type: '3', opter: 'yiqiao', opter_name: 'yiqiao', inf_time: interfaceTime(at), signtype: signer.scheme, input
  }
  return signed(request, signer)
}

export function writeAnswer (said: Pick<InsuranceAnswer, 'infcode' | 'inf_refmsgid' | 'err_msg' | 'output'> & { readonly at: Date }, signer: Signer): string {
  const { at, ...answer } = said
  return signed({ ...answer, refmsg_time: interfaceTime(at), signtype: signer.scheme }, signer)
}

function signed (message: Readonly<Record<string, unknown>>, signer: Signer): string {
  return JSON.stringify({ ...message, cainfo: signer.sign(signedText(message)) })
}

/** Null where it is no JSON object or not signed by that key: verified before anything of it is believed. */
export function readSigned (body: string, verifier: Verifier): Readonly<Record<string, unknown>> | null {
  const message = objectOf(parsed(body))
  if (message === null) return null
  const { signtype, cainfo } = message
  if (signtype !== verifier.scheme || typeof cainfo !== 'string') return null
  return verifier.isSigned(signedText(message), cainfo) ? message : null
}

export function objectOf (value: unknown): Readonly<Record<string, unknown>> | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value as Readonly<Record<string, unknown>> : null
}

export function listOf (value: unknown): ReadonlyArray<Readonly<Record<string, unknown>>> {
  return Array.isArray(value) ? value.map(objectOf).filter((item) => item !== null) : []
}

export const textOf = (value: unknown): string => typeof value === 'string' ? value : ''

function parsed (text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
