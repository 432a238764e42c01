import { createHmac } from 'node:crypto'
import sharp from 'sharp'
import t from 'tap'
import { cleanPicture, iceServersWith, roomTickets } from '../../../adapters/calls/index.ts'

const now = new Date('2027-03-01T01:00:00.000Z')
const anna = { kind: 'patient', id: 'anna' } as const

t.test('a TURN credential → is what coturn takes, ends after its time, and names nobody', async (t) => {
  const servers = iceServersWith({ stun: ['stun:turn.example:3478'], turn: ['turns:turn.example:443?transport=tcp'], secret: 'north', ttlSeconds: 600 })(anna, now)
  const username = `${now.getTime() / 1000 + 600}:patient`
  t.strictSame(servers, [{ urls: ['stun:turn.example:3478'] }, { urls: ['turns:turn.example:443?transport=tcp'], username, credential: createHmac('sha1', 'north').update(username).digest('base64') }])
  t.strictSame(iceServersWith({ stun: [], turn: ['turn:x'], secret: null, ttlSeconds: 600 })(anna, now), [], 'no server without its secret')
})

t.test('a ticket → opens for whom it was given out, until its second, with the key that signed it', async (t) => {
  const tickets = roomTickets(Buffer.alloc(32, 1))
  const ticket = tickets.issue({ threadId: 'order-1', party: anna }, new Date(now.getTime() + 60_000))
  t.strictSame(tickets.open(ticket, now), { threadId: 'order-1', party: anna })
  t.strictSame(tickets.open(ticket, new Date(now.getTime() + 60_000)), null)
  t.strictSame(roomTickets(Buffer.alloc(32, 2)).open(ticket, now), null)
  const [header = '', body = '', proof = ''] = ticket.split('.')
  const none = Buffer.from('{"alg":"none"}').toString('base64url')
  for (const wrong of ['', 'a.b.c', `${none}.${body}.`, `${none}.${body}.${proof}`, `${header}.${body}`, `${header}.${body}.${proof.slice(1)}`, `${header}.e30.${proof}`, `${ticket}.more`.replace(proof, 'x')]) t.equal(tickets.open(wrong, now), null, wrong.slice(0, 20))
})

t.test('a picture → is written anew: upright, no larger than it need be, without what stood beside it', async (t) => {
  const photo = await sharp({ create: { width: 3_000, height: 1_000, channels: 3, background: '#08c' } }).withMetadata({ orientation: 6 }).withExifMerge({ IFD0: { Artist: 'somebody' } }).jpeg().toBuffer()
  t.ok(photo.includes('somebody'))
  const { contentType, width, height, bytes } = await cleanPicture(photo)
  t.strictSame([contentType, width, height, Buffer.from(bytes).includes('somebody'), (await sharp(bytes).metadata()).orientation], ['image/jpeg', 853, 2_560, false, undefined])
  for (const wrong of ['', 'GIF89a', '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>', photo.subarray(0, 200)]) await t.rejects(cleanPicture(Buffer.from(wrong)), { code: 'PICTURE_INVALID' })
})
