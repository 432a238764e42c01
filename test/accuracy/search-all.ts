import { faceIndex } from '../../adapters/face/index.ts'
import type { SearchedFace } from './figures.ts'
import type { LabelledPerson } from './labelled-faces.ts'

export interface SearchedAll {
  readonly gallery: number
  readonly enrolled: readonly SearchedFace[]
  /** Best scores of those who are searched for as if they were not enrolled. */
  readonly strangers: readonly number[]
}

/**
 * Everybody is enrolled with the first picture. The other pictures are searched for; and whoever has only one picture is
 * searched for among all others, who are strangers.
 */
export async function searchAll (people: readonly LabelledPerson[], templates: ReadonlyMap<string, Float32Array>, progress: (line: string) => void): Promise<SearchedAll> {
  const index = faceIndex({ dimension: [...templates.values()][0]?.length ?? 0 })
  const best = async (probe: Float32Array, without: string | null): Promise<{ readonly name: string, readonly score: number }> => {
    const [first, second] = await index.search(probe, { hospitalIds: null, among: null, limit: 2 })
    const found = first?.patientId === without ? second : first
    return { name: found?.patientId ?? '', score: found?.score ?? -1 }
  }
  try {
    index.put(people.flatMap(({ name, pictures: [first = ''] }) => {
      const template = templates.get(first)
      return template === undefined ? [] : [{ templateId: first, patientId: name, hospitalId: 'gallery', template }]
    }))
    const enrolled: SearchedFace[] = []
    const strangers: number[] = []
    for (const [place, { name, pictures: [first = '', ...others] }] of people.entries()) {
      if (place % 500 === 0) progress(`1:N: ${place.toLocaleString('en')} of ${people.length.toLocaleString('en')} people searched for`)
      const alone = others.length === 0 ? templates.get(first) : undefined
      if (alone !== undefined) strangers.push((await best(alone, name)).score)
      for (const probe of others) {
        const template = templates.get(probe)
        const found = template === undefined ? { name: '', score: -1 } : await best(template, null)
        enrolled.push({ best: found.score, isOwn: found.name === name })
      }
    }
    return { gallery: index.size(), enrolled, strangers }
  } finally {
    await index.close()
  }
}
