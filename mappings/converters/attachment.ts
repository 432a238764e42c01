import type { JsonObject } from '../element-path.ts'
import { part, type Cell } from '../path.ts'
import { leaveOut } from '../run.ts'
import { defined } from './coding.ts'
import { joined } from './text.ts'
import type { Converter, SegmentsConverter } from './converter.ts'

/** ED → Attachment: encapsulated data, in base64 whatever the sender's encoding was. */
export const attachment: Converter = (cell, run, use) => {
  const text = part(cell, 5)
  const contentType = contentTypeOf(part(cell, 2), part(cell, 3))
  if (text === undefined) return contentType === undefined ? undefined : leaveOut(run, use.place, 'no data')
  const data = base64Of(text, part(cell, 4))
  return data === undefined ? leaveOut(run, use.place, 'data is not in its encoding') : defined({ contentType, data })
}

/** RP → Attachment: a pointer. */
export const attachmentLink: Converter = (cell, run, use) => {
  const url = part(cell, 1)
  if (url === undefined) return undefined
  return /\s/.test(url) ? leaveOut(run, use.place, 'no URL') : defined({ contentType: contentTypeOf(part(cell, 3), part(cell, 4)), url })
}

/** What an OBX holds, by OBX-2: ED, RP, or text. */
export const observationAttachment: Converter = (cell, run, use) => {
  const kind = cell.segment.value(2, 1, 1, 1)
  const content: Cell = { ...cell, field: 5, repetition: 1, component: 0 }
  if (kind === 'ED') return attachment(content, run, use)
  if (kind === 'RP') return attachmentLink(content, run, use)
  return undefined
}

/** All text lines of a document (OBX with TX, FT or ST) as one attachment: systems send one OBX a line. */
export const documentText: SegmentsConverter = (segments) => {
  const lines: string[] = []
  for (const { segment } of segments) {
    const kind = segment.value(2, 1, 1, 1)
    if (kind === 'ED' || kind === 'RP') continue
    for (let repetition = 1; repetition <= segment.count(5); repetition++) {
      lines.push(joined({ segment, field: 5, repetition, component: 0, subcomponent: 0 }) ?? '')
    }
  }
  return lines.every((line) => line === '') ? undefined : { contentType: 'text/plain', data: Buffer.from(lines.join('\n'), 'utf8').toString('base64') }
}

/** A picture in a segment of the site's own: content type in one field, base64 in the next. */
export const pictureFields: Converter = (cell, run, use) => {
  const data = part({ ...cell, field: cell.field + 1, component: 0 }, 1)
  if (data === undefined) return undefined
  const contentType = part(cell, 1)?.toLowerCase()
  const base64 = base64Of(data, 'Base64')
  return base64 === undefined ? leaveOut(run, use.place, 'data is not base64') : pictureOf(contentType, base64)
}

/** ED → Attachment, only where it is a picture. */
export const picture: Converter = (cell, run, use) => {
  const found = attachment(cell, run, use) as JsonObject | undefined
  return found === undefined ? undefined : pictureOf(found['contentType'] as string | undefined, String(found['data']))
}

function pictureOf (contentType: string | undefined, data: string): JsonObject | undefined {
  return { contentType: contentType !== undefined && contentType.startsWith('image/') ? contentType : 'image/jpeg', data }
}

const base64Grammar = /^[A-Za-z0-9+/]*={0,2}$/

function base64Of (text: string, encoding: string | undefined): string | undefined {
  switch (encoding?.toLowerCase() ?? 'base64') {
    case 'hex': return /^([0-9a-f]{2})+$/i.test(text) ? Buffer.from(text, 'hex').toString('base64') : undefined
    case 'a': return Buffer.from(text, 'utf8').toString('base64')
    default: {
      const data = /\s/.test(text) ? text.replace(/\s+/g, '') : text
      return base64Grammar.test(data) && data.length % 4 === 0 ? data : undefined
    }
  }
}

/** ED.2 and ED.3: `image` and `jpeg`, or the whole type in one of them. */
function contentTypeOf (type: string | undefined, subtype: string | undefined): string | undefined {
  const [first, second] = [type?.toLowerCase(), subtype?.toLowerCase()]
  const whole = [second, first].find((text) => text?.includes('/') === true)
  if (whole !== undefined) return whole
  if (second === undefined) return first === 'text' ? 'text/plain' : undefined
  const name = second === 'jpg' ? 'jpeg' : second
  if (pictures.includes(name)) return `image/${name}`
  return first !== undefined && mainTypes.includes(first) && name !== 'pdf' ? `${first}/${name}` : `application/${name}`
}

const pictures: readonly string[] = ['jpeg', 'png', 'gif', 'tiff', 'bmp']
const mainTypes: readonly string[] = ['application', 'image', 'text', 'audio', 'video', 'multipart']
