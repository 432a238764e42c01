import type { PrintedDocument } from '../../core/prescriptions/index.ts'
import { chineseFonts, type ChineseFonts } from './chinese-fonts.ts'
import { openPdf } from './pdf-kit.ts'
import { makePen, pageMargin, pageWidth, type Pen } from './pen.ts'

/** A QR code; of adapters/codes, wired by app. */
export interface QrMatrix {
  readonly size: number
  readonly isDark: (row: number, column: number) => boolean
}

export interface PdfPrinter {
  readonly print: (document: PrintedDocument, printedAt: Date) => Promise<Buffer>
}

const lineHeight = 1.5
const qrSide = 96

/** 打印. A document as PDF (ISO 32000): text stays text, with the fonts that it needs inside. */
export function pdfPrinter ({ qrOf }: { readonly qrOf: (text: string) => QrMatrix }): PdfPrinter {
  let fonts: ChineseFonts | null = null
  return {
    print: async (document, printedAt) => {
      fonts ??= chineseFonts()
      const pdf = openPdf({ size: 'A4', margin: pageMargin, lang: 'zh-CN', info: { Title: document.title, Author: document.hospital, Creator: 'Yiqiao', CreationDate: printedAt } })
      const chunks: Buffer[] = []
      const done = new Promise<void>((resolve, reject) => { pdf.on('data', (chunk) => { chunks.push(chunk) }).once('end', resolve).once('error', reject) })
      draw(makePen(pdf, fonts), document, qrOf)
      pdf.end()
      await done
      return Buffer.concat(chunks)
    }
  }
}

function draw (pen: Pen, document: PrintedDocument, qrOf: (text: string) => QrMatrix): void {
  if (document.stamp !== null) pen.stamp(document.stamp)
  pen.centred(document.hospital, 13)
  pen.centred(document.title, 18)
  pen.line(`编号：${document.number}`, 9)
  pen.rule()
  pen.line(document.facts.map(([label, value]) => `${label}：${value}`).join('    '), 11)
  pen.rule()
  for (const [title, text] of document.sections) {
    pen.space(4)
    pen.line(title, 11)
    pen.paragraph(text, { size: 11, indent: 16 })
  }
  if (document.table !== null) drawTable(pen, document.table)
  pen.space(10)
  pen.rule()
  for (const [label, value] of document.signatures) pen.paragraph(`${label}：${value}`, { size: 10, indent: 0 })
  if (document.code !== null) drawCode(pen, document.code, qrOf)
  for (const note of document.notes) pen.paragraph(note, { size: 8, indent: 0 })
}

/** Widths of the five columns of a prescription, in parts of the page. */
const columnShares = [0.24, 0.18, 0.34, 0.1, 0.14]

function drawTable (pen: Pen, { head, rows }: NonNullable<PrintedDocument['table']>): void {
  const inner = pageWidth - 2 * pageMargin
  const cells = (row: readonly string[]): void => {
    pen.row(row.map((text, place) => ({ text, width: inner * (columnShares[place] ?? 1 / row.length) })), 9)
  }
  pen.space(6)
  cells(head)
  pen.rule()
  for (const row of rows) cells(row)
}

function drawCode (pen: Pen, { text, label }: NonNullable<PrintedDocument['code']>, qrOf: (text: string) => QrMatrix): void {
  const code = qrOf(text)
  pen.space(8)
  pen.block(qrSide * lineHeight, (x, y) => {
    const module = qrSide / code.size
    for (let row = 0; row < code.size; row++) for (let column = 0; column < code.size; column++) if (code.isDark(row, column)) pen.dot(x + column * module, y + row * module, module)
  })
  pen.line(label, 11)
}
