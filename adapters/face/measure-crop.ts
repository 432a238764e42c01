/** What the aligned crop says about the light and the focus. */
export interface CropMeasures {
  /** Variance of the Laplacian (4 neighbours): the lower, the more blurred. */
  readonly sharpness: number
  readonly brightness: number
  readonly contrast: number
}

/** The inner part of the crop: hair, background and hood at its edges say nothing of the face. */
const border = 12

export function measureCrop (grey: Float32Array, side: number): CropMeasures {
  const light = new Moments()
  const edges = new Moments()
  for (let row = border; row < side - border; row++) {
    for (let column = border; column < side - border; column++) {
      const place = row * side + column
      const value = grey[place] ?? 0
      light.add(value)
      edges.add((grey[place - 1] ?? 0) + (grey[place + 1] ?? 0) + (grey[place - side] ?? 0) + (grey[place + side] ?? 0) - 4 * value)
    }
  }
  return { sharpness: edges.variance(), brightness: light.mean(), contrast: Math.sqrt(light.variance()) }
}

class Moments {
  #count = 0
  #sum = 0
  #squares = 0

  add (value: number): void {
    this.#count += 1
    this.#sum += value
    this.#squares += value * value
  }

  mean (): number {
    return this.#sum / this.#count
  }

  variance (): number {
    return Math.max(0, this.#squares / this.#count - this.mean() ** 2)
  }
}
