import { make } from '../elements/make.js'
import * as api from './api.js'
import { openCamera, pause, picture } from './camera.js'
import { choices, note } from './view.js'
import { languageNow, word } from './words.js'

/** Time to do one motion, and the pictures that are taken meanwhile. */
const picturesPerStep = 4
const betweenMs = 450

/** The parts of the screen on which somebody looks into the camera, or chooses pictures where there is none. */
export function look ({ sessionId, go, ask, say }) {
  const video = make('video', { muted: true, playsinline: true })
  const told = note([])
  const begin = make('button', { type: 'button', onclick: () => { void film() } }, word('begin'))
  const files = make('label', { hidden: true }, make('span', {}, word('noCamera')), make('input', { type: 'file', accept: 'image/jpeg', multiple: true, onchange: (event) => { void chosen([...event.target.files].slice(0, 12)) } }))
  const tell = (text) => {
    told.textContent = text
    say(text)
  }

  async function film () {
    begin.disabled = true
    await ask(() => api.challenge(sessionId), async ({ isOk, body }) => {
      if (!isOk) return go('lost')
      const frames = []
      for (const instruction of body.instructions) {
        tell(instruction[languageNow()])
        await pause(600)
        for (let count = 0; count < picturesPerStep; count++) {
          if (!video.isConnected) return
          frames.push(await picture(video))
          await pause(betweenMs)
        }
      }
      await shown(body.id, frames)
    })
  }

  async function chosen (pictures) {
    await ask(() => api.challenge(sessionId), async ({ isOk, body }) => { isOk ? await shown(body.id, pictures) : go('lost') })
  }

  async function shown (challengeId, frames) {
    tell(word('busy'))
    await ask(() => api.identify(challengeId, frames), ({ isOk, body }) => {
      if (!isOk) return go('document', { note: [word('trouble')] })
      const learnt = { frames, identificationId: body.identificationId ?? null, person: body.person ?? null }
      if (['matched', 'ambiguous', 'no_match'].includes(body.result)) return go(body.result, learnt)
      go('again', { note: (body.reasons ?? []).map((reason) => reason[languageNow()]) })
    })
  }

  void openCamera(video).then((isOpen) => {
    video.hidden = !isOpen
    begin.hidden = !isOpen
    files.hidden = isOpen
  })
  return [video, files, told, choices(begin)]
}
