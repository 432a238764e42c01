import fc from 'fast-check'
import t from 'tap'
import { frame, type FrameEvent, makeFramer } from '../../../adapters/mllp/index.ts'

const limits = { maxMessageBytes: 1000 }
const told = (events: readonly FrameEvent[]): string[] => events.map((event) => event.kind === 'frame' ? event.bytes.toString() : `${event.kind}: ${event.head.toString()}`)
const framesOf = (...chunks: string[]): string[] => {
  const framer = makeFramer(limits)
  return chunks.flatMap((chunk) => told(framer.push(Buffer.from(chunk))))
}

t.test('a stream of frames', async (t) => {
  t.test('gives the same messages however it is cut', async (t) => {
    const message = fc.string({ unit: fc.constantFrom('M', 'S', 'H', '|', '\r', '\n', '\x1c', '医', ' '), minLength: 1 }).map((text) => `MSH${text}x`.replace(/\x1c+\r/g, '\r'))
    fc.assert(fc.property(fc.array(message), fc.array(fc.nat()), (messages, cuts) => {
      const stream = Buffer.concat(messages.map((text) => frame(Buffer.from(text))))
      const framer = makeFramer(limits)
      const places = [0, ...cuts.map((cut) => cut % (stream.length + 1)).sort((a, b) => a - b), stream.length]
      const seen = places.slice(1).flatMap((place, index) => told(framer.push(stream.subarray(places[index], place))))
      return JSON.stringify(seen) === JSON.stringify(messages) && framer.begun() === null
    }))
    t.pass()
  })

  t.test('may hold blanks between its frames and end blocks inside them', async (t) => {
    t.strictSame(framesOf('\r\n\x0bMSH|1\x1c\r\r\n \x0bMSH|2\x1c|\x1c\x1c\r'), ['MSH|1', 'MSH|2\x1c|\x1c'])
  })

  t.test('whose sender leaves out the last CR is read up to the next frame', async (t) => {
    t.strictSame(framesOf('\x0bMSH|1\x1c\x0bMSH|2', '\x1c', '\x0bMSH|3\x1c\r'), ['MSH|1', 'MSH|2', 'MSH|3'])
  })

  t.test('that breaks off and begins again gives the message that was begun last', async (t) => {
    t.strictSame(framesOf('\x0bMSH|half', '\x0bMSH|whole\x1c\r'), ['MSH|whole'])
    t.strictSame(framesOf('\x0bMSH|half\x0b', 'MSH|half again\x0b\ufeffMSH|whole\x1c\r'), ['\ufeffMSH|whole'])
    t.strictSame(framesOf('\x0bMSH|a line\x0banother\x1c\r'), ['MSH|a line\x0banother'], 'a vertical tab in a text begins nothing')
  })

  t.test('tells what is outside its frames only where no frame follows', async (t) => {
    t.strictSame(framesOf('noise\x0bMSH|1\x1c\r'), ['MSH|1'])
    t.strictSame(framesOf('noise', ' and more', '\x0bMSH|1\x1c\r'), ['MSH|1'])
    t.strictSame(framesOf('MSH|unframed\x1c\r\x0bMSH|1\x1c\r'), ['unframed: MSH|unframed', 'MSH|1'])
    const framer = makeFramer(limits)
    t.strictSame([framer.push(Buffer.from('noise')), framer.begun(), told([framer.giveUp()].filter((event) => event !== null)), framer.begun()], [[], 'garbage', ['unframed: noise'], null])
    const [event] = makeFramer(limits).push(Buffer.alloc(70_000, 'x'))
    t.match(event, { kind: 'unframed', isLast: true })
  })

  t.test('that stops inside a message can be given up', async (t) => {
    const begun = (chunk: string): unknown => {
      const framer = makeFramer(limits)
      framer.push(Buffer.from(chunk))
      return [framer.begun(), told([framer.giveUp()].filter((event) => event !== null)), framer.begun()]
    }
    t.strictSame(begun('\x0bMSH|half'), ['message', ['incomplete: MSH|half'], null])
    t.strictSame(begun('\x0bMSH|whole\x1c'), ['message', ['MSH|whole'], null])
    t.strictSame(begun('\x0bMSH|whole\x1c\r'), [null, [], null])
  })

  t.test('with a message over the limit is read no further', async (t) => {
    const exact = 'x'.repeat(1000)
    t.strictSame(framesOf(`\x0b${exact}\x1c\r`), [exact])
    t.strictSame(framesOf('\x0b', exact, '\x1c', '\r'), [exact])
    for (const chunks of [[`\x0b${exact}x\x1c\r`], ['\x0b', exact, 'x', '\x1c\r'], [`\x0b${exact}`, 'xxx', 'x']]) {
      t.match(framesOf(...chunks, '\x0bMSH|1\x1c\r'), [/^oversize: x{1000}/])
    }
  })

  t.test('in one piece is not copied', async (t) => {
    const chunk = Buffer.from('\x0bMSH|1\x1c\r')
    const [event] = makeFramer(limits).push(chunk)
    t.ok(event?.kind === 'frame' && event.bytes.buffer === chunk.buffer && event.bytes.byteOffset === chunk.byteOffset + 1)
  })
})
