/**
 * Start and end of each segment, flat: [start, end, start, end, …]. Segments end with CR, LF or both; blanks, control
 * characters and a byte order mark before a segment's name belong to no segment, and neither do blank lines.
 */
export function scanSegments (text: string): readonly number[] {
  const bounds: number[] = []
  let nextCr = text.indexOf('\r')
  let nextLf = text.indexOf('\n')
  let start = 0
  while (start < text.length) {
    while (start < text.length && isBlank(text.charCodeAt(start))) start++
    if (start === text.length) break
    if (nextLf >= 0 && nextLf < start) nextLf = text.indexOf('\n', start)
    if (nextCr >= 0 && nextCr < start) nextCr = text.indexOf('\r', start)
    let end = nextCr < 0 ? text.length : nextCr
    if (nextLf >= 0 && nextLf < end) end = nextLf
    bounds.push(start, end)
    start = end + 1
  }
  return bounds
}

function isBlank (code: number): boolean {
  return code <= 0x20 || code === 0xfeff
}
