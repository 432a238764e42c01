import { statSync } from 'node:fs'

const everyMs = 500

/** Tells how large a file has become while something writes it; ends with what `work` answers. */
export async function watchGrowth<Result> (file: string, grew: (bytes: number) => void, work: () => Promise<Result>): Promise<Result> {
  const timer = setInterval(() => { grew(statSync(file, { throwIfNoEntry: false })?.size ?? 0) }, everyMs)
  try {
    return await work()
  } finally {
    clearInterval(timer)
  }
}
