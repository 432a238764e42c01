import { readFileSync } from 'node:fs'
import path from 'node:path'
import { setImmediate as breathe } from 'node:timers/promises'
import { faceIndex, openFaceEngine } from '../../adapters/face/index.ts'
import { repeating } from '../../adapters/queue/index.ts'
import type { Store } from '../../adapters/store/index.ts'
import { followFaces, type FaceEngine, type FaceFollower, type FaceSettings } from '../../core/faces/index.ts'
import { ConfigError, type Config } from '../config.ts'
import { faceSeal, type FaceSeal } from './face-seal.ts'
import type { Log } from './log.ts'

/** What enrolment and terminals share: one engine, one index, one key. Nothing of it starts before it is used or begun. */
export interface FaceParts {
  readonly engine: FaceEngine
  readonly seal: FaceSeal
  readonly search: FaceFollower
  readonly settings: FaceSettings
  /** Of the separate consent. */
  readonly consentText: { readonly version: string, readonly text: string }
  /** Tells the index of this node what a transaction kept or dropped. */
  readonly tell: FaceFollower['tell']
  /** Refuses where the key is not the one that the templates of this database are sealed with. */
  readonly prove: () => Promise<void>
  /** Proves the key and follows the store from now on; the index is filled beside what goes on. */
  readonly begin: () => Promise<void>
  readonly end: () => Promise<void>
}

const everyMs = 500
const keyProof = 'faces.key-proof'

export function faceParts ({ config, store, log }: { readonly config: Config, readonly store: Pick<Store, 'inTransaction' | 'inReading'>, readonly log: Log }): FaceParts {
  const engine = openFaceEngine()
  const index = faceIndex(engine.model)
  const seal = faceSeal(config)
  const search = followFaces({ inReading: store.inReading, index, seal, modelId: engine.model.id, breathe, unopened: (templateId) => { log.warn({ templateId }, 'a face template cannot be opened; is its key in FACE_KEY_FILE?') } })
  let following: { readonly now: () => Promise<void>, readonly stop: () => Promise<void> } | null = null
  return {
    engine,
    seal,
    search,
    settings: faceSettingsOf(config),
    consentText: consentTextOf(config),
    tell: search.tell,
    prove: () => proveKey(store, seal),
    begin: async () => {
      await proveKey(store, seal)
      following = repeating({ everyMs, work: search.look, on: { fault: (code) => { log.warn({ part: 'face index', code }, 'trouble; it is tried again') } } })
      void following.now()
    },
    end: async () => {
      await following?.stop()
      await Promise.all([engine.close(), index.close()])
    }
  }
}

/** Templates of another key would all be lost on this node: better not to start. */
async function proveKey ({ inTransaction }: Pick<Store, 'inTransaction'>, seal: FaceSeal): Promise<void> {
  const proofs = seal.proofs()
  const known = await inTransaction(({ settings }) => settings.setOnce(keyProof, proofs[0] ?? ''))
  if (!proofs.includes(known)) throw new ConfigError('FACE_KEY_FILE: it does not hold the key that the face templates of this database are sealed with. Put that key into the file, as a second line where another one is to follow it; several nodes on one database need the same file.')
}

/** After templates were sealed anew: the first key of the file is the one in force. */
export async function noteKey ({ inTransaction }: Pick<Store, 'inTransaction'>, seal: FaceSeal): Promise<void> {
  await inTransaction(({ settings }) => settings.set(keyProof, seal.proofs()[0] ?? ''))
}

function consentTextOf ({ site: { faces: { consentText } }, agreementsDir }: Config): FaceParts['consentText'] {
  const { version, file } = consentText ?? { version: '1', file: path.join(agreementsDir, 'face-consent-1.md') }
  try {
    return { version, text: readFileSync(file, 'utf8') }
  } catch (error) {
    throw new ConfigError(`SITE_CONFIG: faces.consentText.file ${path.basename(file)} cannot be read (${error instanceof Error && 'code' in error ? String(error.code) : 'unknown'}).`)
  }
}

function faceSettingsOf ({ site }: Pick<Config, 'site'>): FaceSettings {
  return {
    bases: site.hospitals.flatMap(({ id, faces }) => faces?.extract === 'all' && faces.legalBasis !== undefined ? [{ hospitalId: id, basis: faces.legalBasis }] : []),
    archiveEyeDistancePx: site.faces.archiveEyeDistancePx,
    unusedDays: site.faces.unusedDays
  }
}
