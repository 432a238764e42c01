import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'

/** A person's folder `Name` with pictures `Name_0001.jpg`, as the collection LFW has them. */
export interface LabelledPerson { readonly name: string, readonly pictures: readonly string[] }

export interface LabelledPair { readonly fold: number, readonly isSame: boolean, readonly files: readonly [string, string] }

const pictureEnd = /_\d{4}\.(jpe?g|png|webp)$/i

export async function peopleIn (folder: string): Promise<readonly LabelledPerson[]> {
  const entries = (await readdir(folder, { withFileTypes: true })).filter((entry) => entry.isDirectory()).sort((one, other) => one.name < other.name ? -1 : 1)
  const people: LabelledPerson[] = []
  for (const { name } of entries) {
    const pictures = (await readdir(path.join(folder, name))).filter((file) => pictureEnd.test(file)).sort()
    if (pictures.length > 0) people.push({ name, pictures: pictures.map((file) => path.join(name, file)) })
  }
  return people
}

/**
 * pairs.txt: a line `folds pairs`, then for each fold so many lines `Name 1 2` of one person and so many `Name 1 Other 2`
 * of two, parted by tabs. An error names the line.
 */
export async function pairsIn (file: string, people: readonly LabelledPerson[]): Promise<readonly LabelledPair[]> {
  const [head = '', ...lines] = (await readFile(file, 'utf8')).split(/\r?\n/).filter((line) => line.trim() !== '')
  const [folds = NaN, perFold = NaN] = head.trim().split(/\s+/).map(Number)
  if (!Number.isInteger(folds) || folds < 2 || !Number.isInteger(perFold) || perFold < 1) throw new Error(`${path.basename(file)}: the first line is "folds pairs", with two folds or more`)
  if (lines.length !== folds * perFold * 2) throw new Error(`${path.basename(file)}: ${folds * perFold * 2} pairs are announced, ${lines.length} follow`)
  const byNumber = new Map(people.flatMap(({ name, pictures }) => pictures.map((picture) => [`${name} ${numberOf(picture)}`, picture] as const)))
  return lines.map((line, place) => {
    const parts = line.split('\t')
    const isSame = place % (perFold * 2) < perFold
    const [name = '', one = '', second = '', other = ''] = isSame ? [parts[0], parts[1], parts[0], parts[2]] : parts
    const files = [byNumber.get(`${name} ${Number(one)}`), byNumber.get(`${second} ${Number(other)}`)] as const
    if (parts.length !== (isSame ? 3 : 4) || files[0] === undefined || files[1] === undefined) throw new Error(`${path.basename(file)}, line ${place + 2}: no such pictures, or not ${isSame ? '"Name 1 2"' : '"Name 1 Other 2"'} with tabs`)
    return { fold: Math.floor(place / (perFold * 2)), isSame, files: [files[0], files[1]] }
  })
}

const numberOf = (picture: string): number => Number(/_(\d{4})\.\w+$/.exec(picture)?.[1])
