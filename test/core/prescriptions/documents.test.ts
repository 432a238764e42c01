import fc from 'fast-check'
import t from 'tap'
import type { CalendarDate } from '../../../core/clock.ts'
import { addDays } from '../../../core/days.ts'
import { DomainError } from '../../../core/errors.ts'
import { refuseUnfitDays, noteResult, voidedNote } from '../../../core/prescriptions/sick-note.ts'
import { nextVersion } from '../../../core/prescriptions/consult-record.ts'
import {
  canonicalText, controlledClassOf, controlledDrugList, decidePrescription, prescriptionStates, prescriptionToSign, refuseForbiddenItems, refuseUnguardedChild, refuseUnlessOrderable, verifiedSignature,
  type Prescription, type PrescriptionEvent, type PrescriptionState
} from '../../../core/prescriptions/index.ts'
import { keptUntil, refuseEarlyDeletion, retentionRules, type RetainedKind } from '../../../core/retention.ts'
import { signed } from '../../../core/prescriptions/signature.ts'
import { after, anItem, aPrescription, aRecordVersion, aSickNote, aSignature, aSigner, noon, settings } from '../../fixtures/pharmacy.ts'

const day = (text: string): CalendarDate => text as CalendarDate
const codeOf = (work: () => unknown): string => {
  try {
    work()
    return 'ok'
  } catch (error) {
    return error instanceof DomainError ? error.code : String(error)
  }
}

const events: Readonly<Record<string, PrescriptionEvent>> = {
  sign: { kind: 'sign', signature: aSignature(), validUntil: after(60) },
  approve: { kind: 'review', review: { isApproved: true, reason: null, signature: aSignature({ by: 'ph1' }) } },
  reject: { kind: 'review', review: { isApproved: false, reason: '剂量', signature: aSignature({ by: 'ph1' }) } },
  dispense: { kind: 'dispense' },
  expire: { kind: 'expire' },
  void: { kind: 'void', reason: '改方' }
}
const no = 'PRESCRIPTION_STATE_REFUSED'

t.test('a prescription → goes by the table of its states, and a refused event changes nothing [C11]', async (t) => {
  const table: Readonly<Record<string, readonly string[]>> = {
    //         draft      signed                  approved     rejected dispensed expired void
    sign:     ['signed', no,                     no,          no,      no,       no,     no],
    approve:  [no,       'pharmacist_approved',  no,          no,      no,       no,     no],
    reject:   [no,       'rejected',             no,          no,      no,       no,     no],
    dispense: [no,       no,                     'dispensed', no,      no,       no,     no],
    expire:   [no,       'expired',              'expired',   no,      no,       no,     no],
    void:     ['void',   'void',                 'void',      no,      no,       no,     no]
  }
  for (const [name, event] of Object.entries(events)) {
    const outcomes = prescriptionStates.map((state) => {
      const before = aPrescription({ state })
      try {
        return decidePrescription(before, event, noon).state
      } catch (error) {
        t.strictSame(before, aPrescription({ state }))
        return (error as DomainError).code
      }
    })
    t.strictSame(outcomes, table[name], name)
  }
  const signedOne = aPrescription({ state: 'signed', review: null })
  const by = (who: string): PrescriptionEvent => ({ kind: 'review', review: { isApproved: true, reason: null, signature: aSignature({ by: who }) } })
  t.equal(codeOf(() => decidePrescription(signedOne, by('d1'), noon)), 'DECISION_NEEDS_ANOTHER_PERSON', 'the doctor does not review')
  const end = signedOne.validUntil ?? noon
  t.equal(codeOf(() => decidePrescription(signedOne, by('ph1'), new Date(end.getTime() - 1))), 'ok')
  t.equal(codeOf(() => decidePrescription(signedOne, by('ph1'), end)), 'PRESCRIPTION_EXPIRED', 'from its end on nobody approves it')
})

t.test('drugs are ordered → on what is approved and valid, to the millisecond [C12 acc:8.11]', async (t) => {
  const end = aPrescription().validUntil ?? noon
  const order = (state: PrescriptionState, at = noon): string => codeOf(() => { refuseUnlessOrderable(aPrescription({ state, ...state === 'draft' ? { validUntil: null } : {} }), at) })
  t.strictSame(prescriptionStates.map((state) => order(state)), ['PRESCRIPTION_NOT_SIGNED', 'PRESCRIPTION_NOT_REVIEWED', 'ok', 'PRESCRIPTION_REJECTED', no, 'PRESCRIPTION_EXPIRED', no])
  t.strictSame([order('pharmacist_approved', new Date(end.getTime() - 1)), order('pharmacist_approved', end), order('signed', end)], ['ok', 'PRESCRIPTION_EXPIRED', 'PRESCRIPTION_EXPIRED'])
})

t.test('what may not be prescribed over the internet', async (t) => {
  const classOf = (name: string, code = 'X1'): string | null => controlledClassOf({ code, name }, [controlledDrugList])

  t.test('is known by generic name, whatever salt or form stands around it, or by its ATC code [C11]', async (t) => {
    const controlled = { 硫酸吗啡缓释片: 'narcotic', 磷酸可待因: 'narcotic', 'OxyCodone HCl': 'narcotic', '盐酸 哌替啶 注射液': 'narcotic', 复方地芬诺酯片: 'narcotic', 盐酸哌甲酯缓释片: 'psychotropic_1', 咪达唑仑片: 'psychotropic_1', 地西泮片: 'psychotropic_2', 苯巴比妥片: 'psychotropic_2', 酒石酸唑吡坦片: 'psychotropic_2', 氨酚曲马多片: 'psychotropic_2', 注射用A型肉毒毒素: 'toxic' }
    for (const [name, wanted] of Object.entries(controlled)) t.equal(classOf(name), wanted, name)
    t.strictSame([classOf('Valium', 'N05BA01'), classOf('某药', 'n02aa01'), classOf('某药', 'N05B'), classOf('某药', 'V1001')], ['psychotropic_2', 'narcotic', null, null], 'a hospital\'s own code is no ATC code')
  })

  t.test('and the drugs of every day are none of it', async (t) => {
    for (const name of ['阿莫西林胶囊', '异丙托溴铵气雾剂', 'Ipratropium Bromide', 'Tiotropium', '盐酸罂粟碱片', '硝苯地平控释片', '阿普洛尔', '阿司匹林肠溶片', '急支糖浆', '二甲双胍片', '布洛芬缓释胶囊', '对乙酰氨基酚片', '利多卡因', 'Lidocaine', '普鲁卡因', '沙丁胺醇', '阿奇霉素片']) t.equal(classOf(name), null, name)
  })

  t.test('nor more than the rules of a prescription allow', async (t) => {
    const refuse = (...items: ReadonlyArray<Parameters<typeof anItem>[0]>): string => codeOf(() => { refuseForbiddenItems(items.map(anItem), settings) })
    t.strictSame([refuse({}), refuse({ days: 30 }), refuse({ days: 31 }), refuse({}, {}), refuse({}, { code: 'B' }), refuse({ priceFen: 9_000_000 as never }), refuse({ name: '吗啡' })],
      ['ok', 'ok', 'PRESCRIPTION_ITEM_INVALID', 'PRESCRIPTION_ITEM_INVALID', 'ok', 'PRESCRIPTION_ITEM_INVALID', 'PRESCRIPTION_DRUG_FORBIDDEN'])
    const site = { ...settings, controlled: [controlledDrugList, { drugs: [{ class: 'site' as const, names: ['麻黄碱'], codes: ['EPH1'], atc: [] }] , version: 'site', source: 'site' }] }
    t.strictSame([{ name: '盐酸麻黄碱片' }, { code: 'EPH1' }, { code: 'EPH11' }].map((one) => codeOf(() => { refuseForbiddenItems([anItem(one)], site) })), ['PRESCRIPTION_DRUG_FORBIDDEN', 'PRESCRIPTION_DRUG_FORBIDDEN', 'ok'])
  })
})

t.test('a child under six → has a guardian there and a doctor for children, until the sixth birthday [C11]', async (t) => {
  const reasons = (given: object): readonly string[] | undefined => {
    try {
      refuseUnguardedChild({ birthDate: day('2021-03-02'), today: day('2027-03-01'), isGuardianPresent: true, department: '儿科门诊', ...given })
      return []
    } catch (error) {
      return (error as DomainError).reasons
    }
  }
  t.strictSame(reasons({}), [])
  t.strictSame(reasons({ isGuardianPresent: false }), ['guardian_not_present'])
  t.strictSame(reasons({ department: '呼吸内科' }), ['department_not_paediatric'])
  t.strictSame(reasons({ isGuardianPresent: false, department: null }), ['guardian_not_present', 'department_not_paediatric'])
  t.strictSame(reasons({ birthDate: day('2021-03-01'), isGuardianPresent: false, department: null }), [], 'six today')
  t.strictSame(reasons({ birthDate: day('2020-02-29'), today: day('2026-02-28'), isGuardianPresent: false }), ['guardian_not_present'])
  t.strictSame(reasons({ birthDate: day('2020-02-29'), today: day('2026-03-01'), isGuardianPresent: false }), [])
  t.strictSame(reasons({ birthDate: null, isGuardianPresent: false }), ['guardian_not_present'], 'whose age nobody knows is a child')
})

t.test('a signature', async (t) => {
  const signer = aSigner()
  const prescription = aPrescription()
  const signature = signed(signer, { content: prescriptionToSign(prescription), by: 'd1', at: noon })

  t.test('holds for the very content, and for nothing else [C11]', async (t) => {
    t.ok(verifiedSignature(signer, prescriptionToSign(prescription), signature).isValid)
    const tampered: ReadonlyArray<Partial<Prescription>> = [
      { patientId: 'p2' }, { doctorId: 'd2' }, { items: [anItem({ quantity: 3 })] }, { items: prescription.items.slice(0, 1) }, { diagnoses: [] }, { isGuardianPresent: true }, { recordVersion: 2 }, { number: 'YQ2' }
    ]
    for (const change of tampered) t.notOk(verifiedSignature(signer, prescriptionToSign({ ...prescription, ...change }), signature).isValid, Object.keys(change).join())
    for (const change of [{ by: 'd2' }, { at: after(1) }, { value: signed(signer, { content: 'x', by: 'd1', at: noon }).value }, { keyId: '00000000' }]) t.notOk(verifiedSignature(signer, prescriptionToSign(prescription), { ...signature, ...change }).isValid)
    t.notOk(verifiedSignature(aSigner(), prescriptionToSign(prescription), signature).isValid, 'another key')
  })

  t.test('is over a text that does not depend on the order of members', async () => {
    fc.assert(fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (content) => {
      const turned = Object.fromEntries(Object.entries(content).reverse())
      return canonicalText(content) === canonicalText(turned) && canonicalText(JSON.parse(canonicalText(content))) === canonicalText(content)
    }))
  })
})

t.test('a record → has one version after the other, each based on the one that was read [C11]', async (t) => {
  const based = (standing: ReturnType<typeof aRecordVersion> | null, basedOn: number | null, because: string | null = '补充'): string | number => {
    try {
      return nextVersion(standing, { content: aRecordVersion().content, basedOn, because })
    } catch (error) {
      return (error as DomainError).code
    }
  }
  t.strictSame([based(null, null), based(null, 1), based(aRecordVersion(), 1), based(aRecordVersion(), null), based(aRecordVersion({ version: 2 }), 1), based(aRecordVersion(), 1, null)],
    [1, 'DOCUMENT_VERSION_CHANGED', 2, 'DOCUMENT_VERSION_CHANGED', 'DOCUMENT_VERSION_CHANGED', 'REQUEST_INVALID'])
})

t.test('a sick note → is for some days around today, and says by the day whether it holds [C11]', async (t) => {
  const today = day('2027-03-01')
  const fit = (firstDay: string, days: number): string => codeOf(() => { refuseUnfitDays({ firstDay: day(firstDay), days }, { today, mostDays: 14 }) })
  t.strictSame([fit('2027-03-01', 1), fit('2027-02-26', 14), fit('2027-02-25', 1), fit('2027-03-08', 1), fit('2027-03-09', 1), fit('2027-03-01', 15), fit('2027-03-01', 0)],
    ['ok', 'ok', 'SICK_NOTE_DAYS_INVALID', 'ok', 'SICK_NOTE_DAYS_INVALID', 'SICK_NOTE_DAYS_INVALID', 'SICK_NOTE_DAYS_INVALID'])
  t.strictSame([-1, 0, 2, 3].map((days) => noteResult(aSickNote(), addDays(today, days))), ['not_yet', 'valid', 'valid', 'over'])
  const voided = voidedNote(aSickNote(), { reason: '有误', at: noon })
  t.equal(noteResult(voided, today), 'void')
  t.equal(codeOf(() => voidedNote(voided, { reason: 'x', at: noon })), 'SICK_NOTE_VOID')
})

t.test('what the law wants kept → is not deleted one millisecond early, whoever asks [acc:8.13]', async (t) => {
  t.strictSame(Object.fromEntries(Object.entries(retentionRules).map(([kind, { years }]) => [kind, years])), { record: 15, prescription: 15, sick_note: 15, drug_order: 5, dialogue: 3, call: 3 })
  for (const kind of Object.keys(retentionRules) as RetainedKind[]) {
    const until = keptUntil(kind, noon)
    t.equal(until.getUTCFullYear() - noon.getUTCFullYear(), retentionRules[kind].years)
    t.equal(codeOf(() => { refuseEarlyDeletion(kind, noon, new Date(until.getTime() - 1)) }), 'RETENTION_NOT_OVER', kind)
    t.equal(codeOf(() => { refuseEarlyDeletion(kind, noon, until) }), 'ok', kind)
  }
  t.strictSame(keptUntil('dialogue', new Date('2028-02-29T00:00:00Z')), new Date('2031-03-01T00:00:00Z'))
})
