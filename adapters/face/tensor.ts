import type { ModelCard } from './model-card.ts'
import { greyOf } from './raster.ts'

/** An RGB crop as the network wants it: plane after plane, in its order of channels, normalised. */
export function tensorOf (rgb: Float32Array | Uint8Array, { order, normalisation: { mean, scale } }: Pick<ModelCard, 'order' | 'normalisation'>): Float32Array {
  if (order === 'grey') return greyOf(rgb).map((value) => (value - mean) / scale)
  const pixels = rgb.length / 3
  const planes = new Float32Array(rgb.length)
  for (let plane = 0; plane < 3; plane++) {
    const channel = order === 'RGB' ? plane : 2 - plane
    for (let pixel = 0; pixel < pixels; pixel++) planes[plane * pixels + pixel] = ((rgb[pixel * 3 + channel] ?? 0) - mean) / scale
  }
  return planes
}
