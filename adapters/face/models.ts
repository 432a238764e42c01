import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import path from 'node:path'
import { InferenceSession, Tensor } from 'onnxruntime-node'
import { modelCards, modelSource, type ModelCard, type ModelName } from './model-card.ts'

/** What one network answers, by the name of the output. */
export type Outputs = Readonly<Record<string, Float32Array>>

/** Runs a network on one input that `tensorOf` or the like has made. */
export type Networks = Readonly<Record<ModelName, (input: Float32Array) => Promise<Outputs>>>

/** Its message names the file and is fit for a log. */
export class ModelsUnusable extends Error {}

/**
 * Loads every network of the model card from the package that brings them, after its hash was compared. One thread
 * each: two threads for one network of this size are slower than two workers (face.md).
 */
export async function openNetworks (folder = modelFolder()): Promise<Networks> {
  const open = async (card: ModelCard): Promise<Networks[ModelName]> => {
    const file = await verifiedFile(folder, card)
    return networkOf(card, card.name === 'feature' ? await fasterSession(file, card) : await openSession(file, 'all'))
  }
  const { detect, landmark, feature, liveness, eye } = modelCards
  return { detect: await open(detect), landmark: await open(landmark), feature: await open(feature), liveness: await open(liveness), eye: await open(eye) }
}

function networkOf (card: ModelCard, session: InferenceSession): Networks[ModelName] {
  const dims = [1, ...card.input]
  return async (input) => {
    const answer = await session.run({ input: new Tensor('float32', input, dims) })
    return Object.fromEntries(card.outputs.map((name) => [name, numbersOf(answer[name], card)]))
  }
}

type Optimisation = 'all' | 'extended'

async function openSession (file: Uint8Array, graphOptimizationLevel: Optimisation): Promise<InferenceSession> {
  return InferenceSession.create(file, { intraOpNumThreads: 1, interOpNumThreads: 1, executionMode: 'sequential', graphOptimizationLevel, logSeverityLevel: 3 })
}

/**
 * onnxruntime's re-ordering of memory ("all") makes the other networks two to three times as fast, and this one three times
 * as slow on processors with AVX-512 (68 instead of 22 ms), while it helps on others: so this machine decides.
 */
async function fasterSession (file: Uint8Array, card: ModelCard): Promise<InferenceSession> {
  let best: { readonly session: InferenceSession, readonly ms: number } | null = null
  for (const level of ['extended', 'all'] as const) {
    const session = await openSession(file, level)
    const ms = await timeOf(networkOf(card, session), card)
    if (best === null || ms < best.ms) {
      await best?.session.release()
      best = { session, ms }
    } else await session.release()
  }
  if (best === null) throw new ModelsUnusable(`The face model ${card.file} cannot be opened.`)
  return best.session
}

async function timeOf (network: Networks[ModelName], { input: [channels, height, width] }: ModelCard): Promise<number> {
  let ms = Infinity
  for (let round = 0; round < 2; round++) {
    const from = performance.now()
    await network(new Float32Array(channels * height * width).fill(0.5))
    ms = Math.min(ms, performance.now() - from)
  }
  return ms
}

export function modelFolder (): string {
  try {
    return path.join(path.dirname(createRequire(import.meta.url).resolve(`${modelSource.package}/package.json`)), modelSource.folder)
  } catch {
    throw new ModelsUnusable(`The package ${modelSource.package} ${modelSource.version} is not installed; it brings the face models.`)
  }
}

async function verifiedFile (folder: string, { file, sha256 }: ModelCard): Promise<Uint8Array> {
  const bytes = await readFile(path.join(folder, file)).catch(() => null)
  if (bytes === null) throw new ModelsUnusable(`The face model ${file} is missing in ${modelSource.package}; install it again.`)
  if (createHash('sha256').update(bytes).digest('hex') !== sha256) throw new ModelsUnusable(`The face model ${file} is not the file of the model card (SHA-256 differs); install ${modelSource.package} ${modelSource.version} again.`)
  return bytes
}

function numbersOf (output: Tensor | undefined, { file }: ModelCard): Float32Array {
  if (output === undefined || !(output.data instanceof Float32Array)) throw new ModelsUnusable(`The face model ${file} does not answer as its card says.`)
  return output.data
}
