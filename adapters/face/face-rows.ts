import type { IndexedFace } from '../../core/faces/index.ts'
import { rowScore } from './scan-rows.ts'

/** Where a face lies: its numbers are the row `row` of the segment. */
export interface FaceRow extends Omit<IndexedFace, 'template'> {
  readonly segment: Segment
  readonly row: number
}

/**
 * Rows of one hospital. Never moved and never grown: a hospital gets one more segment instead, each as large as all
 * before it up to a limit, so that a million faces never wait for a copy, and a search in another thread never looks at a row
 * that is being moved. A row that was dropped holds zeros until the next face takes it.
 */
export interface Segment {
  readonly number: number
  readonly hospitalId: string
  readonly vectors: Float32Array
  readonly capacity: number
  readonly faces: Array<FaceRow | null>
  readonly free: number[]
}

export interface FaceRows {
  readonly dimension: number
  readonly size: () => number
  readonly segmentsOf: (hospitalIds: readonly string[] | null) => readonly Segment[]
  readonly facesOf: (patientId: string) => readonly FaceRow[]
  /** Answers the rows that changed. */
  readonly put: (face: IndexedFace) => readonly FaceRow[]
  readonly drop: (templateId: string) => readonly FaceRow[]
}

/** 32,768 rows of 512 numbers are 64 MB. */
const rowsOfSegment = { least: 256, most: 32_768 } as const

export const scoreOf = ({ segment, row }: FaceRow, probe: Float32Array): number => rowScore(segment.vectors, row * probe.length, probe)

export function faceRows (dimension: number): FaceRows {
  const byHospital = new Map<string, Segment[]>()
  const byTemplate = new Map<string, FaceRow>()
  const byPatient = new Map<string, readonly FaceRow[]>()
  let segments = 0

  const roomIn = (hospitalId: string): Segment => {
    const own = byHospital.get(hospitalId) ?? []
    byHospital.set(hospitalId, own)
    // The last one is the one that fills; earlier ones have room where faces were dropped.
    const room = own.findLast(({ free, faces, capacity }) => free.length > 0 || faces.length < capacity)
    if (room !== undefined) return room
    const before = own.reduce((sum, { capacity }) => sum + capacity, 0)
    const capacity = Math.max(rowsOfSegment.least, Math.min(rowsOfSegment.most, before))
    const vectors = new Float32Array(new SharedArrayBuffer(capacity * dimension * Float32Array.BYTES_PER_ELEMENT))
    const segment: Segment = { number: segments++, hospitalId, vectors, capacity, faces: [], free: [] }
    own.push(segment)
    return segment
  }

  const drop = (templateId: string): readonly FaceRow[] => {
    const face = byTemplate.get(templateId)
    if (face === undefined) return []
    const { segment, row, patientId } = face
    segment.vectors.fill(0, row * dimension, (row + 1) * dimension)
    segment.faces[row] = null
    segment.free.push(row)
    byTemplate.delete(templateId)
    const left = (byPatient.get(patientId) ?? []).filter((other) => other !== face)
    if (left.length > 0) byPatient.set(patientId, left)
    else byPatient.delete(patientId)
    return [face]
  }

  return {
    dimension,
    size: () => byTemplate.size,
    segmentsOf: (hospitalIds) => [...new Set(hospitalIds ?? byHospital.keys())].flatMap((id) => byHospital.get(id) ?? []),
    facesOf: (patientId) => byPatient.get(patientId) ?? [],
    put: ({ template, ...named }) => {
      const dropped = drop(named.templateId)
      const segment = roomIn(named.hospitalId)
      const row = segment.free.pop() ?? segment.faces.length
      const face: FaceRow = { templateId: named.templateId, patientId: named.patientId, hospitalId: named.hospitalId, segment, row }
      segment.vectors.set(template, row * dimension)
      segment.faces[row] = face
      byTemplate.set(face.templateId, face)
      byPatient.set(face.patientId, [...byPatient.get(face.patientId) ?? [], face])
      return [...dropped, face]
    },
    drop
  }
}
