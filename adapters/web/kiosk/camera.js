/** The camera, where there is one; it is off unless somebody looks into it. */
let stream = null

export async function openCamera (video) {
  if (navigator.mediaDevices?.getUserMedia === undefined) return false
  try {
    stream = await navigator.mediaDevices.getUserMedia({ video: { width: { ideal: 1280 }, height: { ideal: 720 }, facingMode: 'user' }, audio: false })
  } catch {
    return false
  }
  video.srcObject = stream
  await video.play()
  return true
}

export function closeCamera (video) {
  for (const track of stream?.getTracks() ?? []) track.stop()
  stream = null
  video.srcObject = null
}

/** One picture of what the camera shows, as JPEG. */
export function picture (video) {
  const canvas = document.createElement('canvas')
  canvas.width = video.videoWidth
  canvas.height = video.videoHeight
  canvas.getContext('2d').drawImage(video, 0, 0)
  return new Promise((resolve) => { canvas.toBlob(resolve, 'image/jpeg', 0.9) })
}

export const pause = (ms) => new Promise((resolve) => { setTimeout(resolve, ms) })
