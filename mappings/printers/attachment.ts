import type { Printed } from '../outbound-content.ts'
import { recordBehind } from '../outbound-run.ts'
import { leftOut, textAt, type Printer, type Printing } from './printer.ts'

/** A value with its type, as OBX-2 and OBX-5 have them. */
export interface TypedContent {
  readonly type: string
  readonly content: Printed
}

/**
 * An Attachment: text as FT with its lines, other data as ED in base64, a link to elsewhere as RP. Data kept apart
 * (Binary) must be among the records loaded.
 */
export function attachmentContent (attachment: unknown, printing: Printing): TypedContent | undefined {
  if (attachment === undefined) return undefined
  const url = textAt(attachment, 'url')
  const binary = url?.startsWith('Binary/') === true ? recordBehind(url, printing.record, printing.run) : undefined
  const { mainType, subtype } = contentTypeOf(textAt(attachment, 'contentType') ?? textAt(binary, 'contentType'))
  const data = textAt(attachment, 'data') ?? textAt(binary, 'data')
  if (data === undefined) return url === undefined || binary !== undefined ? leftOut(printing, 'has no data') : { type: 'RP', content: [url, '', mainType, subtype] }
  if (mainType === 'text' && subtype === 'plain') return { type: 'FT', content: Buffer.from(data, 'base64').toString('utf8').replace(/\r\n?/g, '\n') }
  return { type: 'ED', content: ['', mainType, subtype, 'Base64', data] }
}

function contentTypeOf (text = 'application/octet-stream'): { readonly mainType: string, readonly subtype: string } {
  const [, mainType = 'application', subtype = 'octet-stream'] = /^([^/;\s]+)\/([^;\s]+)/.exec(text.toLowerCase()) ?? []
  return { mainType, subtype }
}

export const attachmentType: Printer = (value, printing) => attachmentContent(value, printing)?.type
export const attachment: Printer = (value, printing) => attachmentContent(value, printing)?.content
