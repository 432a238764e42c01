/** A binary heap: the least of what was pushed comes first. */
export interface Heap<Item> {
  readonly push: (item: Item) => void
  readonly pop: () => Item | undefined
  readonly first: () => Item | undefined
}

export function heap<Item> (compare: (one: Item, other: Item) => number): Heap<Item> {
  const items: Item[] = []
  const isLess = (one: number, other: number): boolean => {
    const [first, second] = [items[one], items[other]]
    return first !== undefined && second !== undefined && compare(first, second) < 0
  }
  const swap = (one: number, other: number): void => {
    const [first, second] = [items[one], items[other]]
    if (first === undefined || second === undefined) return
    items[one] = second
    items[other] = first
  }
  const rise = (from: number): void => {
    for (let at = from, parent = (at - 1) >> 1; at > 0 && isLess(at, parent); at = parent, parent = (at - 1) >> 1) swap(at, parent)
  }
  const sink = (): void => {
    for (let at = 0; ;) {
      const left = 2 * at + 1
      const least = isLess(left + 1, left) ? left + 1 : left
      if (!isLess(least, at)) return
      swap(at, least)
      at = least
    }
  }
  return {
    push: (item) => { rise(items.push(item) - 1) },
    pop: () => {
      const first = items[0]
      const last = items.pop()
      if (items.length > 0 && last !== undefined) {
        items[0] = last
        sink()
      }
      return first
    },
    first: () => items[0]
  }
}
