/** Camera and microphone; both are off unless somebody enters a call or tests them. */
const sound = { echoCancellation: true, noiseSuppression: true, autoGainControl: true }
const picture = { width: { ideal: 640 }, height: { ideal: 480 }, frameRate: { ideal: 24, max: 30 }, facingMode: 'user' }

async function ask (constraints) {
  try {
    return await navigator.mediaDevices.getUserMedia(constraints)
  } catch {
    return null
  }
}

/** As much of the mode as the devices give: { stream, mode }; without any the mode is text. */
export async function openMedia (mode) {
  if (mode === 'text' || navigator.mediaDevices?.getUserMedia === undefined) return { stream: null, mode: 'text' }
  const whole = mode === 'video' ? await ask({ audio: sound, video: picture }) : null
  if (whole !== null) return { stream: whole, mode: 'video' }
  const alone = await ask({ audio: sound })
  return alone === null ? { stream: null, mode: 'text' } : { stream: alone, mode: 'voice' }
}

export const closeMedia = (stream) => { for (const track of stream?.getTracks() ?? []) track.stop() }

/** Calls back with the volume, 0 to 1, until it is told to stop. */
export function watchVolume (stream, tell) {
  const context = new AudioContext()
  const analyser = context.createAnalyser()
  context.createMediaStreamSource(stream).connect(analyser)
  const samples = new Float32Array(analyser.fftSize)
  const timer = setInterval(() => {
    analyser.getFloatTimeDomainData(samples)
    tell(Math.min(1, Math.sqrt(samples.reduce((sum, one) => sum + one * one, 0) / samples.length) * 4))
  }, 100)
  return () => {
    clearInterval(timer)
    void context.close()
  }
}

const longestSide = 1600
/** A photo made small enough for a frame, as base64 JPEG; the server writes it anew, without what the camera put beside it. */
export async function shrunk (file) {
  const image = await createImageBitmap(file)
  const scale = Math.min(1, longestSide / Math.max(image.width, image.height))
  const canvas = document.createElement('canvas')
  canvas.width = Math.round(image.width * scale)
  canvas.height = Math.round(image.height * scale)
  canvas.getContext('2d').drawImage(image, 0, 0, canvas.width, canvas.height)
  return canvas.toDataURL('image/jpeg', 0.8).split(',')[1]
}
