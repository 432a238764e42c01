import type { NamedPerson } from '../../core/identity/index.ts'
import type { Ids } from '../../core/ids.ts'
import { sumFen, type Fen } from '../../core/money.ts'
import type { InsuranceGateway, InsuranceSplit, Outcome } from '../../core/pay-after-care/index.ts'
import { institutionOf, insurerCaller, insurerRefused, insurerSilent, messageIdOf, type Called, type CallInsurer, type InsurerOptions } from './call.ts'
import { cardLocks } from './card-locks.ts'
import { interfaceTime, listOf, objectOf, textOf } from './envelope.ts'
import { sealedReferences, type SealedReferences } from './sealed-reference.ts'
import { readSplit } from './split.ts'
import { residentIdCredential, transactions } from './transactions.ts'
import { yuanOfFen } from './yuan.ts'

export interface InsuranceGatewayOptions extends InsurerOptions {
  readonly ids: Ids
  /** 32 bytes, this installation's own: seals what quotes refer to. */
  readonly referenceKey: Uint8Array
  /** Whether a settlement takes from the person's account (acct_used_flag) before anything is left in cash. */
  readonly usesAccount: boolean
  /** Whether the local platform locks cards. */
  readonly locksCards: boolean
}

/** What 2207, 2208 and 2601 ask to hear again. */
interface Reference {
  readonly hospitalId: string
  readonly residentId: string
  readonly personNumber: string
  readonly visit: string
  readonly batch: string
  readonly totalFen: Fen
  readonly insutype: string
}

interface Tools extends InsuranceGatewayOptions {
  readonly call: CallInsurer
  readonly references: SealedReferences<Reference>
}

const unknown = { kind: 'unknown' } as const
const rejected = (code: string) => ({ kind: 'rejected', code }) as const

/** 医保 over the national interface. No outcome is guessed: what cannot be proven to be refused or done is `unknown`. */
export function insuranceGateway (options: InsuranceGatewayOptions): InsuranceGateway {
  const tools: Tools = { ...options, call: insurerCaller(options), references: sealedReferences<Reference>(options.referenceKey) }
  return {
    eligibility: (person) => eligibilityOf(tools, person),
    preSettle: (asked) => preSettle(tools, asked),
    settle: (asked) => settle(tools, asked),
    reverse: (asked) => reverse(tools, asked),
    undoUnknown: (asked) => undoUnknown(tools, asked),
    ...options.locksCards ? cardLocks(tools.call) : { lock: null, unlock: null }
  }
}

/** 1101. Insured here counts: whoever is insured elsewhere is not settled by this interface. */
async function eligibilityOf (tools: Tools, person: NamedPerson): ReturnType<InsuranceGateway['eligibility']> {
  const called = await personInfo(tools, person, { requestId: tools.ids.next(), hospitalId: null })
  if (called.kind === 'unknown') throw insurerSilent()
  if (called.kind === 'rejected') {
    if (called.code === 'PERSON_NOT_FOUND') return { isInsured: false, region: '', evidenceId: `1101:${called.code}` }
    throw insurerRefused(called.code)
  }
  const insured = insuranceOf(called.output)
  return { isInsured: insured !== null && isWithin(tools.region, insured.region), region: insured?.region ?? '', evidenceId: called.reference }
}

function personInfo ({ call }: Tools, { residentId, name }: NamedPerson, by: { readonly requestId: string, readonly hospitalId: string | null }): Promise<Called> {
  return call({ infno: transactions.personInfo, ...by, input: { data: { mdtrt_cert_type: residentIdCredential, mdtrt_cert_no: residentId, psn_name: name, psn_cert_type: '01', certno: residentId } } })
}

/** The insurance that is in force: psn_insu_stas 1 is 正常参保. */
function insuranceOf (output: Readonly<Record<string, unknown>>): { readonly insutype: string, readonly region: string } | null {
  const inForce = listOf(output['insuinfo']).find(({ psn_insu_stas: state }) => state === '1')
  return inForce === undefined ? null : { insutype: textOf(inForce['insutype']), region: textOf(inForce['insuplc_admdvs']) }
}

/** 行政区划: a province ends in four zeros, a city in two; places within share what stands before. */
function isWithin (region: string, place: string): boolean {
  return place.length === region.length && place.startsWith(region.replace(/(00){1,2}$/, ''))
}

type PreSettle = Parameters<InsuranceGateway['preSettle']>[0]

/**
 * 1101, 2201, 2203, 2205, 2204, 2206. Nothing of it moves money, so it may be repeated: lines of before are taken back
 * (2205) and the whole is uploaded anew. The interface asks for a diagnosis in 2203; middleware has none and sends the
 * code of a general examination.
 */
async function preSettle (tools: Tools, asked: PreSettle): Promise<Outcome<InsuranceSplit & { readonly quoteId: string }>> {
  const by = { requestId: asked.requestId, hospitalId: asked.hospitalId }
  const registered = await register(tools, asked)
  if (registered.kind !== 'ok') return registered
  const reference = registered.value
  for (const step of stepsBefore(asked, reference, tools)) {
    const called = await tools.call({ ...step, ...by })
    if (called.kind !== 'ok') return called
  }
  const quoted = await tools.call({ infno: transactions.preSettle, ...by, input: { data: settlementInput(tools, reference) } })
  if (quoted.kind !== 'ok') return quoted
  const split = readSplit(objectOf(quoted.output['setlinfo']) ?? {}, reference.totalFen)
  return split === null ? rejected('SPLIT_MISMATCH') : { kind: 'ok', value: { ...split, quoteId: tools.references.seal(reference) } }
}

/** 1101 and 2201: who it is, and the insurer's number of the visit. */
async function register (tools: Tools, { requestId, hospitalId, visitId, person, lines }: PreSettle): Promise<Outcome<Reference>> {
  const by = { requestId, hospitalId }
  const known = await personInfo(tools, person, by)
  if (known.kind !== 'ok') return known
  const personNumber = textOf(objectOf(known.output['baseinfo'])?.['psn_no'])
  const insured = insuranceOf(known.output)
  if (personNumber === '' || insured === null || !isWithin(tools.region, insured.region)) return rejected('NOT_INSURED_HERE')
  const { insutype } = insured
  const registered = await tools.call({ infno: transactions.registerVisit, ...by, input: { data: { psn_no: personNumber, insutype, begntime: interfaceTime(tools.clock.now()), mdtrt_cert_type: residentIdCredential, mdtrt_cert_no: person.residentId, ipt_otp_no: visitId } } })
  if (registered.kind !== 'ok') return registered
  const visit = textOf(objectOf(registered.output['data'])?.['mdtrt_id'])
  if (visit === '') return unknown
  const batch = messageIdOf({ code: '', name: '' }, transactions.uploadLines, requestId).slice(-18)
  const totalFen = sumFen(lines.map(({ amountFen }) => amountFen))
  return { kind: 'ok', value: { hospitalId, residentId: person.residentId, personNumber, visit, batch, totalFen, insutype } }
}

function stepsBefore ({ lines }: PreSettle, { personNumber, visit, batch }: Reference, { clock }: Tools): ReadonlyArray<{ readonly infno: string, readonly input: Readonly<Record<string, unknown>> }> {
  const now = interfaceTime(clock.now())
  const whose = { psn_no: personNumber, mdtrt_id: visit }
  return [
    { infno: transactions.visitInfo, input: { mdtrtinfo: { ...whose, med_type: '11', begntime: now }, diseinfo: [{ diag_type: '1', diag_srt_no: 1, diag_code: 'Z00.000', diag_name: '一般性医学检查', vali_flag: '1' }] } },
    { infno: transactions.cancelLines, input: { data: { ...whose, feedetl_sn: '0000', chrg_bchno: '0000' } } },
    { infno: transactions.uploadLines, input: { feedetail: lines.map(({ id, code, amountFen }) => ({ ...whose, feedetl_sn: id, chrg_bchno: batch, fee_ocur_time: now, med_list_codg: code ?? '', det_item_fee_sumamt: yuanOfFen(amountFen), cnt: 1, pric: yuanOfFen(amountFen) })) } }
  ]
}

function settlementInput ({ usesAccount }: Tools, { residentId, personNumber, visit, batch, totalFen, insutype }: Reference): Readonly<Record<string, unknown>> {
  return { psn_no: personNumber, mdtrt_cert_type: residentIdCredential, mdtrt_cert_no: residentId, mdtrt_id: visit, chrg_bchno: batch, medfee_sumamt: yuanOfFen(totalFen), psn_setlway: '01', insutype, acct_used_flag: usesAccount ? '1' : '0' }
}

/** 2207. A settlement whose amounts do not add up is taken back at once: what cannot be booked may not stand. */
async function settle (tools: Tools, { requestId, quoteId }: Parameters<InsuranceGateway['settle']>[0]): Promise<Outcome<InsuranceSplit & { readonly settlementId: string }>> {
  const reference = tools.references.open(quoteId)
  if (reference === null) return rejected('QUOTE_UNKNOWN')
  const settled = await tools.call({ infno: transactions.settle, requestId, hospitalId: reference.hospitalId, input: { data: settlementInput(tools, reference) } })
  if (settled.kind !== 'ok') return settled
  const answer = objectOf(settled.output['setlinfo']) ?? {}
  const settlementId = textOf(answer['setl_id'])
  const split = readSplit(answer, reference.totalFen)
  if (split !== null && settlementId !== '') return { kind: 'ok', value: { ...split, settlementId } }
  const undone = await undo(tools, { requestId, transaction: '2207', reference })
  return undone.kind === 'ok' ? rejected('SPLIT_MISMATCH') : unknown
}

/** 2208. */
async function reverse (tools: Tools, { requestId, settlementId, quoteId }: Parameters<InsuranceGateway['reverse']>[0]): Promise<Outcome<null>> {
  const reference = tools.references.open(quoteId)
  if (reference === null) return rejected('QUOTE_UNKNOWN')
  const { hospitalId, personNumber, visit } = reference
  return asNull(await tools.call({ infno: transactions.reverse, requestId, hospitalId, input: { data: { setl_id: settlementId, psn_no: personNumber, mdtrt_id: visit } } }))
}

async function undoUnknown (tools: Tools, { requestId, transaction, quoteId }: Parameters<InsuranceGateway['undoUnknown']>[0]): Promise<Outcome<null>> {
  const reference = tools.references.open(quoteId)
  return reference === null ? rejected('QUOTE_UNKNOWN') : await undo(tools, { requestId, transaction, reference })
}

/** 2601 names the transaction by the message that asked for it; undoing what never arrived is done too. */
async function undo (tools: Tools, { requestId, transaction, reference: { hospitalId, personNumber } }: { readonly requestId: string, readonly transaction: '2207' | '2208', readonly reference: Reference }): Promise<Outcome<null>> {
  const institution = institutionOf(tools, hospitalId)
  if (institution === null) return rejected('INSTITUTION_UNKNOWN')
  return asNull(await tools.call({ infno: transactions.undo, requestId: `${transaction}:${requestId}`, hospitalId, input: { data: { psn_no: personNumber, omsgid: messageIdOf(institution, transaction, requestId), oinfno: transaction } } }))
}

const asNull = (called: Called): Outcome<null> => called.kind === 'ok' ? { kind: 'ok', value: null } : called
