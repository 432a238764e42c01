import { crc32, deflateSync } from 'node:zlib'

const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])
const metresPerInch = 0.0254

/** Rows of a black and white picture, a bit a pixel, 1 = white, each with PNG's filter byte before it. */
export function onePixelBits (side: number, isDark: (row: number, column: number) => boolean): Buffer {
  const rowBytes = 1 + Math.ceil(side / 8)
  const rows = Buffer.alloc(rowBytes * side)
  for (let row = 0; row < side; row++) {
    for (let column = 0; column < side; column++) {
      const place = row * rowBytes + 1 + (column >> 3)
      if (!isDark(row, column)) rows.writeUInt8(rows.readUInt8(place) | (0x80 >> (column & 7)), place)
    }
  }
  return rows
}

/** PNG (ISO/IEC 15948) in grey of one bit, with the resolution inside, so that it prints at its true size. */
export function png ({ side, dpi, rows }: { readonly side: number, readonly dpi: number, readonly rows: Buffer }): Buffer {
  const header = Buffer.alloc(13)
  header.writeUInt32BE(side, 0)
  header.writeUInt32BE(side, 4)
  header.writeUInt8(1, 8)
  const density = Buffer.alloc(9)
  density.writeUInt32BE(Math.round(dpi / metresPerInch), 0)
  density.writeUInt32BE(Math.round(dpi / metresPerInch), 4)
  density.writeUInt8(1, 8)
  return Buffer.concat([signature, chunk('IHDR', header), chunk('pHYs', density), chunk('IDAT', deflateSync(rows, { level: 9 })), chunk('IEND', Buffer.alloc(0))])
}

function chunk (type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data])
  const framed = Buffer.alloc(8 + body.length)
  framed.writeUInt32BE(data.length, 0)
  body.copy(framed, 4)
  framed.writeUInt32BE(crc32(body), 4 + body.length)
  return framed
}
