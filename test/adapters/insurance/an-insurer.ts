import { generateKeyPairSync, randomUUID } from 'node:crypto'
import { insuranceGateway, insurancePayments, signerOf, verifierOf, type Exchange, type SignatureScheme } from '../../../adapters/insurance/index.ts'
import { openInsurer, type Insurer, type InsurerFaultKind } from '../../../adapters/simulators/insurance/insurer.ts'
import type { InsurerOptions } from '../../../adapters/simulators/insurance/insurer-state.ts'
import { fictitiousResidentId } from '../../../adapters/simulators/hospital/resident-id.ts'
import type { InsuranceGateway, NamedPerson } from '../../../core/pay-after-care/index.ts'
import type { PaymentGateway } from '../../../core/payments/index.ts'
import { fen } from '../../../core/money.ts'

export const region = '999900'
export const anna: NamedPerson = { residentId: fictitiousResidentId('1990-01-02', 401, 'female'), name: '样例安娜' }
export const traveller: NamedPerson = { residentId: fictitiousResidentId('1972-09-09', 402, 'female'), name: '样例旅客' }
export const realNow = new Date('2026-11-22T03:00:00Z')

/** Ours and the insurer's, made anew for each run. */
export const pairs = {
  SM2: [keyPair('SM2'), keyPair('SM2')],
  RSA: [keyPair('RSA'), keyPair('RSA')]
} as const

function keyPair (scheme: SignatureScheme): { readonly privateKey: string, readonly publicKey: string } {
  const { privateKey, publicKey } = scheme === 'SM2' ? generateKeyPairSync('ec', { namedCurve: 'SM2' }) : generateKeyPairSync('rsa', { modulusLength: 2048 })
  return { privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(), publicKey: publicKey.export({ type: 'spki', format: 'pem' }).toString() }
}

export interface AnInsurer {
  readonly insurer: Insurer
  readonly gateway: InsuranceGateway
  readonly payments: PaymentGateway
  readonly callbacks: string[]
  /** Business time. */
  readonly time: { now: Date }
  readonly strikeOnce: (kind: InsurerFaultKind) => void
}

/** An insurer in this process with throw-away keys, and both gateways to it. */
export function anInsurer ({ scheme = 'RSA', usesAccount = false, locksCards = true, exchange, change = {} }: {
  readonly scheme?: SignatureScheme, readonly usesAccount?: boolean, readonly locksCards?: boolean, readonly exchange?: Exchange, readonly change?: Partial<InsurerOptions>
} = {}): AnInsurer {
  const [ours, theirs] = pairs[scheme]
  const callbacks: string[] = []
  const time = { now: new Date('2027-03-01T10:00:00+08:00') }
  const insurer = openInsurer({
    signer: signerOf(scheme, theirs.privateKey), verifier: verifierOf(scheme, ours.publicKey), region, usualBalanceFen: fen(50_000), fundPercent: 70,
    persons: [
      { ...anna, alias: 'anna', region, balanceFen: fen(20_000) },
      { ...traveller, alias: 'traveller', region: '888800', balanceFen: fen(20_000) }
    ],
    clock: { now: () => time.now }, realClock: { now: () => realNow }, ids: { next: randomUUID }, slowMs: 60_000,
    callBack: async (body) => callbacks.push(body), ...change
  })
  const options = {
    exchange: exchange ?? (async (body: string) => {
      const reply = insurer.answer(body)
      // A late answer is one that the caller does not wait for.
      if (reply === null || reply.delayMs > 0) throw new Error('no answer')
      return reply
    }),
    signer: signerOf(scheme, ours.privateKey), verifier: verifierOf(scheme, theirs.publicKey), region, receiver: 'yiqiao',
    institutions: new Map([['east', { code: 'H99990000001', name: 'East Hospital' }], ['west', { code: 'H99990000002', name: 'West Hospital' }]]),
    clock: { now: () => realNow }, ids: { next: randomUUID }
  }
  return {
    insurer, callbacks, time,
    gateway: insuranceGateway({ ...options, referenceKey: Buffer.alloc(32, 5), usesAccount, locksCards }),
    payments: insurancePayments(options),
    strikeOnce: (kind) => { insurer.setFaults([{ kind, rate: 1, count: 1, seed: 1 }]) }
  }
}
