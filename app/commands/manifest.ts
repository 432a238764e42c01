import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { readFile, rename, stat, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { Ajv } from 'ajv'
import { Type, type Static } from 'typebox'
import type { Census } from '../../adapters/store/index.ts'
import { DomainError } from '../../core/errors.ts'

const Count = Type.Integer({ minimum: 0 })
/** A name in the folder, never a way out of it. */
const FileName = Type.String({ pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,100}$' })

const manifestSchema = Type.Object({
  format: Type.Literal(1),
  product: Type.Literal('yiqiao'),
  version: Type.String(),
  /** Just before the copy was begun. */
  at: Type.String({ format: 'date-time' }),
  database: Type.Union([Type.Literal('sqlite'), Type.Literal('postgres')]),
  postgres: Type.Union([Type.Null(), Type.Object({ schema: Type.String({ minLength: 1, maxLength: 63 }), serverVersion: Count })]),
  files: Type.Array(Type.Object({ name: FileName, what: Type.Union([Type.Literal('database'), Type.Literal('key')]), bytes: Count, sha256: Type.String({ pattern: '^[0-9a-f]{64}$' }) }), { minItems: 1, maxItems: 100 }),
  census: Type.Object({
    newestMigration: Type.String({ minLength: 1 }),
    entries: Count,
    messages: Count,
    records: Count,
    trialBalance: Type.Array(Type.Object({ hospitalId: Type.String(), accounts: Count, debitFen: Count, creditFen: Count })),
    heads: Type.Array(Type.Object({ chain: Type.String(), number: Count, head: Type.String() }))
  }),
  /** Files that settings name and that lie elsewhere: the operator keeps them. */
  keepYourself: Type.Array(Type.Object({ setting: Type.String(), file: Type.String() }))
})

export type Manifest = Omit<Static<typeof manifestSchema>, 'census'> & { readonly census: Census }
export type BackedUpFile = Manifest['files'][number]

const manifestName = 'manifest.json'

/** Last, and at once: a folder without it holds no whole backup. */
export async function writeManifest (folder: string, manifest: Manifest): Promise<void> {
  const partial = path.join(folder, `${manifestName}.partial`)
  await writeFile(partial, `${JSON.stringify(manifest, null, 2)}\n`, { mode: 0o600, flag: 'wx', flush: true })
  await rename(partial, path.join(folder, manifestName))
}

/** Refuses with BACKUP_INVALID unless every file is there with its size and hash. */
export async function readVerified (folder: string, grew: (bytes: number) => void): Promise<Manifest> {
  const manifest = await readManifest(folder)
  let before = 0
  for (const { name, bytes, sha256 } of manifest.files) {
    const there = await describe(folder, name, (read) => { grew(before + read) })
    if (there.bytes !== bytes || there.sha256 !== sha256) throw new DomainError('BACKUP_INVALID', `${name} is not as it was written: it has ${there.bytes} of ${bytes} bytes${there.bytes === bytes ? ', and another SHA-256' : ''}.`)
    before += bytes
  }
  return manifest
}

async function readManifest (folder: string): Promise<Manifest> {
  const validate = new Ajv({ formats: { 'date-time': (text) => !Number.isNaN(Date.parse(text)) } }).compile<Manifest>(manifestSchema)
  const manifest = await readFile(path.join(folder, manifestName), 'utf8').then((text) => JSON.parse(text) as unknown, () => null).catch(() => null)
  if (manifest === null) throw new DomainError('BACKUP_INVALID', `There is no ${manifestName} that can be read in this folder, so no whole backup.`)
  if (!validate(manifest)) throw new DomainError('BACKUP_INVALID', `${manifestName} ${validate.errors?.[0]?.instancePath ?? ''} ${validate.errors?.[0]?.message ?? 'is not one of ours'}; it may be of a newer program.`)
  return manifest
}

/** Size and hash of a file as it is. */
export async function describe (folder: string, name: string, grew: (bytes: number) => void): Promise<{ readonly bytes: number, readonly sha256: string }> {
  const file = path.join(folder, name)
  if (!await stat(file).then((found) => found.isFile(), () => false)) throw new DomainError('BACKUP_INVALID', `${name} is missing in this folder.`)
  const hash = createHash('sha256')
  let bytes = 0
  for await (const chunk of createReadStream(file, { highWaterMark: 1 << 20 }) as AsyncIterable<Buffer>) {
    hash.update(chunk)
    bytes += chunk.length
    grew(bytes)
  }
  return { bytes, sha256: hash.digest('hex') }
}
