const everyMs = 2_000

/** Tells on stderr how far something long is, every two seconds at most. */
export function progressOf (what: string): (bytes: number) => void {
  let toldAt = performance.now()
  return (bytes) => {
    if (performance.now() - toldAt < everyMs) return
    toldAt = performance.now()
    process.stderr.write(`… ${what}: ${sizeOf(bytes)}\n`)
  }
}

export function sizeOf (bytes: number): string {
  const [unit = 1, name = 'bytes'] = ([[1e9, 'GB'], [1e6, 'MB'], [1e3, 'kB']] as const).find(([least]) => bytes >= least) ?? [1, 'bytes']
  return `${(bytes / unit).toFixed(unit === 1 ? 0 : 1)} ${name}`
}
