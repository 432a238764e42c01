import { execFile } from 'node:child_process'
import { copyFile, mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { Worker } from 'node:worker_threads'
import fc from 'fast-check'
import sharp, { type Sharp } from 'sharp'
import t from 'tap'
import { chooseFace, type FoundFace } from '../../../adapters/face/find-faces.ts'
import { headPoseOf } from '../../../adapters/face/head-pose.ts'
import { openFaceEngine } from '../../../adapters/face/index.ts'
import { modelCards } from '../../../adapters/face/model-card.ts'
import { modelFolder, ModelsUnusable, openNetworks } from '../../../adapters/face/models.ts'
import { cropOf, placingOfBox } from '../../../adapters/face/raster.ts'
import { tensorOf } from '../../../adapters/face/tensor.ts'
import { WorkerPool } from '../../../adapters/face/worker-pool.ts'
import { startThread } from '../../../adapters/face/worker-thread.ts'
import type { FaceQuality, PictureRead } from '../../../core/faces/index.ts'
import { cosine, faultsOfEnrolment, faultsOfProbe } from '../../../core/faces/frames.ts'
import { sameSittingScore } from '../../../core/faces/match-policy.ts'
import { aFilm, anotherPicture, aSubject, hasPictures, withoutPictures, type PersonName } from '../../fixtures/camera.ts'
import { groupPicture, peopleOf } from '../../fixtures/face-groups.ts'
import { accuracyByFolds, firstRank, openSetAt, shareFrom, strangerCount, type ComparedPair } from '../../accuracy/figures.ts'

type Seen = Extract<PictureRead, { kind: 'face' }>
const inFolder = path.resolve(import.meta.dirname, '../../../adapters/face/face-engine.ts')

/** Checked before it is used, so that what is expected of a face says so where there is none. */
function seen (read: PictureRead): Seen {
  if (read.kind !== 'face') throw new Error(`a face was expected, it is ${read.kind}`)
  return read
}

const numbersOf = (value: unknown): readonly number[] => typeof value === 'number' ? [value] : typeof value === 'object' && value !== null ? Object.values(value).flatMap(numbersOf) : []

t.test('the engine', { skip: hasPictures ? false : withoutPictures }, async (t) => {
  const engine = openFaceEngine({ workers: 2 })
  t.teardown(() => engine.close())
  const read = async (picture: Buffer): Promise<Seen> => seen(await engine.read(picture))

  t.test('[T-04] knows each of four people on another picture, and takes nobody for another', async (t) => {
    const names: readonly PersonName[] = ['anna', 'clara', 'greta', 'hilda']
    const people = await Promise.all(names.map(async (name) => {
      const subject = await aSubject(name)
      return { name, first: await read(subject.picture), second: await read(await anotherPicture(subject)) }
    }))
    for (const { name, first, second } of people) {
      t.equal(first.template.length, engine.model.dimension)
      t.ok(Math.abs(cosine(first.template, first.template) - 1) < 1e-5, 'a template has unit length')
      t.ok(cosine(first.template, second.template) > 0.8, `${name}: ${cosine(first.template, second.template).toFixed(2)}`)
      for (const other of people) if (other.name !== name) t.ok(cosine(first.template, other.second.template) < 0.408, `${name} is not ${other.name}: ${cosine(first.template, other.second.template).toFixed(2)}`)
    }
  })

  t.test('of 231 pairs of faces in six pictures only those of one person pass: in other clothes, another room, another light', async (t) => {
    const people = await peopleOf()
    const faces = await Promise.all(people.map(async ({ name, picture }) => ({ name, read: await read(picture) })))
    t.equal(faces.length, 22)
    const alike: string[] = []
    faces.forEach((one, place) => {
      for (const other of faces.slice(place + 1)) if (cosine(one.read.template, other.read.template) >= sameSittingScore) alike.push(`${one.name} ${other.name}`)
    })
    t.strictSame(alike, ['1.1 4.0', '1.2 3.1'])
  })

  t.test('the same picture gives the same numbers, whichever thread reads it', async (t) => {
    const { picture } = await aSubject('anna')
    const reads = await Promise.all(Array.from({ length: 4 }, () => read(picture)))
    // WebAssembly may round once or twice in a multiply-add, by how far a thread has compiled it: a few parts in 10⁷.
    const [first = [], ...others] = reads.map(numbersOf)
    t.ok(first.length > 512)
    for (const one of others) t.ok(one.length === first.length && one.every((number, place) => Math.abs(number - (first[place] ?? NaN)) <= 1e-4 * Math.max(1, Math.abs(number))))
  })

  t.test('EXIF says how the camera was held, and a tilted head stays the same person', async (t) => {
    const { picture } = await aSubject('greta')
    const upright = await read(picture)
    for (const [orientation, turn] of [[6, 270], [3, 180], [8, 90]] as const) {
      const held = await sharp(await sharp(picture).rotate(turn).toBuffer()).withMetadata({ orientation }).jpeg().toBuffer()
      t.ok(cosine((await read(held)).template, upright.template) > 0.97, `orientation ${orientation}`)
    }
    for (const degrees of [-25, 25]) {
      const tilted = await read(await sharp(picture).rotate(degrees, { background: '#777' }).jpeg().toBuffer())
      t.ok(cosine(tilted.template, upright.template) > 0.95, `tilted by ${degrees}°: ${cosine(tilted.template, upright.template).toFixed(3)}`)
      t.ok(Math.abs(tilted.quality.roll - upright.quality.roll - degrees) < 6, `roll ${tilted.quality.roll.toFixed(0)}`)
    }
  })

  t.test('what is wrong with a picture can be measured', async (t) => {
    const { picture } = await aSubject('greta')
    const qualityOf = async (changed: Sharp): Promise<FaceQuality> => (await read(await changed.jpeg().toBuffer())).quality
    const good = (await read(picture)).quality
    t.strictSame(faultsOfEnrolment(good), [])
    t.equal(good.faces, 1)
    t.ok(good.eyesOpen > 0.8)
    t.ok(faultsOfProbe(await qualityOf(sharp(picture).blur(9))).includes('blurred'))
    t.ok(faultsOfProbe(await qualityOf(sharp(picture).linear(0.22, 0))).includes('too_dark'))
    t.ok(faultsOfProbe(await qualityOf(sharp(picture).linear(1.1, 110))).includes('too_bright'))
    t.ok(faultsOfProbe(await qualityOf(sharp(picture).linear(0.3, 90))).includes('low_contrast'))
    const small = await qualityOf(sharp(picture).resize(120))
    t.ok(faultsOfProbe(small).includes('too_far'))
    t.ok(Math.abs(small.eyeDistancePx - good.eyeDistancePx * 120 / 640) < 3, 'in pixels of the picture that came')
    const large = await qualityOf(sharp(picture).resize(2_600))
    t.ok(Math.abs(large.eyeDistancePx - good.eyeDistancePx * 2_600 / 640) < 20, 'also where it is worked with smaller')
  })

  t.test('left and right, up and down, open and closed', async (t) => {
    const subject = await aSubject('anna')
    const [straight, left, , right, , closed] = await Promise.all((await aFilm(subject, ['look_straight', 'turn_left', 'turn_right', 'blink'])).map(read))
    t.ok(left !== undefined && right !== undefined && straight !== undefined && closed !== undefined)
    t.ok((left?.quality.yaw ?? 0) > (straight?.quality.yaw ?? 0) + 10 && (straight?.quality.yaw ?? 0) > (right?.quality.yaw ?? 0) + 10, 'yaw > 0 is the own left')
    t.ok((closed?.quality.eyesOpen ?? 1) < 0.3 && (straight?.quality.eyesOpen ?? 0) > 0.7, `${closed?.quality.eyesOpen} against ${straight?.quality.eyesOpen}`)
    const people = await peopleOf()
    const qualityOf = async (wanted: string): Promise<FaceQuality> => (await read(people.find(({ name }) => name === wanted)?.picture ?? Buffer.alloc(0))).quality
    t.ok((await qualityOf('5.1')).yaw > 20, 'she looks to her left')
    t.ok((await qualityOf('1.0')).yaw < -20, 'she looks to her right')
    t.ok((await qualityOf('6.2')).pitch < -15, 'she holds down her head')
    t.ok((await qualityOf('5.3')).pitch > 5, 'she holds up her head')
    for (const name of ['1.1', '2.1', '2.2', '4.2']) t.ok((await qualityOf(name)).eyesOpen < 0.3, `${name} has closed eyes`)
    for (const name of ['1.0', '1.2', '3.0', '3.1', '4.1', '5.1', '5.2', '6.0', '6.1', '6.2', '6.3']) t.ok((await qualityOf(name)).eyesOpen > 0.6, `${name} has open eyes`)
  })

  t.test('several people: the largest and nearest to the middle is chosen, and whether that is clear is said', async (t) => {
    const group = await read(await groupPicture(6))
    t.equal(group.quality.faces, 4)
    t.equal(group.quality.isDominant, false)
    const { picture } = await aSubject('greta')
    const behind = await sharp((await aSubject('hilda')).picture).resize(210).toBuffer()
    const before = await read(await sharp(picture).extend({ right: 260, background: '#999' }).composite([{ input: behind, left: 660, top: 60 }]).jpeg().toBuffer())
    t.equal(before.quality.faces, 2)
    t.equal(before.quality.isDominant, true)
    t.ok(cosine(before.template, (await read(picture)).template) > 0.95)
    const beside = await sharp((await aSubject('hilda')).picture).resize(640, 700, { fit: 'cover' }).toBuffer()
    const two = await read(await sharp(picture).extend({ right: 640, bottom: 100, background: '#999' }).composite([{ input: beside, left: 640, top: 0 }]).jpeg().toBuffer())
    t.equal(two.quality.isDominant, false)
  })

  t.test('a face that fills its picture, as on a document, gives the same numbers as with its surroundings', async (t) => {
    const [tight, wide] = [await peopleOf(0), await peopleOf()]
    await Promise.all(tight.map(async ({ name, picture }, place) => {
      // 2.0 is seen from the side, 2.1 through her hair.
      if (['2.0', '2.1'].includes(name)) return
      const likeness = cosine((await read(picture)).template, (await read(wide[place]?.picture ?? picture)).template)
      t.ok(likeness > 0.9, `${name}: ${likeness.toFixed(2)}`)
    }))
  })

  t.test('no face, no picture, no harm', async (t) => {
    const drawn = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="400" height="400"><rect width="400" height="400" fill="#9ab"/><rect x="80" y="120" width="240" height="160" fill="#345"/></svg>')
    t.strictSame(await engine.read(await sharp(drawn).png().toBuffer()), { kind: 'no_face' })
    t.strictSame(await engine.read(await sharp({ create: { width: 3, height: 3, channels: 3, background: '#888' } }).png().toBuffer()), { kind: 'no_face' })
    const { picture } = await aSubject('anna')
    const unreadable: ReadonlyArray<readonly [string, Uint8Array]> = [
      ['nothing', new Uint8Array()],
      ['text', Buffer.from('this is no picture')],
      ['a drawing, whose format is not taken', drawn],
      ['a picture that ends in the middle', picture.subarray(0, picture.length >> 1)],
      ['a picture with a hole', Buffer.concat([picture.subarray(0, 200), Buffer.alloc(picture.length - 200, 7)])],
      ['a TIFF', await sharp(picture).tiff().toBuffer()],
      ['more pixels than are taken', await sharp({ create: { width: 8_000, height: 7_000, channels: 3, background: '#888' } }).png().toBuffer()],
      ['more bytes than are taken', Buffer.concat([picture, Buffer.alloc(16 * 1024 * 1024)])]
    ]
    for (const [what, bytes] of unreadable) t.strictSame(await engine.read(bytes), { kind: 'unreadable' }, what)
    for (const format of ['png', 'webp', 'jpeg'] as const) t.equal((await engine.read(await sharp(picture).greyscale().toFormat(format).toBuffer())).kind, 'face', `grey ${format}`)
    t.equal((await engine.read(await sharp(picture).ensureAlpha(0.9).png().toBuffer())).kind, 'face', 'with transparency')
  })

  t.test('whatever bytes come, one of three answers goes', async () => {
    const { picture } = await aSubject('anna')
    const small = await sharp(picture).resize(160).jpeg().toBuffer()
    await fc.assert(fc.asyncProperty(fc.array(fc.tuple(fc.nat(small.length - 1), fc.nat(255)), { maxLength: 40 }), async (changes) => {
      const damaged = Uint8Array.from(small)
      for (const [place, value] of changes) damaged[place] = value
      return ['unreadable', 'no_face', 'face'].includes((await engine.read(damaged)).kind)
    }), { numRuns: 40 })
  })
})

t.test('threads of the engine', { skip: hasPictures ? false : withoutPictures }, async (t) => {
  const { picture } = await aSubject('anna')
  const settings = { size: 1, queueLimit: 4, timeoutMs: 20_000, startTimeoutMs: 60_000 }
  const unavailable = { code: 'FACE_ENGINE_UNAVAILABLE', kind: 'unavailable' }

  t.test('more than can wait is refused, and what waits is read', async (t) => {
    const engine = openFaceEngine({ workers: 1, queueLimit: 2 })
    t.teardown(() => engine.close())
    await engine.warm()
    const all = await Promise.allSettled(Array.from({ length: 5 }, () => engine.read(picture)))
    t.strictSame(all.map(({ status }) => status), ['fulfilled', 'fulfilled', 'fulfilled', 'rejected', 'rejected'])
    t.match(all[4], { reason: unavailable })
    t.equal((await engine.read(picture)).kind, 'face', 'afterwards there is room again')
  })

  t.test('a thread that dies is replaced and its picture read once more; a picture that two threads die of is refused', async (t) => {
    const threads: Worker[] = []
    const pool = new WorkerPool<Uint8Array, PictureRead>({ ...settings, start: () => {
      const thread = startThread('face-worker', inFolder)
      threads.push(thread)
      return thread
    } })
    t.teardown(() => pool.close())
    await pool.warm()
    const once = pool.run(picture)
    await threads[0]?.terminate()
    t.equal((await once).kind, 'face')
    t.equal(threads.length, 2)
    const deaths = pool.run(picture)
    const refused = t.rejects(deaths, unavailable)
    await threads[1]?.terminate()
    while (threads.length < 3) await new Promise((resolve) => { setImmediate(resolve) })
    await new Promise((resolve) => { threads[2]?.once('message', resolve) })
    await threads[2]?.terminate()
    await refused
    t.equal((await pool.run(picture)).kind, 'face', 'and the next one has a thread')
  })

  t.test('a picture that takes too long is refused, and does not hold up the next', async (t) => {
    const pool = new WorkerPool<Uint8Array, PictureRead>({ ...settings, timeoutMs: 1, start: () => startThread('face-worker', inFolder) })
    t.teardown(() => pool.close())
    await pool.warm()
    const refusal = await pool.run(picture).then(() => null, (error: Error) => error)
    t.match(refusal, unavailable)
    t.match(refusal?.message, /too long/)
    await pool.warm()
  })

  t.test('an engine that cannot start says why, at once to all, and does not try without end', async (t) => {
    let starts = 0
    const pool = new WorkerPool<Uint8Array, PictureRead>({ ...settings, size: 2, start: () => {
      starts += 1
      return new Worker('require("node:worker_threads").parentPort.postMessage({ kind: "unusable", reason: "The face model x is missing." })', { eval: true })
    } })
    t.teardown(() => pool.close())
    await t.rejects(pool.run(picture), { ...unavailable, message: /face model x is missing/ })
    const before = starts
    await t.rejects(pool.run(picture), { ...unavailable, message: /face model x is missing/ })
    await t.rejects(pool.warm(), unavailable)
    t.equal(starts, before)
    t.ok(starts <= 2)
  })

  t.test('a closed engine refuses, what ran and what waited too', async (t) => {
    const engine = openFaceEngine({ workers: 1 })
    await engine.warm()
    const waiting = Promise.allSettled([engine.read(picture), engine.read(picture)])
    await engine.close()
    t.match(await waiting, [{ status: 'rejected', reason: unavailable }, { status: 'rejected', reason: unavailable }])
    await t.rejects(engine.read(picture), unavailable)
    await t.rejects(engine.warm(), unavailable)
    await engine.close()
  })
})

t.test('models', async (t) => {
  t.test('every file is the one of the model card; another one stops the engine by name', async (t) => {
    const folder = t.testdir({})
    for (const { file } of Object.values(modelCards)) await copyFile(path.join(modelFolder(), file), path.join(folder, file))
    t.equal(Object.keys(await openNetworks(folder)).length, 5)
    const changed = path.join(folder, modelCards.feature.file)
    const bytes = await readFile(changed)
    bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1
    await writeFile(changed, bytes)
    await t.rejects(openNetworks(folder), new ModelsUnusable('The face model fr_feature.onnx is not the file of the model card (SHA-256 differs); install faceplugin-face-recognition-js 0.0.1 again.'))
    await t.rejects(openNetworks(path.join(folder, 'none')), new ModelsUnusable('The face model fr_detect.onnx is missing in faceplugin-face-recognition-js; install it again.'))
  })

  t.test('docs/faces.md shows the card as it is', async (t) => {
    const text = await readFile(path.resolve(import.meta.dirname, '../../../docs/faces.md'), 'utf8')
    for (const { file, sha256, order } of Object.values(modelCards)) t.match(text, new RegExp(`\\| \`${file}\` .*${order}.*\`${sha256}\``))
    const shipped = await readdir(modelFolder())
    for (const { file } of Object.values(modelCards)) t.ok(shipped.includes(file))
  })
})

t.test('parts', async (t) => {
  t.test('a crop of the whole in its own size is the picture; halved, each pixel is the mean of four', async () => {
    fc.assert(fc.property(fc.uint8Array({ minLength: 48, maxLength: 48 }), (rgb) => {
      const raster = { width: 4, height: 4, rgb }
      const whole = { left: 0, top: 0, width: 4, height: 4 }
      const same = cropOf(raster, placingOfBox(whole, raster), raster)
      const half = cropOf(raster, placingOfBox(whole, { width: 2, height: 2 }), { width: 2, height: 2 })
      const mean = [0, 3, 12, 15].reduce((sum, place) => sum + (rgb[place] ?? 0), 0) / 4
      return same.every((value, place) => Math.abs(value - (rgb[place] ?? 0)) < 1e-3) && Math.abs((half[0] ?? 0) - mean) < 1e-3
    }))
  })

  t.test('channels go to the network in the order of its card', async (t) => {
    const normalisation = { mean: 0, scale: 1 }
    const rgb = Float32Array.from([1, 2, 3, 4, 5, 6])
    t.strictSame([...tensorOf(rgb, { order: 'RGB', normalisation })], [1, 4, 2, 5, 3, 6])
    t.strictSame([...tensorOf(rgb, { order: 'BGR', normalisation })], [3, 6, 2, 5, 1, 4])
    t.equal(tensorOf(rgb, { order: 'grey', normalisation }).length, 2)
  })

  t.test('of two faces the larger counts, of equal ones the one in the middle', async (t) => {
    const face = (left: number, width: number): FoundFace => ({ score: 1, left, top: 100, width, height: width })
    const size = { width: 640, height: 300 }
    t.match(chooseFace([face(0, 100), face(270, 100)], size), { face: { left: 270 }, isDominant: false })
    t.match(chooseFace([face(0, 180), face(270, 80)], size), { face: { left: 0 }, isDominant: true })
    t.equal(chooseFace([], size), null)
  })

  t.test('a head that is turned in space is measured by the angles it was turned by', async () => {
    const model = [[30, 0, 0, 0], [8, 0, -330, -88], [36, -225, 170, -182], [45, 225, 170, -182], [48, -150, -150, -169], [54, 150, -150, -169]] as const
    const rad = Math.PI / 180
    fc.assert(fc.property(fc.double({ min: -35, max: 35, noNaN: true }), fc.double({ min: -30, max: 30, noNaN: true }), (yaw, pitch) => {
      const landmarks = Array.from({ length: 68 }, () => ({ x: 0, y: 0 }))
      for (const [index, x, y, z] of model) {
        const [x1, z1] = [x * Math.cos(yaw * rad) + z * Math.sin(yaw * rad), -x * Math.sin(yaw * rad) + z * Math.cos(yaw * rad)]
        landmarks[index] = { x: 300 + x1 / 4, y: 300 - (y * Math.cos(pitch * rad) + z1 * Math.sin(pitch * rad)) / 4 }
      }
      const level = [{ x: 0, y: 0 }, { x: 1, y: 0 }] as const
      const pose = headPoseOf(landmarks, { eyes: level })
      return Math.abs(pose.yaw - yaw) < 0.01 && Math.abs(Math.sin(pose.pitch * rad) - Math.sin(pitch * rad) * Math.cos(yaw * rad)) < 0.01
    }))
  })
})

t.test('the accuracy command', async (t) => {
  t.test('a fold is judged by the threshold of the others', async (t) => {
    const pair = (fold: number, isSame: boolean, score: number): ComparedPair => ({ fold, isSame, score })
    const parted = accuracyByFolds([pair(0, true, 0.7), pair(0, false, 0.1), pair(1, true, 0.6), pair(1, false, 0.2)])
    t.match(parted, { accuracy: 1, deviation: 0 })
    t.ok(Math.abs(parted.threshold - 0.4) < 1e-9)
    t.match(accuracyByFolds([pair(0, true, 0.7), pair(0, false, 0.5), pair(1, true, 0.4), pair(1, false, 0.2)]), { accuracy: 0.5, deviation: 0 })
  })

  t.test('rates say nothing that too few strangers cannot show', async (t) => {
    const strangers = strangerCount()
    for (let place = 0; place < 1_000; place++) strangers.add(place / 2_000)
    t.equal(strangers.thresholdFor(1e-4), null)
    const threshold = strangers.thresholdFor(0.1) ?? NaN
    t.ok(Math.abs(threshold - 0.45) < 0.0011, `${threshold}`)
    t.equal(shareFrom([0.2, 0.5, 0.9, 0.44], threshold), 0.5)
    const enrolled = [{ best: 0.9, isOwn: true }, { best: 0.8, isOwn: false }, { best: 0.3, isOwn: true }, { best: 0.5, isOwn: true }]
    t.equal(firstRank(enrolled), 0.75)
    t.match(openSetAt(enrolled, [0.1, 0.2, 0.3, 0.4, 0.45, 0.2, 0.1, 0, 0, 0.6], 0.1), { tpir: 0.5, fpir: 0.1 })
    t.equal(openSetAt(enrolled, [0.1, 0.2], 0.1), null)
  })

  t.test('on a folder in the layout of LFW it prints every figure', { skip: hasPictures ? false : withoutPictures }, async (t) => {
    const folder = t.testdir({})
    const people = (await peopleOf()).filter(({ name }) => !['2.0', '2.1', '3.1', '4.0', '4.2'].includes(name))
    const several = people.slice(0, 5)
    for (const { name, picture } of people) {
      const views = several.some((one) => one.name === name) ? [picture, await sharp(picture).flop().modulate({ brightness: 1.15 }).resize(260).jpeg({ quality: 75 }).toBuffer()] : [picture]
      await mkdir(path.join(folder, name))
      for (const [place, view] of views.entries()) await writeFile(path.join(folder, name, `${name}_000${place + 1}.jpg`), view)
    }
    const [one, two, three, four] = several.map(({ name }) => name)
    const pairsFile = path.join(folder, 'pairs.txt')
    await writeFile(pairsFile, [`2\t2`, `${one}\t1\t2`, `${two}\t1\t2`, `${one}\t1\t${two}\t2`, `${two}\t1\t${three}\t1`, `${three}\t1\t2`, `${four}\t1\t2`, `${three}\t2\t${four}\t1`, `${four}\t1\t${one}\t1`].join('\n'))
    const { code, printed, said } = await accuracyOf(['--images', folder, '--pairs', pairsFile, '--workers', '1'])
    t.equal(code, 0, said)
    t.match(printed, /^model fr_feature-87aacdfe-bgr-1$/m)
    t.match(printed, /^pictures 22 of 17 people: [\d.]+ ms each \([\d.]+\/s\), CPU [\d.]+ ms each$/m)
    t.match(printed, /^faces found 22 \(100\.00 %\)$/m)
    t.match(printed, /^2-fold accuracy 100\.00 % ± 0\.00 \(8 pairs, threshold 0\.\d{3}\)$/m)
    t.match(printed, /^TAR at FAR 1e-3 not measurable \(strangers of the pairs: 4 pairs; 1,000 are needed\)$/m)
    t.match(printed, /^TAR at FAR 1e-4 not measurable \(strangers of all first pictures: 136 pairs; 10,000 are needed\)$/m)
    t.match(printed, /^1:N rank 1 100\.00 % \(17 enrolled with one picture, 5 searches for them, 12 for strangers\)$/m)
    t.match(printed, /^1:N TPIR at FPIR 10 % 100\.00 % \(threshold 0\.\d{3}\)$/m)
    t.match(printed, /^1:N TPIR at FPIR 1 % not measurable \(12 strangers; 100 are needed\)$/m)
    t.match(said, /22 pictures read/)
    await writeFile(pairsFile, `2\t1\n${one}\t1\t9\n${one}\t1\t${two}\t1\n${one}\t1\t2\n${one}\t1\t${two}\t1\n`)
    t.match(await accuracyOf(['--images', folder, '--pairs', pairsFile]), { code: 1, said: /pairs\.txt, line 2: no such pictures/ })
    t.match(await accuracyOf([]), { code: 2, said: /--images DIR --pairs FILE/ })
  })
})

async function accuracyOf (args: readonly string[]): Promise<{ readonly code: number | null, readonly printed: string, readonly said: string }> {
  const root = path.resolve(import.meta.dirname, '../../..')
  return new Promise((resolve) => {
    const run = execFile(process.execPath, ['--import', 'tsx', 'test/accuracy/run.ts', ...args], { cwd: root }, (_error, printed, said) => { resolve({ code: run.exitCode, printed, said }) })
  })
}
