import { modelCards } from './model-card.ts'
import type { Networks } from './models.ts'
import { cropOf, placingOfBox, type Box, type Raster } from './raster.ts'
import { tensorOf } from './tensor.ts'

/** What surrounds the face (edge of a sheet, frame of a screen) belongs to what the network looks at. */
const surroundings = 2.7

/** Probability of the first of three classes, 0–1. Reported, never what decides: nobody validated it against attacks. */
export async function livenessOf (networks: Networks, raster: Raster, box: Box): Promise<number> {
  const [, height, width] = modelCards.liveness.input
  const crop = cropOf(raster, placingOfBox(widened(box, raster), { width, height }), { width, height }, 1)
  const { output } = await networks.liveness(tensorOf(crop, modelCards.liveness))
  const [first = 0, second = 0, third = 0] = output ?? []
  return 1 / (1 + Math.exp(second - first) + Math.exp(third - first))
}

/** As wide as the picture allows, moved inside where it would reach over the edge. */
function widened ({ left, top, width, height }: Box, raster: Pick<Raster, 'width' | 'height'>): Box {
  const by = Math.min(surroundings, raster.width / width, raster.height / height)
  const [wide, high] = [width * by, height * by]
  const inside = (from: number, length: number, end: number): number => Math.max(0, Math.min(end - length, from))
  return { left: inside(left + (width - wide) / 2, wide, raster.width), top: inside(top + (height - high) / 2, high, raster.height), width: wide, height: high }
}
