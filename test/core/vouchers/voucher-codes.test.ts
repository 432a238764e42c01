import { createPublicKey, generateKeyPairSync, randomUUID, type KeyObject } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import fc from 'fast-check'
import jsqr from 'jsqr'
import sharp from 'sharp'
import t from 'tap'
import { codePictures, keptVoucherKey, qrCode, sha256Bytes, voucherKeysFrom, type VoucherKeys } from '../../../adapters/codes/index.ts'
import type { CalendarDate } from '../../../core/clock.ts'
import { addDays } from '../../../core/days.ts'
import { personalCode, personalCodeOf } from '../../../core/identity/index.ts'
import { openDenyList, readVoucherCode, signDenyList, entryOf, verifyOffline, writeVoucherCode, type DenyList, type VoucherCode } from '../../../core/vouchers/index.ts'

const pemOf = (key: KeyObject): string => String(key.export(key.type === 'private' ? { type: 'pkcs8', format: 'pem' } : { type: 'spki', format: 'pem' }))
const aKey = (): KeyObject => generateKeyPairSync('ed25519').privateKey
const privateKey = aKey()
const keys = voucherKeysFrom(pemOf(privateKey))
const day = (text: string): CalendarDate => text as CalendarDate
const aVoucherCode = (facts: Partial<VoucherCode> = {}): VoucherCode => ({ voucherId: randomUUID(), batch: 7, validFrom: day('2027-03-01'), validUntil: day('2027-08-31'), ...facts })
const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

const someCode = fc.record({
  voucherId: fc.uuid(),
  batch: fc.integer({ min: 1, max: 2 ** 32 - 1 }),
  validFrom: fc.integer({ min: 0, max: 65_535 }).map((days) => addDays(day('2000-01-01'), days)),
  validUntil: fc.integer({ min: 0, max: 65_535 }).map((days) => addDays(day('2000-01-01'), days))
})

t.test('a voucher code', async (t) => {
  t.test('says which voucher it is, of which batch and days, and nothing else [V-11 I-46]', async (t) => {
    fc.assert(fc.property(someCode, (code) => {
      const text = writeVoucherCode(code, keys.signer)
      t.strictSame(readVoucherCode(text, keys.verify), { kind: 'genuine', code: { ...code, keyId: keys.signer.shortId } })
    }), { numRuns: 100 })
    t.equal(writeVoucherCode(aVoucherCode({ voucherId: '01890000-0000-7000-8000-000000000001' }), keys.signer), writeVoucherCode(aVoucherCode({ voucherId: '01890000-0000-7000-8000-000000000001' }), keys.signer), 'the same voucher always has the same code')
  })

  t.test('with any one bit turned → does not verify [V-11 I-46]', async (t) => {
    const text = writeVoucherCode(aVoucherCode(), keys.signer)
    const digits = text.slice(4)
    let tried = 0
    for (const [place, digit] of [...digits].entries()) {
      for (let bit = 0; bit < 5; bit++) {
        const turned = alphabet.charAt(alphabet.indexOf(digit) ^ (1 << bit))
        const { kind } = readVoucherCode(`YQV:${digits.slice(0, place)}${turned}${digits.slice(place + 1)}`, keys.verify)
        if (kind === 'genuine') t.fail(`digit ${place}, bit ${bit}`)
        tried++
      }
    }
    t.equal(tried, 149 * 5)
  })

  t.test('in another spelling → is none [I-46]', async (t) => {
    const text = writeVoucherCode(aVoucherCode(), keys.signer)
    for (const other of [text.toLowerCase(), ` ${text}`, `${text} `, `${text}\n`, `${text}A`, `${text}=`, text.slice(0, -1), text.slice(4), `YQV:${text}`, text.replace('YQV:', 'yqv:'), text.replace(/.$/, '1'), text.replace('YQV:', 'YQV:A'), '']) {
      t.strictSame(readVoucherCode(other, keys.verify), { kind: 'malformed' }, JSON.stringify(other))
    }
    fc.assert(fc.property(fc.string({ unit: 'grapheme', maxLength: 200 }), (noise) => readVoucherCode(noise, keys.verify).kind === 'malformed'))
    fc.assert(fc.property(fc.string({ unit: fc.constantFrom(...alphabet), minLength: 149, maxLength: 149 }), (noise) => readVoucherCode(`YQV:${noise}`, keys.verify).kind !== 'genuine'))
  })

  t.test('signed by somebody else → is of an unknown key, or forged where it says to be of ours [I-46]', async (t) => {
    const stranger = voucherKeysFrom(pemOf(aKey()))
    t.equal(readVoucherCode(writeVoucherCode(aVoucherCode(), stranger.signer), keys.verify).kind, 'unknown_key')
    t.equal(readVoucherCode(writeVoucherCode(aVoucherCode(), { ...stranger.signer, shortId: keys.signer.shortId }), keys.verify).kind, 'forged')
    const list = signDenyList({ sequence: 1, issuedAt: new Date(0), validUntil: new Date(1), batches: [] }, new Float64Array(0), { signer: keys.signer, hash: sha256Bytes })
    t.equal(keys.verify(list.keyId, new TextEncoder().encode(list.manifest), Buffer.from(list.signature, 'hex')), false, 'what is signed for one use is not signed for another')
  })

  t.test('outside of the days that it can hold, or of an id that is none → is not written', async (t) => {
    t.throws(() => writeVoucherCode(aVoucherCode({ validFrom: day('1999-12-31') }), keys.signer))
    t.throws(() => writeVoucherCode(aVoucherCode({ validUntil: day('2180-01-01') }), keys.signer))
    t.throws(() => writeVoucherCode(aVoucherCode({ voucherId: 'voucher-1' }), keys.signer))
    t.throws(() => writeVoucherCode(aVoucherCode({ batch: 2 ** 32 }), keys.signer))
  })
})

t.test('keys of vouchers', async (t) => {
  t.test('after a rotation → the new one signs, and codes of the old one verify while its public key is in the file [V-11 V-27]', async (t) => {
    const text = writeVoucherCode(aVoucherCode(), keys.signer)
    const rotated = voucherKeysFrom(pemOf(aKey()) + pemOf(createPublicKey(privateKey)))
    t.not(rotated.signer.shortId, keys.signer.shortId)
    t.strictSame(rotated.shortIds, [rotated.signer.shortId, keys.signer.shortId])
    t.equal(readVoucherCode(text, rotated.verify).kind, 'genuine')
    t.equal(readVoucherCode(writeVoucherCode(aVoucherCode(), rotated.signer), rotated.verify).kind, 'genuine')
    t.equal(readVoucherCode(text, voucherKeysFrom(pemOf(aKey())).verify).kind, 'unknown_key', 'and not without it')
    t.strictSame(rotated.publicKeys.map(({ kid = '' }) => Buffer.from(kid, 'base64url').subarray(0, 4).toString('hex')), rotated.shortIds, 'a reader finds the key of a code by the published ids')
    t.notMatch(JSON.stringify(rotated.publicKeys), /"d"/, 'nothing private is published')
  })

  t.test('that are of another kind, doubled, or begin with a public one → are refused', async (t) => {
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
    for (const pem of ['', pemOf(createPublicKey(privateKey)), pemOf(rsa), pemOf(privateKey) + pemOf(rsa), pemOf(privateKey) + pemOf(createPublicKey(privateKey))]) t.throws(() => voucherKeysFrom(pem))
  })

  t.test('of an installation without a file → are made once, for its own user only', async (t) => {
    const folder = mkdtempSync(path.join(tmpdir(), 'yiqiao-voucher-key-'))
    t.teardown(() => { rmSync(folder, { recursive: true }) })
    const file = path.join(folder, 'voucher-key.pem')
    const first = keptVoucherKey(file)
    t.equal(keptVoucherKey(file), first)
    t.equal(readFileSync(file, 'utf8'), first)
    t.equal(statSync(file).mode & 0o777, 0o600)
    t.equal(voucherKeysFrom(first).shortIds.length, 1)
  })
})

t.test('on paper', async (t) => {
  const text = writeVoucherCode(aVoucherCode(), keys.signer)

  t.test('a voucher code is a QR code of version 6 and a personal code one of version 4 at most, so that old scanners read them [V-11 V-15 acc:C-20]', async () => {
    fc.assert(fc.property(someCode, (code) => qrCode(writeVoucherCode(code, keys.signer)).version <= 6), { numRuns: 50 })
    const mac = (said: string): string => Buffer.from(sha256Bytes(Buffer.from(said))).toString('hex')
    fc.assert(fc.property(fc.uuid(), fc.date({ min: new Date('2026-01-01'), max: new Date('2100-01-01'), noInvalidDate: true }), (id, at) => qrCode(personalCode(id, at, mac).code).version <= 4), { numRuns: 50 })
  })

  t.test('25 mm at 300 dpi → is read back by an independent reader, straight, tilted, blurred and dirty [V-11 V-13 acc:C-20]', async (t) => {
    const picture = codePictures.png(text, { sizeMm: 25, dpi: 300 })
    if (picture === null) throw new Error('25 mm is enough')
    t.match(await sharp(picture).metadata(), { format: 'png', width: 295, height: 295, density: 300 })
    for (const { angle, blur, noise } of [{ angle: 0, blur: 0, noise: 0 }, { angle: 2, blur: 0.8, noise: 20 }, { angle: -5, blur: 1.2, noise: 15 }, { angle: 90, blur: 1, noise: 30 }, { angle: 177, blur: 0.5, noise: 10 }]) {
      t.equal(await readBack(picture, { angle, blur, noise }), text, `tilted ${angle}°, blur ${blur}, noise ${noise}`)
    }
    const svg = codePictures.svg(text, { sizeMm: 25 })
    t.match(svg, /^<svg [^>]*width="25mm" height="25mm"/)
    const drawn = await sharp(Buffer.from(svg), { density: 300 }).resize(295).png().toBuffer()
    t.equal(await readBack(drawn, { angle: 0, blur: 0, noise: 0 }), text)
  })

  t.test('so small that dots run together → there is no picture', async (t) => {
    t.equal(codePictures.png(text, { sizeMm: 15, dpi: 96 }), null)
    const small = codePictures.png(text, { sizeMm: 15, dpi: 300 })
    t.equal(small === null ? null : await readBack(small, { angle: 0, blur: 0.5, noise: 10 }), text)
  })
})

/** As a camera sees it: turned, out of focus, with noise that is the same in each run. */
async function readBack (picture: Buffer, { angle, blur, noise }: { readonly angle: number, readonly blur: number, readonly noise: number }): Promise<string | null> {
  const seen = sharp(picture).toColourspace('srgb').flatten({ background: '#fff' }).rotate(angle, { background: '#fff' })
  const { data, info } = await (blur === 0 ? seen : seen.blur(blur)).ensureAlpha().raw().toBuffer({ resolveWithObject: true })
  let state = 42
  for (let place = 0; place < data.length; place++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    if (place % 4 !== 3) data[place] = Math.max(0, Math.min(255, (data[place] ?? 0) + (state / 2 ** 32 - 0.5) * 2 * noise))
  }
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- CommonJS without a default export in its types
  return (jsqr as any)(new Uint8ClampedArray(data), info.width, info.height)?.data ?? null
}

const issuedAt = new Date('2027-05-10T08:00:00+08:00')
const batches = [{ batch: 7, hospitals: ['east', 'west'], service: '低剂量胸部CT' }]

function aDenyList (denied: readonly string[], by: VoucherKeys = keys): DenyList {
  const list = openDenyList(signedList(denied, by), { verify: keys.verify, hash: sha256Bytes })
  if (list === null) throw new Error('the list opens')
  return list
}

function signedList (denied: readonly string[], by: VoucherKeys = keys) {
  return signDenyList({ sequence: 12, issuedAt, validUntil: new Date(issuedAt.getTime() + 86_400_000), batches }, Float64Array.from(denied, (id) => entryOf(id, sha256Bytes)), { signer: by.signer, hash: sha256Bytes })
}

t.test('a deny list', async (t) => {
  t.test('denies exactly the vouchers on it [I-46]', async () => {
    fc.assert(fc.property(fc.uniqueArray(fc.uuid(), { maxLength: 60 }), fc.uniqueArray(fc.uuid(), { maxLength: 60 }), (denied, others) => {
      const list = aDenyList([...denied, ...denied.slice(0, 3)])
      return list.count === denied.length && denied.every(list.denies) && others.every((id) => denied.includes(id) || !list.denies(id))
    }), { numRuns: 100 })
  })

  t.test('that somebody changed, cut or signed himself → does not open [I-46]', async (t) => {
    const signed = signedList([randomUUID(), randomUUID()])
    const tools = { verify: keys.verify, hash: sha256Bytes }
    t.ok(openDenyList(signed, tools))
    t.equal(openDenyList({ ...signed, entries: signed.entries.subarray(5) }, tools), null)
    t.equal(openDenyList({ ...signed, entries: signed.entries.map((byte, place) => place === 0 ? byte ^ 1 : byte) }, tools), null)
    t.equal(openDenyList({ ...signed, manifest: signed.manifest.replace('"west"', '"evil"') }, tools), null)
    t.equal(openDenyList({ ...signed, signature: signed.signature.replace(/^./, (digit) => digit === '0' ? '1' : '0') }, tools), null)
    t.equal(openDenyList({ ...signed, signature: 'none' }, tools), null)
    t.equal(openDenyList(signedList([], voucherKeysFrom(pemOf(aKey()))), tools), null)
  })
})

t.test('a hospital with no line', async (t) => {
  const atNoon = new Date('2027-05-10T12:00:00+08:00')
  const look = (facts: Partial<Parameters<typeof verifyOffline>[1]> = {}) => ({ list: aDenyList([]), verify: keys.verify, hospitalId: 'east', now: atNoon, today: day('2027-05-10'), wasTakenHere: () => false, ...facts })
  const code = aVoucherCode()
  const text = writeVoucherCode(code, keys.signer)

  t.test('takes a voucher by its signature, its days, the signed list and its own notes [V-23 I-46]', async (t) => {
    t.strictSame(verifyOffline(text, look()), { kind: 'accepted', voucherId: code.voucherId, validUntil: code.validUntil, batch: batches[0], listSequence: 12 })
    const lastDay = look({ today: code.validUntil, list: aDenyList([]) })
    t.equal(verifyOffline(text, lastDay).kind, 'accepted', 'on its last day still')
  })

  t.test('refuses what is not good, each for its own reason [V-23 I-46]', async (t) => {
    const reasonOf = (said: string, facts: Partial<Parameters<typeof verifyOffline>[1]>): string => {
      const verdict = verifyOffline(said, look(facts))
      return verdict.kind === 'refused' ? verdict.reason : verdict.kind
    }
    t.equal(reasonOf('YQV:NONSENSE', {}), 'malformed')
    t.equal(reasonOf(writeVoucherCode(code, voucherKeysFrom(pemOf(aKey())).signer), {}), 'unknown_key')
    t.equal(reasonOf(text.replace(/.{2}$/, (end) => end === 'AA' ? 'CA' : 'AA'), {}), 'forged')
    t.equal(reasonOf(text, { list: null }), 'list_missing')
    t.equal(reasonOf(text, { now: new Date('2027-05-11T08:00:00+08:00') }), 'list_stale', 'a list is good for a day')
    t.equal(reasonOf(text, { now: new Date('2027-05-10T07:54:59+08:00') }), 'list_stale', 'a clock that was set back finds none')
    t.equal(reasonOf(text, { today: day('2027-02-28') }), 'not_yet_valid')
    t.equal(reasonOf(text, { today: day('2027-09-01') }), 'expired')
    t.equal(reasonOf(text, { list: aDenyList([code.voucherId]) }), 'denied')
    t.equal(reasonOf(text, { hospitalId: 'north' }), 'other_hospital')
    t.equal(reasonOf(writeVoucherCode(aVoucherCode({ batch: 8 }), keys.signer), {}), 'batch_not_listed')
    t.equal(reasonOf(text, { wasTakenHere: (id) => id === code.voucherId }), 'used_here')
  })
})

t.test('a personal code that was read with no line → is proven later for its time, within five minutes, and for no other [V-22 I-46]', async (t) => {
  const mac = (said: string): string => Buffer.from(sha256Bytes(Buffer.from(`key ${said}`))).toString('hex')
  const patientId = '01890000-0000-7000-8000-000000000009'
  const shownAt = new Date('2027-05-10T12:00:00Z')
  const { code } = personalCode(patientId, shownAt, mac)
  const proven = (offsetMs: number): boolean => personalCodeOf(code, new Date(shownAt.getTime() + offsetMs), { toleranceMs: 300_000, mac }) !== null
  t.strictSame([0, 300_000, -300_000, 330_000, 420_000, -360_000].map(proven), [true, true, true, true, false, false])
  t.equal(personalCodeOf(code.replace(/.$/, (end) => end === '0' ? '1' : '0'), shownAt, { toleranceMs: 300_000, mac }), null)
})
