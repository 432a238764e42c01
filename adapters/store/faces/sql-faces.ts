import type { FaceConsent, FaceConsentStore, FaceOrigin, FaceOutcome, FacePhoto, FacePhotoStore, FaceTemplate, FaceTemplateStore } from '../../../core/faces/index.ts'
import { bytes, instant, instantOrNull, json } from '../columns.ts'
import type { GroupStatement, Unit } from '../sql.ts'
import { upsert } from '../upsert.ts'

interface TemplateRow {
  readonly sequence: number
  readonly id: string
  readonly patient_id: string
  readonly hospital_id: string
  readonly model_id: string
  readonly sealed: Uint8Array | ArrayBuffer
  readonly photo_id: string | null
  readonly terminal_id: string | null
  readonly created_at_ms: number
  readonly matched_at_ms: number | null
}

/** Whoever reads on from the newest sequence it knows must not miss a lower one that is committed later. */
const addTemplate: GroupStatement = {
  columns: { id: 'text', patient_id: 'text', hospital_id: 'text', model_id: 'text', sealed: 'bytes', photo_id: 'text', terminal_id: 'text', created_at_ms: 'integer' },
  text: (given, { orderedCommits }) => {
    const names = Object.keys(addTemplate.columns).join(', ')
    return `insert into face_templates (${names}) select given.${names.replaceAll(', ', ', given.')} from ${orderedCommits === null ? '' : `${orderedCommits}, `}${given} as given where true on conflict do nothing returning id`
  }
}

const noteDrop: GroupStatement = {
  columns: { template_id: 'text', dropped_at_ms: 'integer' },
  text: (given, { orderedCommits }) => `insert into face_drops (template_id, dropped_at_ms)
    select given.template_id, given.dropped_at_ms from ${orderedCommits === null ? '' : `${orderedCommits}, `}${given} as given where true`
}

export function sqlFaceTemplates ({ sql, dialect }: Unit): FaceTemplateStore {
  const among = async (column: string, values: readonly string[]): Promise<readonly FaceTemplate[]> => values.length === 0 ? [] : (await sql.all<TemplateRow>(
    `select * from face_templates where ${dialect.isIn(column)} order by sequence`, [dialect.list(values)])).map(templateOf)
  return {
    add: async (template) => {
      const { origin } = template
      const added = await sql.allOf(addTemplate, [[template.id, template.patientId, template.hospitalId, template.modelId, template.sealed,
        origin.kind === 'his_photo' ? origin.photoId : null, origin.kind === 'terminal' ? origin.terminalId : null, template.createdAt.getTime()]])
      return added.length === 1
    },
    find: (ids) => among('id', ids),
    ofPatients: (patientIds) => among('patient_id', patientIds),
    drop: async (ids, at) => {
      if (ids.length === 0) return []
      const dropped = (await sql.all<Pick<TemplateRow, 'id'>>(`delete from face_templates where ${dialect.isIn('id')} returning id`, [dialect.list(ids)])).map(({ id }) => id)
      await sql.runOf(noteDrop, dropped.map((id) => [id, at.getTime()]))
      return dropped
    },
    after: async (sequence, { modelId, limit }) => (await sql.all<TemplateRow>(
      'select * from face_templates where model_id = ? and sequence > ? order by sequence limit ?', [modelId, sequence, limit])).map(templateOf),
    dropsAfter: async (sequence, limit) => (await sql.all<{ readonly sequence: number, readonly template_id: string }>(
      'select sequence, template_id from face_drops where sequence > ? order by sequence limit ?', [sequence, limit])).map((row) => ({ sequence: row.sequence, templateId: row.template_id })),
    lastDrop: async () => (await sql.first<{ readonly last: number | null }>('select max(sequence) as last from face_drops', []))?.last ?? 0,
    forgetDrops: async (before) => { await sql.run('delete from face_drops where dropped_at_ms < ?', [before.getTime()]) },
    noteMatched: async (patientIds, at) => {
      if (patientIds.length > 0) await sql.run(`update face_templates set matched_at_ms = ? where ${dialect.isIn('patient_id')}`, [at.getTime(), dialect.list(patientIds)])
    },
    reseal: async (id, sealed) => { await sql.run('update face_templates set sealed = ? where id = ?', [sealed, id]) },
    list: async (after, limit) => (await sql.all<TemplateRow>('select * from face_templates where sequence > ? order by sequence limit ?', [after, limit]))
      .map((row) => ({ ...templateOf(row), matchedAt: instantOrNull(row.matched_at_ms) })),
    countPersons: async () => (await sql.first<{ readonly persons: number }>(
      'select count(distinct coalesce(p.person_id, t.patient_id)) as persons from face_templates t left join patients p on p.id = t.patient_id', []))?.persons ?? 0,
    countModels: async () => (await sql.all<{ readonly model_id: string, readonly templates: number }>(
      'select model_id, count(*) as templates from face_templates group by model_id order by model_id', [])).map((row) => ({ modelId: row.model_id, templates: row.templates }))
  }
}

function templateOf (row: TemplateRow): FaceTemplate {
  return {
    id: row.id,
    patientId: row.patient_id,
    hospitalId: row.hospital_id,
    modelId: row.model_id,
    sealed: bytes(row.sealed),
    origin: originOf(row),
    createdAt: instant(row.created_at_ms),
    sequence: row.sequence
  }
}

function originOf ({ photo_id: photoId, terminal_id: terminalId }: TemplateRow): FaceOrigin {
  return photoId === null ? { kind: 'terminal', terminalId: terminalId ?? '' } : { kind: 'his_photo', photoId }
}

interface ConsentRow {
  readonly id: string
  readonly patient_id: string
  readonly hospital_id: string
  readonly state: FaceConsent['state']
  readonly channel: FaceConsent['channel']
  readonly text_version: string | null
  readonly guardian_patient_id: string | null
  readonly at_ms: number
}

const bury: GroupStatement = {
  columns: { key: 'text', at_ms: 'integer' },
  text: (given) => `insert into face_tombstones (key, at_ms) select given.key, given.at_ms from ${given} as given where true
    on conflict (key) do update set at_ms = excluded.at_ms where face_tombstones.at_ms < excluded.at_ms`
}

export function sqlFaceConsents ({ sql, dialect }: Unit): FaceConsentStore {
  return {
    add: async (consent) => {
      await sql.run(`insert into face_consents (id, patient_id, hospital_id, state, channel, text_version, guardian_patient_id, at_ms)
        values (?, ?, ?, ?, ?, ?, ?, ?) on conflict (id) do nothing`,
      [consent.id, consent.patientId, consent.hospitalId, consent.state, consent.channel, consent.textVersion, consent.guardianPatientId, consent.at.getTime()])
    },
    ofPatients: async (patientIds) => patientIds.length === 0 ? [] : (await sql.all<ConsentRow>(
      `select * from face_consents where ${dialect.isIn('patient_id')} order by at_ms desc, number desc`, [dialect.list(patientIds)])).map(consentOf),
    inTurn: async (personId) => { if (dialect.oneByOne !== null) await sql.all(dialect.oneByOne, [`faces ${personId}`]) },
    counts: async () => {
      const rows = await sql.all<{ readonly state: FaceConsent['state'], readonly records: number }>(
        `select state, count(*) as records from (select state, row_number() over (partition by patient_id order by at_ms desc, number desc) as place from face_consents) as newest
         where place = 1 group by state`, [])
      const of = (state: FaceConsent['state']): number => rows.find((row) => row.state === state)?.records ?? 0
      const records = await sql.first<{ readonly records: number }>('select count(*) as records from patients', [])
      return { given: of('given'), withdrawn: of('withdrawn'), records: records?.records ?? 0 }
    },
    addTombstones: async (keys, at) => { await sql.runOf(bury, [...new Set(keys)].map((key) => [key, at.getTime()])) },
    withdrawnAt: async (keys) => keys.length === 0 ? null : instantOrNull((await sql.first<{ readonly at_ms: number | null }>(
      `select max(at_ms) as at_ms from face_tombstones where ${dialect.isIn('key')}`, [dialect.list(keys)]))?.at_ms ?? null)
  }
}

function consentOf (row: ConsentRow): FaceConsent {
  return {
    id: row.id,
    patientId: row.patient_id,
    hospitalId: row.hospital_id,
    state: row.state,
    channel: row.channel,
    textVersion: row.text_version,
    guardianPatientId: row.guardian_patient_id,
    at: instant(row.at_ms)
  }
}

interface PhotoRow {
  readonly patient_id: string
  readonly photo_id: string
  readonly hospital_id: string
  readonly outcome: FaceOutcome
  readonly reasons: string
  readonly model_id: string | null
  readonly at_ms: number
}

const savePhoto = upsert('face_photos', ['patient_id', 'photo_id'], ['patient_id', 'photo_id', 'hospital_id', 'outcome', 'reasons', 'model_id', 'at_ms'])

const dropPhoto: GroupStatement = {
  columns: { patient_id: 'text', photo_id: 'text' },
  text: (given) => `delete from face_photos where exists (select 1 from ${given} as given where given.patient_id = face_photos.patient_id and given.photo_id = face_photos.photo_id)`
}

export function sqlFacePhotos ({ sql, dialect, build }: Unit): FacePhotoStore {
  return {
    save: async ({ patientId, photoId, hospitalId, outcome, reasons, modelId, at }) => {
      await sql.run(savePhoto, [patientId, photoId, hospitalId, outcome, JSON.stringify(reasons), modelId, at.getTime()])
    },
    find: async ({ patientId, photoId }) => {
      const row = await sql.first<PhotoRow>('select * from face_photos where patient_id = ? and photo_id = ?', [patientId, photoId])
      return row && photoOf(row)
    },
    ofPatients: async (patientIds) => patientIds.length === 0 ? [] : (await sql.all<PhotoRow>(
      `select * from face_photos where ${dialect.isIn('patient_id')} order by number`, [dialect.list(patientIds)])).map(photoOf),
    drop: async (photos) => { await sql.runOf(dropPhoto, photos.map(({ patientId, photoId }) => [patientId, photoId])) },
    list: async ({ outcome, hospitalId }, { limit, offset }) => {
      const query = build('face_photos').select('*').limit(limit).offset(offset).orderBy('number', 'desc')
      if (outcome !== null) query.where('outcome', outcome)
      if (hospitalId !== null) query.where('hospital_id', hospitalId)
      return (await sql.built<PhotoRow>(query)).map(photoOf)
    },
    counts: async () => {
      const rows = await sql.all<{ readonly outcome: FaceOutcome, readonly photos: number }>('select outcome, count(*) as photos from face_photos group by outcome', [])
      const of = (outcome: FaceOutcome): number => rows.find((row) => row.outcome === outcome)?.photos ?? 0
      return { waiting: of('waiting'), enrolled: of('enrolled'), not_allowed: of('not_allowed'), unusable: of('unusable'), expired: of('expired') }
    }
  }
}

function photoOf (row: PhotoRow): FacePhoto {
  return {
    patientId: row.patient_id,
    photoId: row.photo_id,
    hospitalId: row.hospital_id,
    outcome: row.outcome,
    reasons: json<readonly string[]>(row.reasons),
    modelId: row.model_id,
    at: instant(row.at_ms)
  }
}
