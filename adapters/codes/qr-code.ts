import { create } from 'qrcode'
import { onePixelBits, png } from './png.ts'

/** White around the code, in modules (ISO/IEC 18004 §9.1). */
const quietModules = 4
/** What a scanner of 300 dpi on paper still tells apart. */
const leastModulePixels = 3
const mmPerInch = 25.4

interface QrCode {
  /** 1 … 40. */
  readonly version: number
  /** Modules of a side, without the quiet zone. */
  readonly size: number
  readonly isDark: (row: number, column: number) => boolean
}

/** A code of capital letters, digits and `:` only, in the mode made for these, so that it stays small; level M stands a stain of 15 %. */
export function qrCode (text: string): QrCode {
  const { version, modules } = create([{ data: text, mode: 'alphanumeric' }], { errorCorrectionLevel: 'M' })
  return { version, size: modules.size, isDark: (row, column) => modules.get(row, column) !== 0 }
}

/** Whole pixels for each module, the rest white at the edge. Null: so small that it could not be read back. */
function qrPng (code: QrCode, { sizeMm, dpi }: { readonly sizeMm: number, readonly dpi: number }): Buffer | null {
  const side = Math.round(sizeMm / mmPerInch * dpi)
  const modulePixels = Math.floor(side / (code.size + 2 * quietModules))
  if (modulePixels < leastModulePixels) return null
  const edge = Math.floor((side - code.size * modulePixels) / 2)
  const isDark = (row: number, column: number): boolean => {
    const [y, x] = [Math.floor((row - edge) / modulePixels), Math.floor((column - edge) / modulePixels)]
    return y >= 0 && x >= 0 && y < code.size && x < code.size && code.isDark(y, x)
  }
  return png({ side, dpi, rows: onePixelBits(side, isDark) })
}

/** As long on paper as `sizeMm` says, quiet zone included. */
function qrSvg (code: QrCode, { sizeMm }: { readonly sizeMm: number }): string {
  const side = code.size + 2 * quietModules
  const lines = Array.from({ length: code.size }, (_, row) => runsOf(code, row)).join('')
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${sizeMm}mm" height="${sizeMm}mm" viewBox="0 0 ${side} ${side}" shape-rendering="crispEdges"><path fill="#fff" d="M0 0h${side}v${side}H0z"/><path d="${lines}"/></svg>`
}

function runsOf (code: QrCode, row: number): string {
  let path = ''
  for (let column = 0; column < code.size; column++) {
    if (!code.isDark(row, column)) continue
    const from = column
    while (column < code.size && code.isDark(row, column)) column++
    path += `M${from + quietModules} ${row + quietModules}h${column - from}v1H${from + quietModules}z`
  }
  return path
}

/** Draws a code from its text. */
export const codePictures = {
  png: (text: string, size: { readonly sizeMm: number, readonly dpi: number }): Buffer | null => qrPng(qrCode(text), size),
  svg: (text: string, size: { readonly sizeMm: number }): string => qrSvg(qrCode(text), size)
}
