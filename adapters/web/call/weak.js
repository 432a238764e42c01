/**
 * 弱网. How much is sent, by how much of it arrives: picture, small picture, sound alone, nothing but text. Down after three bad looks, up
 * again one step after a while of good ones, which doubles with every fall, so that it does not swing. Never above what the persons chose.
 */
export const levels = ['video', 'video_low', 'voice', 'text']

/** Beyond any of these a level does not work: lost per mille, and kilobits a second that the way carries. */
const limits = {
  video: { lossPermille: 80, kilobitsPerSecond: 250 },
  video_low: { lossPermille: 120, kilobitsPerSecond: 90 },
  voice: { lossPermille: 300, kilobitsPerSecond: 12 },
  text: { lossPermille: 1_000, kilobitsPerSecond: 0 }
}
const badLooks = 3
const goodLooks = 8
const mostGoodLooks = 64
const fine = { lossPermille: 20, roundTripMs: 500 }

export const startAt = (mode) => ({ level: mode === 'video' ? 'video' : mode, cap: mode, bad: 0, good: 0, needs: goodLooks })

/** What the persons chose now is the most that is sent; a choice begins anew. */
export const capped = (state, mode) => state.cap === mode ? state : startAt(mode)

function isBad ({ level }, { lossPermille, kilobitsPerSecond }) {
  const limit = limits[level]
  return lossPermille > limit.lossPermille || (kilobitsPerSecond !== null && kilobitsPerSecond < limit.kilobitsPerSecond)
}

/** `look`: { lossPermille, kilobitsPerSecond (null: not known), roundTripMs }. */
export function adapt (state, look) {
  const place = levels.indexOf(state.level)
  if (isBad(state, look)) {
    const bad = state.bad + 1
    if (bad < badLooks || place === levels.length - 1) return { ...state, bad, good: 0 }
    return { ...state, level: levels[place + 1], bad: 0, good: 0, needs: Math.min(mostGoodLooks, state.needs * 2) }
  }
  const isGood = look.lossPermille <= fine.lossPermille && look.roundTripMs <= fine.roundTripMs
  const good = isGood ? state.good + 1 : 0
  const isAbove = place > levels.indexOf(state.cap)
  if (!isAbove || good < state.needs) return { ...state, bad: 0, good }
  return { ...state, level: levels[place - 1], bad: 0, good: 0 }
}

/** The mode of the call that a level stands for. */
export const modeOf = (level) => level === 'video_low' ? 'video' : level
