import assert from 'node:assert'
import type { FaceCandidate, FaceIndex, FaceModel } from '../../core/faces/index.ts'
import { faceRows, scoreOf, type FaceRow, type Segment } from './face-rows.ts'
import { IndexThread, type RowsRequest } from './index-thread.ts'
import { scanRows } from './scan-rows.ts'

export interface OpenFaceIndex extends FaceIndex {
  /** Ends the thread that searches, where one was needed. */
  readonly close: () => Promise<void>
}

export interface FaceIndexOptions {
  /** Up to so many faces are compared in place (about 2 ms); more in a thread, so that nothing else waits for it. */
  readonly hereUpTo?: number
}

/** Rows that the thread finds roughly at first, to be scored exactly here; ten times as many cost a millisecond. */
const roughCount = 256

/**
 * Exact search: whatever the thread finds roughly is scored exactly, and it says below which score it may have left
 * something out. Where that is not below the last candidate, it is asked for more.
 */
export function faceIndex ({ dimension }: Pick<FaceModel, 'dimension'>, { hereUpTo = 4_000 }: FaceIndexOptions = {}): OpenFaceIndex {
  const rows = faceRows(dimension)
  let told = new Set<Segment>()
  const thread = new IndexThread(() => {
    told = new Set(rows.segmentsOf(null))
    return [...told].flatMap((segment) => [introduced(segment, dimension), { kind: 'rows', segment: segment.number, rows: [...segment.faces.keys()] }])
  })

  const tell = (changed: readonly FaceRow[]): void => {
    if (!thread.isRunning) return
    const bySegment = new Map<Segment, number[]>()
    for (const { segment, row } of changed) {
      const changedRows = bySegment.get(segment)
      if (changedRows === undefined) bySegment.set(segment, [row])
      else changedRows.push(row)
    }
    for (const [segment, changedRows] of bySegment) {
      if (!told.has(segment)) thread.tell(introduced(segment, dimension))
      told.add(segment)
      thread.tell({ kind: 'rows', segment: segment.number, rows: changedRows })
    }
  }

  const searchInThread = async (probe: Float32Array, segments: readonly Segment[], limit: number): Promise<readonly FaceCandidate[]> => {
    const byNumber = new Map(segments.map((segment) => [segment.number, segment]))
    for (let count = Math.max(roughCount, 2 * limit); ; count *= 8) {
      const { found, floor } = await thread.search({ probe, segments: [...byNumber.keys()], count })
      // A row may have been dropped while it was searched for, or taken by another face, whose own score then counts.
      const best = ranked(found.flatMap(({ segment, row }) => byNumber.get(segment)?.faces[row] ?? []), probe, limit)
      if (floor === -Infinity || (best.length === limit && (best.at(-1)?.score ?? 0) >= floor)) return best
    }
  }

  return {
    size: rows.size,
    put: (faces) => {
      for (const { template } of faces) assert(template.length === dimension, `a template of this index has ${dimension} numbers`)
      tell(faces.flatMap(rows.put))
      if (rows.size() > hereUpTo && !thread.isRunning) thread.start()
    },
    drop: (templateIds) => { tell(templateIds.flatMap(rows.drop)) },
    search: async (probe, { hospitalIds, among, limit }) => {
      assert(probe.length === dimension, `a probe of this index has ${dimension} numbers`)
      if (limit < 1) return []
      if (among !== null) return ranked(among.flatMap(rows.facesOf).filter(({ hospitalId }) => hospitalIds?.includes(hospitalId) ?? true), probe, limit)
      const segments = rows.segmentsOf(hospitalIds)
      if (segments.reduce((sum, { faces }) => sum + faces.length, 0) > hereUpTo) return searchInThread(probe, segments, limit)
      return ranked(segments.flatMap((segment) => facesNear(segment, probe, limit)), probe, limit)
    },
    close: () => thread.close()
  }
}

function introduced ({ number, vectors }: Segment, dimension: number): RowsRequest {
  return { kind: 'segment', segment: number, exact: vectors, dimension }
}

/** Rows that were dropped score 0 and may be among the best of a segment; so many more are asked for. */
function facesNear ({ vectors, faces, free }: Segment, probe: Float32Array, limit: number): readonly FaceRow[] {
  return scanRows({ vectors, rows: faces.length, dimension: probe.length }, probe, limit + free.length).flatMap(({ row }) => faces[row] ?? [])
}

function ranked (faces: readonly FaceRow[], probe: Float32Array, limit: number): readonly FaceCandidate[] {
  const scored = faces.map((face) => ({ templateId: face.templateId, patientId: face.patientId, hospitalId: face.hospitalId, score: scoreOf(face, probe) }))
  return scored.sort((one, other) => other.score - one.score || (one.templateId < other.templateId ? -1 : 1)).slice(0, limit)
}
