/** What a simulated party saw or did, for whoever looks on from outside. */
export interface JournalItem {
  readonly at: Date
  readonly kind: string
  readonly key: string
  readonly body: Readonly<Record<string, unknown>>
}

export interface Journal {
  readonly note: (item: JournalItem) => void
  /** Items at or after `since`, oldest first; null = all that are kept. */
  readonly since: (since: Date | null) => readonly JournalItem[]
}

/** Keeps the newest items only: a simulator that runs for weeks must not eat the memory. */
export function openJournal (keep: number): Journal {
  const items: JournalItem[] = []
  return {
    note: (item) => {
      items.push(item)
      if (items.length > keep) items.splice(0, items.length - keep)
    },
    since: (since) => since === null ? [...items] : items.filter((item) => item.at >= since)
  }
}
