import type { MessageSource, SegmentSource } from './source.ts'

/**
 * Groups of segments, as the message structures of HL7 v2 have them: an order is ORC and OBR with their notes, its
 * observations are groups within it. A value is looked for in its own group first, then outwards, so that an OBX finds
 * its OBR and its PID without anybody counting segments.
 */
export interface GroupTable {
  /** Segments that begin the group, in their order: `ORC OBR` is one order, `OBR OBR` are two, `ORC ORC` are two. */
  readonly starts: readonly string[]
  /** What else belongs to it. Z-segments belong to whatever group they stand in. */
  readonly segments?: readonly string[]
  /** The group it is in; none: the message. */
  readonly in?: string
}

export interface GroupNode {
  readonly group: string | null
  readonly parent: GroupNode | null
  readonly children: GroupNode[]
  readonly segments: SegmentSource[]
  /** Place in `starts` of the last segment that began it. */
  started: number
}

interface Place {
  readonly group: string
  readonly position: number
}

/** Which group a segment begins, and which groups it may belong to. */
interface Grouping {
  readonly parents: ReadonlyMap<string, string | null>
  readonly starters: ReadonlyMap<string, Place>
  readonly members: ReadonlyMap<string, readonly string[]>
}

export function compileGroups (tables: Readonly<Record<string, GroupTable>>): Grouping {
  const parents = new Map<string, string | null>()
  const starters = new Map<string, Place>()
  const members = new Map<string, string[]>()
  for (const [group, { starts, segments = [], in: parent = null }] of Object.entries(tables)) {
    parents.set(group, parent)
    starts.forEach((segment, position) => starters.set(segment, { group, position }))
    for (const segment of segments) members.set(segment, [...members.get(segment) ?? [], group])
  }
  return { parents, starters, members }
}

export function arrange (message: MessageSource, grouping: Grouping): GroupNode {
  const root = newNode(null, null)
  let current = root
  for (const segment of message.segments) {
    const starter = grouping.starters.get(segment.name)
    current = starter === undefined ? homeOf(segment.name, current, root, grouping) : begun(starter, current, root, grouping)
    current.segments.push(segment)
  }
  return root
}

function newNode (group: string | null, parent: GroupNode | null): GroupNode {
  const node: GroupNode = { group, parent, children: [], segments: [], started: -1 }
  parent?.children.push(node)
  return node
}

function begun ({ group, position }: Place, current: GroupNode, root: GroupNode, grouping: Grouping): GroupNode {
  const open = openGroup(current, group)
  if (open !== null && open.started < position) {
    open.started = position
    return open
  }
  const node = newNode(group, openGroup(current, grouping.parents.get(group) ?? null) ?? root)
  node.started = position
  return node
}

function openGroup (from: GroupNode, group: string | null): GroupNode | null {
  for (let node: GroupNode | null = from; node !== null; node = node.parent) if (node.group === group) return node
  return null
}

function homeOf (segment: string, current: GroupNode, root: GroupNode, grouping: Grouping): GroupNode {
  const groups = grouping.members.get(segment)
  if (groups !== undefined) {
    for (let node: GroupNode | null = current; node !== null; node = node.parent) if (node.group !== null && groups.includes(node.group)) return node
    return root
  }
  return segment.startsWith('Z') ? current : root
}

/** The nearest segment of that name, outwards from a group. */
export function nearest (from: GroupNode, name: string): SegmentSource | undefined {
  for (let node: GroupNode | null = from; node !== null; node = node.parent) {
    for (const segment of node.segments) if (segment.name === name) return segment
  }
  return undefined
}

/** Every segment of that name in a group and the groups within it, in message order. */
export function within (node: GroupNode, name: string, found: Array<{ readonly node: GroupNode, readonly segment: SegmentSource }> = []): typeof found {
  for (const segment of node.segments) if (segment.name === name) found.push({ node, segment })
  for (const child of node.children) within(child, name, found)
  return found
}

/** Every occurrence of a group. */
export function occurrences (node: GroupNode, group: string, found: GroupNode[] = []): GroupNode[] {
  if (node.group === group) found.push(node)
  for (const child of node.children) occurrences(child, group, found)
  return found
}

export function isWithin (node: GroupNode, ancestor: GroupNode): boolean {
  for (let each: GroupNode | null = node; each !== null; each = each.parent) if (each === ancestor) return true
  return false
}
