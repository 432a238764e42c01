/**
 * npm run faces:accuracy -- --images DIR --pairs FILE [--workers N]: how well the face engine tells people apart, on pictures
 * in the layout of LFW with its pairs.txt. The pictures stay where they are; nothing of them is kept.
 */
import { parseArgs } from 'node:util'
import { openFaceEngine } from '../../adapters/face/index.ts'
import { cosine } from '../../core/faces/frames.ts'
import { accuracyByFolds, firstRank, openSetAt, shareFrom, strangerCount, type ComparedPair } from './figures.ts'
import { pairsIn, peopleIn, type LabelledPair, type LabelledPerson } from './labelled-faces.ts'
import { readAll, type ReadPictures } from './read-all.ts'
import { searchAll } from './search-all.ts'

const { values } = parseArgs({ options: { images: { type: 'string' }, pairs: { type: 'string' }, workers: { type: 'string' } } })
const print = (line: string): void => { process.stdout.write(`${line}\n`) }
const progress = (line: string): void => { process.stderr.write(`  … ${line}\n`) }
const percent = (share: number): string => `${(100 * share).toFixed(2)} %`
const counted = (count: number): string => count.toLocaleString('en')

async function measure (folder: string, pairsFile: string): Promise<void> {
  const people = await peopleIn(folder)
  const pairs = await pairsIn(pairsFile, people)
  const engine = openFaceEngine(values.workers === undefined ? {} : { workers: Number(values.workers) })
  try {
    print(`model ${engine.model.id}`)
    const read = await readAll(engine, folder, people.flatMap(({ pictures }) => pictures), progress)
    const { wallMs, cpuMs } = read
    print(`pictures ${counted(read.pictures)} of ${counted(people.length)} people: ${wallMs.toFixed(1)} ms each (${(1000 / wallMs).toFixed(1)}/s), CPU ${cpuMs.toFixed(1)} ms each`)
    print(`faces found ${counted(read.templates.size)} (${percent(read.templates.size / read.pictures)})`)
    printPairs(pairs, read)
    printStrangers(pairs, people, read)
    await printOpenSet(people, read)
  } finally {
    await engine.close()
  }
}

/** A picture without a face is like nobody. */
const scoreOf = ({ files: [one, other] }: LabelledPair, { templates }: ReadPictures): number => {
  const [first, second] = [templates.get(one), templates.get(other)]
  return first === undefined || second === undefined ? -1 : cosine(first, second)
}

function printPairs (pairs: readonly LabelledPair[], read: ReadPictures): void {
  const compared = pairs.map((pair): ComparedPair => ({ fold: pair.fold, isSame: pair.isSame, score: scoreOf(pair, read) }))
  const { accuracy, deviation, threshold } = accuracyByFolds(compared)
  print(`${new Set(pairs.map(({ fold }) => fold)).size}-fold accuracy ${percent(accuracy)} ± ${(100 * deviation).toFixed(2)} (${counted(pairs.length)} pairs, threshold ${threshold.toFixed(3)})`)
  const strangers = strangerCount()
  for (const { isSame, score } of compared) if (!isSame) strangers.add(score)
  printRates('of the pairs', compared.filter(({ isSame }) => isSame).map(({ score }) => score), strangers)
}

/** Among the first pictures of all people there are thousands of times more strangers than in the pairs. */
function printStrangers (pairs: readonly LabelledPair[], people: readonly LabelledPerson[], read: ReadPictures): void {
  const first = people.flatMap(({ pictures }) => read.templates.get(pictures[0] ?? '') ?? [])
  const strangers = strangerCount()
  first.forEach((one, place) => {
    if (place % 1_000 === 0) progress(`strangers: ${counted(place)} of ${counted(first.length)} people compared with the others`)
    for (const other of first.slice(place + 1)) strangers.add(cosine(one, other))
  })
  printRates('of all first pictures', pairs.filter(({ isSame }) => isSame).map((pair) => scoreOf(pair, read)), strangers)
}

function printRates (whose: string, genuine: readonly number[], strangers: ReturnType<typeof strangerCount>): void {
  for (const [name, rate] of [['1e-3', 1e-3], ['1e-4', 1e-4]] as const) {
    const threshold = strangers.thresholdFor(rate)
    const from = `strangers ${whose}: ${counted(strangers.total())} pairs`
    print(threshold === null ? `TAR at FAR ${name} not measurable (${from}; ${counted(Math.round(1 / rate))} are needed)` : `TAR at FAR ${name} ${percent(shareFrom(genuine, threshold))} (threshold ${threshold.toFixed(3)}; ${from})`)
  }
}

async function printOpenSet (people: readonly LabelledPerson[], read: ReadPictures): Promise<void> {
  const { enrolled, strangers, gallery } = await searchAll(people, read.templates, progress)
  const among = `${counted(gallery)} enrolled with one picture, ${counted(enrolled.length)} searches for them, ${counted(strangers.length)} for strangers`
  if (enrolled.length === 0) { print(`1:N not measurable (${among})`); return }
  print(`1:N rank 1 ${percent(firstRank(enrolled))} (${among})`)
  for (const fpir of [0.1, 0.03, 0.01]) {
    const at = openSetAt(enrolled, strangers, fpir)
    print(at === null ? `1:N TPIR at FPIR ${100 * fpir} % not measurable (${counted(strangers.length)} strangers; ${Math.ceil(1 / fpir)} are needed)` : `1:N TPIR at FPIR ${100 * fpir} % ${percent(at.tpir)} (threshold ${at.threshold.toFixed(3)})`)
  }
}

if (values.images === undefined || values.pairs === undefined) {
  process.stderr.write('npm run faces:accuracy -- --images DIR --pairs FILE [--workers N]\n')
  process.exit(2)
}

try {
  await measure(values.images, values.pairs)
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : 'it failed'}\n`)
  process.exitCode = 1
}
