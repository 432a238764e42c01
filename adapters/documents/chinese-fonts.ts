import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import { sfntOf } from './woff.ts'

/** A stretch of text that one font file has all characters of. */
export interface FontRun {
  /** Path of a font file. */
  readonly font: string
  readonly text: string
}

export interface ChineseFonts {
  /** Text cut into runs; a character that no font has is written as its code point, so that nothing is drawn as an empty box. */
  readonly runsOf: (text: string) => readonly FontRun[]
  /** What the library reads; kept, since every document needs the same dozen. */
  readonly bytesOf: (font: string) => Buffer
}

type Range = readonly [from: number, to: number]

/**
 * 思源黑体 (Noto Sans SC, OFL 1.1) comes as a hundred small files, each with some ranges of Unicode; a page needs ten of
 * them. Which file has which character is read once from the package's own table.
 */
export function chineseFonts (): ChineseFonts {
  const folder = path.dirname(createRequire(import.meta.url).resolve('@fontsource/noto-sans-sc/package.json'))
  const table = JSON.parse(readFileSync(path.join(folder, 'unicode.json'), 'utf8')) as Readonly<Record<string, string>>
  const files = Object.entries(table).map(([name, ranges]) => ({ font: path.join(folder, 'files', `noto-sans-sc-${name.replaceAll(/[[\]]/g, '')}-400-normal.woff`), ranges: ranges.split(',').map(rangeOf) }))
  const known = new Map<number, string | null>()
  const fontOf = (codePoint: number): string | null => {
    const seen = known.get(codePoint)
    if (seen !== undefined) return seen
    const font = files.find(({ ranges }) => ranges.some(([from, to]) => codePoint >= from && codePoint <= to))?.font ?? null
    known.set(codePoint, font)
    return font
  }
  const unpacked = new Map<string, Buffer>()
  const bytesOf = (font: string): Buffer => {
    const bytes = unpacked.get(font) ?? sfntOf(readFileSync(font))
    unpacked.set(font, bytes)
    return bytes
  }
  return { bytesOf, runsOf: (text) => joined([...text].flatMap((character) => drawable(character, fontOf))) }
}

function rangeOf (text: string): Range {
  const [from = '0', to = from] = text.replace('U+', '').split('-')
  return [Number.parseInt(from, 16), Number.parseInt(to, 16)]
}

function drawable (character: string, fontOf: (codePoint: number) => string | null): readonly FontRun[] {
  const codePoint = character.codePointAt(0) ?? 0
  const font = fontOf(codePoint)
  if (font !== null) return [{ font, text: character }]
  return [...`[U+${codePoint.toString(16).toUpperCase().padStart(4, '0')}]`].map((letter) => ({ font: fontOf(letter.codePointAt(0) ?? 0) ?? '', text: letter }))
}

function joined (runs: readonly FontRun[]): readonly FontRun[] {
  const found: Array<{ font: string, text: string }> = []
  for (const { font, text } of runs) {
    const last = found.at(-1)
    if (last?.font === font) last.text += text
    else found.push({ font, text })
  }
  return found
}
