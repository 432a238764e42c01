import type { ChineseFonts, FontRun } from './chinese-fonts.ts'
import type { Pdf } from './pdf-kit.ts'

/** A4, in points. */
export const pageWidth = 595.28
const pageHeight = 841.89
export const pageMargin = 50
const leading = 1.55
const ink = '#111111'
const roughSize = 100
const stampSize = 96
const ruleHeight = 8
const cellGap = 6
const rowGap = 4

export interface Cell {
  readonly text: string
  readonly width: number
}

/** Writes down a page, and goes on on the next one where it is full. */
export interface Pen {
  readonly line: (text: string, size: number) => void
  readonly centred: (text: string, size: number) => void
  readonly paragraph: (text: string, look: { readonly size: number, readonly indent: number }) => void
  readonly row: (cells: readonly Cell[], size: number) => void
  readonly rule: () => void
  readonly space: (height: number) => void
  /** Room for a drawing of this height. */
  readonly block: (height: number, drawAt: (x: number, y: number) => void) => void
  readonly dot: (x: number, y: number, side: number) => void
  /** Large and pale across the page. */
  readonly stamp: (text: string) => void
}

interface Piece extends FontRun {
  readonly width: number
}

/** Text in the fonts that it needs, wherever on a page. */
interface Ink {
  readonly widthOf: (text: string, size: number) => number
  readonly put: (text: string, at: { readonly x: number, readonly y: number }, size: number) => void
  readonly wrapped: (text: string, size: number, width: number) => readonly string[]
}

function makeInk (pdf: Pdf, fonts: ChineseFonts): Ink {
  const registered = new Set<string>()
  const use = (font: string, size: number): void => {
    if (!registered.has(font)) pdf.registerFont(font, fonts.bytesOf(font))
    registered.add(font)
    pdf.font(font).fontSize(size)
  }
  const piecesOf = (text: string, size: number): readonly Piece[] => fonts.runsOf(text).map((run) => {
    use(run.font, size)
    return { ...run, width: pdf.widthOfString(run.text) }
  })
  const widthOf = (text: string, size: number): number => piecesOf(text, size).reduce((sum, { width }) => sum + width, 0)
  const widths = new Map<string, number>()
  /** Character by character, each measured once: good enough to break lines by. */
  const roughWidthOf = (text: string, size: number): number => {
    let sum = 0
    for (const character of text) {
      let width = widths.get(character)
      if (width === undefined) widths.set(character, width = widthOf(character, roughSize))
      sum += width * size / roughSize
    }
    return sum
  }
  return {
    widthOf,
    put: (text, at, size) => {
      let x = at.x
      for (const { font, text: run, width } of piecesOf(text, size)) {
        use(font, size)
        pdf.text(run, x, at.y, { lineBreak: false })
        x += width
      }
    },
    wrapped: (text, size, width) => text.split('\n').flatMap((line) => broken(line, width, (part) => roughWidthOf(part, size)))
  }
}

const inner = pageWidth - 2 * pageMargin

export function makePen (pdf: Pdf, fonts: ChineseFonts): Pen {
  const { widthOf, put, wrapped } = makeInk(pdf, fonts)
  let y = pageMargin
  const room = (height: number): void => {
    if (y + height <= pageHeight - pageMargin) return
    pdf.addPage()
    y = pageMargin
  }
  const write = (text: string, x: number, size: number): void => {
    room(size * leading)
    pdf.fillColor(ink)
    put(text, { x, y }, size)
    y += size * leading
  }
  return {
    line: (text, size) => { for (const part of wrapped(text, size, inner)) write(part, pageMargin, size) },
    centred: (text, size) => { write(text, Math.max(pageMargin, (pageWidth - widthOf(text, size)) / 2), size) },
    paragraph: (text, { size, indent }) => { for (const part of wrapped(text, size, inner - indent)) write(part, pageMargin + indent, size) },
    row: (cells, size) => {
      const lines = cells.map(({ text, width }) => wrapped(text, size, width - cellGap))
      const height = Math.max(...lines.map(({ length }) => length)) * size * leading + rowGap
      room(height)
      pdf.fillColor(ink)
      let x = pageMargin
      for (const [place, parts] of lines.entries()) {
        for (const [down, part] of parts.entries()) put(part, { x, y: y + down * size * leading }, size)
        x += cells[place]?.width ?? 0
      }
      y += height
    },
    rule: () => {
      room(ruleHeight)
      pdf.lineWidth(0.6).moveTo(pageMargin, y + 2).lineTo(pageWidth - pageMargin, y + 2).stroke('#777777')
      y += ruleHeight
    },
    space: (height) => { y += height },
    block: (height, drawAt) => {
      room(height)
      drawAt(pageMargin, y)
      y += height
    },
    dot: (x, top, side) => { pdf.rect(x, top, side, side).fill('#000000') },
    stamp: (text) => {
      pdf.save().rotate(-35, { origin: [pageWidth / 2, pageHeight / 2] }).fillColor('#cc2222', 0.18)
      put(text, { x: (pageWidth - widthOf(text, stampSize)) / 2, y: (pageHeight - stampSize) / 2 }, stampSize)
      pdf.restore()
      pdf.fillColor(ink, 1)
    }
  }
}

/** Characters that no line begins with (GB/T 15834 §5). */
const neverFirst = /^[，。、；：？！）》」』”’％℃,.;:?!)%]/u

/** Breaks after any character, as Chinese does, but never before a closing mark, nor within a word of Latin letters or digits. */
function broken (text: string, width: number, measure: (text: string) => number): readonly string[] {
  const words = text.match(/[A-Za-z0-9.+\-_/]+|./gsu) ?? ['']
  const lines: string[] = []
  let line = ''
  for (const word of words) {
    if (line !== '' && !neverFirst.test(word) && measure(line + word) > width) {
      lines.push(line)
      line = ''
    }
    line += word
  }
  return [...lines, line].flatMap((one) => one.length > 60 && measure(one) > width * 1.2 ? one.match(/.{1,40}/gsu) ?? [] : [one])
}
