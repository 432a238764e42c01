import { isSlow } from './trouble.ts'

/** How many rows a view is asked for at once: less where it is slow, more again where it keeps up. */
export interface PageSize {
  readonly now: () => number
  /** Reads a page; where the view does not answer in time, a smaller one, down to the floor. */
  readonly read: <Result>(work: (limit: number) => Promise<Result>) => Promise<Result>
}

/** Pictures are large; a page of them must not fill the memory. */
const pictureRowsMax = 20
const floorRows = 10
const growsAfterPages = 20

export function pageSize ({ most, hasBytes }: { readonly most: number, readonly hasBytes: boolean }): PageSize {
  const ceiling = hasBytes ? Math.min(most, pictureRowsMax) : most
  const floor = Math.min(hasBytes ? 1 : floorRows, ceiling)
  let [size, kept] = [ceiling, 0]
  const read = async <Result>(work: (limit: number) => Promise<Result>): Promise<Result> => {
    try {
      const result = await work(size)
      kept += 1
      if (kept >= growsAfterPages) [size, kept] = [Math.min(ceiling, size * 2), 0]
      return result
    } catch (error) {
      if (!isSlow(error) || size <= floor) throw error
      ;[size, kept] = [Math.max(floor, Math.floor(size / 4)), 0]
      return read(work)
    }
  }
  return { now: () => size, read }
}
