import t from 'tap'
import { qrCode } from '../../../adapters/codes/index.ts'
import { chineseFonts } from '../../../adapters/documents/chinese-fonts.ts'
import { pdfPrinter } from '../../../adapters/documents/index.ts'
import { sfntOf } from '../../../adapters/documents/woff.ts'
import { printedPrescription, printedRecord, printedSickNote, type PrintedDocument, type PrintContext } from '../../../core/prescriptions/index.ts'
import type { CalendarDate } from '../../../core/clock.ts'
import { aPrescription, aRecordVersion, aSickNote, noon } from '../../fixtures/pharmacy.ts'
import { pdfText } from '../../fixtures/pdf-text.ts'

const printer = pdfPrinter({ qrOf: qrCode })
const context: PrintContext = {
  hospital: '东方示范医院', patient: { name: '许样例', gender: 'male', birthDate: '1990-03-15' as CalendarDate }, doctor: { name: '王医生', department: '呼吸内科' }, today: '2027-03-01' as CalendarDate, writeTime: (at) => at.toISOString().slice(0, 16)
}
const read = async (document: PrintedDocument): Promise<string> => pdfText(await printer.print(document, noon))
/** What stands on paper in one line may be broken there. */
const flat = (text: string): string => text.replaceAll(/\s/g, '')
const wordsOf = ({ title, hospital, number, facts, sections, table, signatures, notes, code }: PrintedDocument): readonly string[] =>
  [title, hospital, number, ...facts.flat(), ...sections.flat(), ...table?.head ?? [], ...table?.rows.flat() ?? [], ...signatures.flat(), ...notes, ...code === null ? [] : [code.label]]

t.test('a paper → has every word as text, each character drawn [C11]', async (t) => {
  const papers = [printedRecord(aRecordVersion({ version: 2, amendedBecause: '补充查体' }), context), printedPrescription(aPrescription(), context), printedPrescription(aPrescription({ state: 'void' }), context), printedSickNote(aSickNote({ advice: '居家休息' }), '0123456789ABCDEF', context)]
  for (const paper of papers) {
    const text = flat(await read(paper))
    for (const word of wordsOf(paper)) t.ok(text.includes(flat(word)), `${paper.title}: ${word}`)
  }
  t.match(await read(printedPrescription(aPrescription({ state: 'void' }), context)), '已作废')
})

t.test('a long text → goes over as many pages as it needs, and loses nothing', async (t) => {
  const history = Array.from({ length: 400 }, (_, place) => `第${place}日体温36.${place % 10}℃，血压12${place % 10}/80mmHg；`).join('')
  const document = printedRecord(aRecordVersion({ content: { ...aRecordVersion().content, history } }), context)
  const bytes = await printer.print(document, noon)
  t.ok(flat(pdfText(bytes)).includes(flat(history)))
  t.ok((bytes.toString('latin1').match(/\/Type \/Page\b/g) ?? []).length > 3)
})

t.test('a character that no font has → stands as its code point, and a name is never empty', async (t) => {
  t.match(await read(printedRecord(aRecordVersion(), { ...context, patient: { name: '曹𬍛', gender: 'female', birthDate: null } })), '曹[U+2C35B]')
})

t.test('the seven thousand characters of daily use → are all in the fonts, and every file opens', async (t) => {
  const fonts = chineseFonts()
  const common = '的一是在不了有和人这中大为上个国我以要他时来用们生到作地于出就分对成会可主发年动同工也能下过子说产种面而方后多定行学法所民得经十三之进着等部度家电力里如水化高自二理起小物现实加量都两体制机当使点从业本去把性好应开它合还因由其些然前外天政四日那社义事平形相全表间样与关各重新线内数正心反你明看原又么利比或但质气第向道命此变条只没结解问意建月公无系军很情者最立代想已通并提直题党程展五果料象员革位入常文总次品式活设及管特件长求老头基资边流路级少图山统接知较将组见计别她手角期根论运农指几九区强放决西被干做必战先回则任取据处理世车价济今研胸痛头晕咳嗽痰喘发热腹泻呕吐皮疹糖尿病高血压冠心病支气管炎肺炎胃肠鼻咽喉扁桃体阑尾胆囊胰腺肝肾膀胱前列腺甲状腺乳腺子宫卵巢骨折韧带颈腰椎'
  t.strictSame([...new Set(common)].filter((character) => fonts.runsOf(character)[0]?.text !== character), [])
  const files = new Set([...Array.from({ length: 0x9fa6 - 0x4e00 }, (_, place) => String.fromCodePoint(0x4e00 + place)), ...'ABCxyz0189，。；：（）《》℃×±≥≤α'].flatMap((character) => fonts.runsOf(character).map(({ font }) => font)))
  for (const font of files) t.ok(fonts.bytesOf(font).length > 1_000, font)
  t.ok(files.size > 80)
  t.throws(() => sfntOf(Buffer.from('not a font')))
})

t.test('a page → takes less than a second on a busy machine', async (t) => {
  const document = printedRecord(aRecordVersion(), context)
  await printer.print(document, noon)
  const before = performance.now()
  for (let times = 0; times < 5; times++) await printer.print(document, noon)
  const tookMs = (performance.now() - before) / 5
  t.comment(`${tookMs.toFixed(0)} ms a page`)
  t.ok(tookMs < 1_000)
})
