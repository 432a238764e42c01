import path from 'node:path'

export interface ArchivePhoto {
  readonly file: string
  readonly path: string
  /** The hospital's record number. */
  readonly number: string
  readonly contentType: string
  /** Null: the time of the file. */
  readonly takenAt: Date | null
}

const contentTypes: Readonly<Record<string, string>> = { '.jpg': 'image/jpeg', '.jpeg': 'image/jpeg', '.png': 'image/png', '.webp': 'image/webp' }

/**
 * The photos of a folder: named by record number, or as a manifest says that lies in it (CSV: file, record number and, where it is
 * known, the instant or day on which it was taken). Throws where the manifest cannot be read.
 */
export async function archiveIn (folder: string, manifest: string | null, readdir: (folder: string) => Promise<readonly string[]>, readFile: (file: string, encoding: 'utf8') => Promise<string>): Promise<readonly ArchivePhoto[]> {
  if (manifest !== null) return manifestLines(await readFile(manifest, 'utf8')).map((line) => photoOf(folder, line))
  return (await readdir(folder)).filter((file) => contentTypes[path.extname(file).toLowerCase()] !== undefined).sort()
    .map((file) => photoOf(folder, { file, number: path.basename(file, path.extname(file)), takenAt: null }))
}

function photoOf (folder: string, { file, number, takenAt }: Pick<ArchivePhoto, 'file' | 'number' | 'takenAt'>): ArchivePhoto {
  const contentType = contentTypes[path.extname(file).toLowerCase()]
  const where = path.resolve(folder, file)
  if (contentType === undefined || !where.startsWith(path.resolve(folder) + path.sep)) throw new Error(`The manifest names ${file}, which is no picture of the folder.`)
  return { file, path: where, number, contentType, takenAt }
}

function manifestLines (text: string): ReadonlyArray<Pick<ArchivePhoto, 'file' | 'number' | 'takenAt'>> {
  return text.replace(/^\uFEFF/, '').split(/\r?\n/).map((line, place) => ({ line: line.trim(), place })).filter(({ line, place }) => line !== '' && !(place === 0 && line.startsWith('file,'))).map(({ line, place }) => {
    const [file = '', number = '', taken = ''] = line.split(',').map((field) => field.trim().replace(/^"(.*)"$/, '$1'))
    const takenAt = taken === '' ? null : new Date(taken)
    if (file === '' || number === '' || (takenAt !== null && Number.isNaN(takenAt.getTime()))) throw new Error(`Line ${place + 1} of the manifest: file,record number[,taken at] is needed.`)
    return { file, number, takenAt }
  })
}
