export { pdfPrinter, type PdfPrinter, type QrMatrix } from './pdf-printer.ts'
