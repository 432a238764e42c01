/** What a table says for one code. */
export interface Coded {
  readonly code: string
  readonly system: string | undefined
  readonly display: string | undefined
}

export interface CodeTable {
  readonly name: string
  readonly find: (code: string) => Coded | undefined
}

/** A code table file as it stands in JSON; `extends` takes over another table's rows first. */
export interface CodeTableFile {
  readonly table: string
  readonly source?: string
  readonly system?: string
  readonly note?: string
  readonly extends?: string
  readonly map: Readonly<Record<string, string | { readonly code: string, readonly system?: string, readonly display?: string }>>
}

export function compileCodeTable (file: CodeTableFile, byName: (name: string) => CodeTableFile | undefined): CodeTable {
  const rows = new Map<string, Coded>()
  for (const each of lineage(file, byName)) {
    for (const [code, to] of Object.entries(each.map)) rows.set(code, codedIn(each, to))
  }
  return { name: file.table, find: (code) => rows.get(code) }
}

/** One row of a file as it stands there; the file's system is meant where the row names none. */
export function codedIn (file: CodeTableFile, to: CodeTableFile['map'][string]): Coded {
  return typeof to === 'string' ? { code: to, system: file.system, display: undefined } : { code: to.code, system: to.system ?? file.system, display: to.display }
}

/** Oldest ancestor first. A circle ends where it closes. */
export function lineage (file: CodeTableFile, byName: (name: string) => CodeTableFile | undefined): readonly CodeTableFile[] {
  const line: CodeTableFile[] = [file]
  for (let parent = file.extends; parent !== undefined;) {
    const found = byName(parent)
    if (found === undefined || line.includes(found)) break
    line.unshift(found)
    parent = found.extends
  }
  return line
}
