import { DomainError } from '../../core/errors.ts'

const maxElements = 200
const maxDepth = 5
/** An opening tag, a closing tag, CDATA, or characters: all there is of XML here. */
const token = /<([A-Za-z_][\w.-]{0,63})>|<\/([A-Za-z_][\w.-]{0,63})>|<!\[CDATA\[([^]*?)\]\]>|([^<]+)/y
const entities = new Map([['amp;', '&'], ['lt;', '<'], ['gt;', '>'], ['quot;', '"'], ['apos;', "'"]])

interface Reading {
  readonly texts: Map<string, string>
  readonly open: Array<{ readonly name: string, hasChildren: boolean }>
  text: string
  elements: number
}

/**
 * The XML that the platform sends, and no more of XML: one `<xml>` of elements with text or CDATA. Attributes, comments,
 * processing instructions, document types and so entities of one's own are refused, as is what nests or grows without
 * end. Answers the texts of the elements directly below `<xml>`; of nested ones the text is ''.
 */
export function readMessageXml (xml: string): ReadonlyMap<string, string> {
  const reading: Reading = { texts: new Map(), open: [], text: '', elements: 0 }
  let at = xml.startsWith('\uFEFF') ? 1 : 0
  while (at < xml.length) {
    token.lastIndex = at
    const found = token.exec(xml)
    if (found === null) throw unreadable()
    at = token.lastIndex
    const [, opening, closing, section, characters] = found
    if (opening !== undefined) begin(reading, opening)
    else if (closing !== undefined) end(reading, closing)
    else add(reading, section ?? decoded(characters ?? ''))
  }
  if (reading.elements === 0 || reading.open.length > 0) throw unreadable()
  return reading.texts
}

function begin (reading: Reading, name: string): void {
  const { open } = reading
  reading.elements += 1
  if (reading.elements > maxElements || open.length >= maxDepth) throw unreadable()
  if (open.length === 0 && (reading.elements > 1 || name !== 'xml')) throw unreadable()
  const parent = open.at(-1)
  if (parent !== undefined) parent.hasChildren = true
  open.push({ name, hasChildren: false })
  reading.text = ''
}

function end (reading: Reading, name: string): void {
  const closed = reading.open.pop()
  if (closed?.name !== name) throw unreadable()
  if (reading.open.length === 1) reading.texts.set(name, closed.hasChildren ? '' : reading.text)
  reading.text = ''
}

function add (reading: Reading, text: string): void {
  if (reading.open.length === 0 && text.trim() !== '') throw unreadable()
  reading.text += text
}

function decoded (raw: string): string {
  return raw.replaceAll(/&([^;&]{0,10};?)/g, (_, name: string) => {
    const meant = entities.get(name)
    if (meant === undefined) throw unreadable()
    return meant
  })
}

const unreadable = (): DomainError => new DomainError('REQUEST_INVALID', 'The body is not the XML of the official account platform.')
