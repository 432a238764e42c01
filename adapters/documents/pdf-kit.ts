import { createRequire } from 'node:module'

/** What is used of @foliojs-fork/pdfkit, which brings no types. */
export interface Pdf {
  on (event: 'data', listener: (chunk: Buffer) => void): this
  once (event: 'end', listener: () => void): this
  once (event: 'error', listener: (error: Error) => void): this
  addPage (): this
  registerFont (name: string, source: Buffer): this
  font (name: string): this
  fontSize (size: number): this
  widthOfString (text: string): number
  text (text: string, x: number, y: number, options: { readonly lineBreak: false }): this
  rect (x: number, y: number, width: number, height: number): this
  moveTo (x: number, y: number): this
  lineTo (x: number, y: number): this
  lineWidth (width: number): this
  stroke (color?: string): this
  fill (color: string): this
  fillColor (color: string, opacity?: number): this
  save (): this
  restore (): this
  rotate (degrees: number, options: { readonly origin: readonly [number, number] }): this
  end (): void
}

interface PdfOptions {
  readonly size: 'A4'
  readonly margin: number
  readonly lang: string
  readonly info: Readonly<Record<string, string | Date>>
}

/** Loaded with the first document that is printed: it takes half a second, which no start should pay. */
export function openPdf (options: PdfOptions): Pdf {
  const PdfDocument = createRequire(import.meta.url)('@foliojs-fork/pdfkit') as new (given: PdfOptions) => Pdf
  return new PdfDocument(options)
}
