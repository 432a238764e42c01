/** Cells of a CSV text (RFC 4180: quoted cells may hold commas, line ends and doubled quotes). */
export function csvRows (text: string): string[][] {
  const rows: string[][] = [[]]
  const cell = /("(?:[^"]|"")*"|[^,\r\n]*)(,|\r?\n|$)/g
  for (let match = cell.exec(text); match !== null && match[0] !== ''; match = cell.exec(text)) {
    const [, raw = '', end] = match
    rows.at(-1)?.push(raw.startsWith('"') ? raw.slice(1, -1).replaceAll('""', '"') : raw)
    if (end !== ',') rows.push([])
  }
  return rows.filter((row) => row.length > 0)
}
