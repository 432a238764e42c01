import { make } from '../elements/make.js'
import { makeChat } from './chat.js'
import { eventOf, isRunning, next } from './machine.js'
import { closeMedia, openMedia, watchVolume } from './media.js'
import { makeMeter, makePeer } from './peer.js'
import { forget, joinRoom, keep, kept } from './room.js'
import { choice, choices, hint, note, title } from './view.js'
import { languageNow, setLanguage, word } from './words.js'
import { adapt, capped, modeOf, startAt } from './weak.js'

const lookEveryMs = 2_000
const reportEveryLooks = 5
const byId = (id) => document.getElementById(id)
const [place, stage, talk, status, theirs, ours] = ['screen', 'stage', 'talk', 'status', 'theirs', 'ours'].map(byId)

/** Everything that this page knows; nothing of it is kept but the ticket to come back with and how somebody entered. */
const state = { screen: 'start', party: null, call: null, present: [], socket: null, isOnline: false, isOpen: true, choice: kept()?.choice ?? null, media: { stream: null, mode: 'text' }, isMuted: false, weak: startAt('text'), isRelayOnly: false, wanted: null, fell: null, note: '' }
let room = null
let stopVolume = () => undefined
let looks = 0
let meter = makeMeter()

const peer = makePeer({ theirs, send: (kind, data, to) => { room.put({ type: 'signal', kind, to, data: JSON.stringify(data) }) }, changed: connectionChanged })
const chat = makeChat(talk, { say: (frame) => { room.say(frame) }, put: (frame) => { room?.put(frame) }, party: () => state.party })
const others = () => state.present.filter(({ kind }) => kind !== state.party)
const tellCall = (event, mode) => { room.put({ type: 'call', event, ...(mode === undefined ? {} : { mode }) }) }

function go (event) {
  const from = state.screen
  state.screen = next(from, event)
  if (state.screen === 'over' || state.screen === 'gone') leave()
  if (from !== state.screen) draw()
  else refresh()
}

/** 结束: nothing of the service stays on this page. */
function leave () {
  forget()
  room?.leave()
  endMedia()
  if (state.screen === 'gone') chat.clear()
  chat.close()
}

function endMedia () {
  stopVolume()
  stopVolume = () => undefined
  peer.close()
  closeMedia(state.media.stream)
  state.media = { stream: null, mode: 'text' }
  ours.srcObject = null
}

// The room ------------------------------------------------------------------------------------------------------------

async function hear (frame) {
  switch (frame.type) {
    case 'welcome': return await welcomed(frame)
    case 'renew': return peer.useIce(frame.iceServers, state.isRelayOnly)
    case 'message': return chat.add(frame.message)
    case 'said': return chat.said(frame.clientId)
    case 'refused': {
      if (frame.clientId !== undefined) chat.said(frame.clientId)
      return tellNote(`${frame.clientId === undefined ? '' : `${word('unsent')}: `}${frame.detail}`)
    }
    case 'shown': return chat.shown(frame)
    case 'presence': return await presenceChanged(frame.present)
    case 'call': return await callChanged(frame.call)
    case 'signal': return await signalled(frame)
    case 'closed': return go('over')
  }
}

async function welcomed ({ party, socket, call, isOpen, iceServers }) {
  Object.assign(state, { party, socket, isOnline: true, present: [], isOpen })
  peer.useIce(iceServers, state.isRelayOnly)
  talk.hidden = false
  chat.show()
  if (!isOpen) return go('over')
  if (state.screen === 'start') go(state.choice === null ? 'welcome' : 'back')
  else refresh()
  await callChanged(call)
}

async function presenceChanged (present) {
  const before = state.present
  state.present = present
  refresh()
  // Whoever is new on the doctor's side is asked to call: that is how both come back after a reload or a break.
  if (state.party === 'doctor' || state.screen !== 'call') return
  for (const { socket, kind } of present) if (kind === 'doctor' && !before.some((one) => one.socket === socket)) askToBeCalled(socket)
}

const askToBeCalled = (socket) => { room.put({ type: 'signal', kind: 'renew', ...(socket === undefined ? {} : { to: socket }), data: '{}' }) }

async function signalled ({ kind, data, from }) {
  if (kind === 'read') return
  if (kind !== 'renew') return state.screen === 'call' ? await peer.take(kind, JSON.parse(data), from.socket) : undefined
  if (state.party !== 'doctor') return state.screen === 'call' ? askToBeCalled(from.socket) : undefined
  state.wanted = from.socket
  if (state.screen === 'call') await callWanted()
}

async function callWanted () {
  const { wanted } = state
  state.wanted = null
  if (wanted !== null) await peer.call(wanted)
}

// The call ------------------------------------------------------------------------------------------------------------

async function callChanged (call) {
  const before = state.call
  state.call = call
  const event = eventOf(call, state.party)
  if (event === 'run' && state.screen !== 'call') await beginCall()
  else if (event !== 'run' && state.screen === 'call') endMedia()
  if (event !== 'none') go(event)
  if (isRunning(call) && before?.mode !== call.mode) await useMode(call.mode)
}

/** Opens the devices, then lets the other side call or calls it. */
async function beginCall () {
  stopVolume()
  stopVolume = () => undefined
  closeMedia(state.media.stream)
  state.media = await openMedia(lesser(state.choice ?? 'text', state.call.mode))
  ours.srcObject = state.media.stream
  state.weak = startAt(state.media.mode)
  meter = makeMeter()
  await sendTracks()
  state.screen = next(state.screen, 'run')
  draw()
  if (state.party === 'doctor') await callWanted()
  else askToBeCalled()
}

const modes = ['text', 'voice', 'video']
const lesser = (one, other) => modes[Math.min(modes.indexOf(one), modes.indexOf(other))]

/** 降级或恢复: what both sides agreed on is the most that is sent. More than the open devices give is asked of them once. */
async function useMode (mode) {
  if (state.screen !== 'call') return
  if (modes.indexOf(mode) > modes.indexOf(state.media.mode) && modes.indexOf(state.choice ?? 'text') >= modes.indexOf(mode)) {
    const opened = await openMedia(mode)
    closeMedia(state.media.stream)
    state.media = opened
    ours.srcObject = opened.stream
  }
  if (state.fell !== mode) state.weak = capped(state.weak, lesser(mode, state.media.mode))
  await sendTracks()
  refresh()
}

async function sendTracks () {
  const { stream } = state.media
  const most = state.call === null ? 'text' : lesser(state.call.mode, modeOf(state.weak.level))
  const audio = most === 'text' ? null : stream?.getAudioTracks()[0] ?? null
  const video = most === 'video' ? stream?.getVideoTracks()[0] ?? null : null
  if (audio !== null) audio.enabled = !state.isMuted
  await peer.useTracks(audio, video)
  await peer.limitPicture(state.weak.level === 'video_low')
}

function connectionChanged (connection) {
  if (connection === 'connected') tellCall('connected')
  if (connection === 'disconnected' || connection === 'failed') tellCall('dropped')
  if (connection === 'failed') askToBeCalled()
  refresh()
}

/** 弱网自动降级. Every two seconds: what arrives decides what is sent. */
async function lookAtTheWay () {
  if (state.screen !== 'call' || !peer.isOpen()) return
  const stats = await peer.stats()
  if (stats === null) return
  const look = meter(stats)
  const before = state.weak
  state.weak = adapt(before, look)
  if (state.weak.level !== before.level) await changeLevel(before.level)
  looks += 1
  if (looks % reportEveryLooks === 0) room.put({ type: 'quality', mode: state.call.mode, kilobitsPerSecond: look.incomingKilobits, lossPermille: look.lossPermille, roundTripMs: Math.min(600_000, look.roundTripMs) })
}

async function changeLevel (from) {
  const { level } = state.weak
  await sendTracks()
  if (modeOf(level) !== modeOf(from)) {
    state.fell = modeOf(level)
    tellCall('mode', modeOf(level))
  }
  tellNote({ video: '', video_low: word('weak'), voice: word('weakVoice'), text: word('weakText') }[level])
}

// The screens ---------------------------------------------------------------------------------------------------------

function enter (mode) {
  state.choice = mode
  keep({ choice: mode })
  stopVolume()
  stopVolume = () => undefined
  closeMedia(state.media.stream)
  state.media = { stream: null, mode: 'text' }
  go('ready')
}

async function tryDevices () {
  const [preview, bar, told] = [make('video', { autoplay: true, playsinline: true }), make('meter', { max: '1', 'aria-label': word('volume') }), make('p', { class: 'note' })]
  preview.muted = true
  byId('devices').replaceChildren(preview, bar, told)
  stopVolume()
  closeMedia(state.media.stream)
  state.media = await openMedia('video')
  preview.srcObject = state.media.stream
  preview.hidden = state.media.mode !== 'video'
  told.textContent = { video: '', voice: word('onlySound'), text: word('noDevices') }[state.media.mode]
  if (state.media.stream !== null) stopVolume = watchVolume(state.media.stream, (volume) => { bar.value = volume })
}

const answer = (mode) => {
  state.choice = mode
  keep({ choice: mode })
  tellCall('accept')
  if (mode !== state.call.mode && mode === 'text') tellCall('mode', mode)
}
const start = (mode) => {
  state.choice = mode
  keep({ choice: mode })
  tellCall('start', mode)
}
const changeTo = (mode) => {
  state.choice = mode
  state.fell = null
  keep({ choice: mode })
  tellCall('mode', mode)
}

const isRinging = () => state.call?.state === 'ringing'
const roomChoices = () => {
  if (state.party !== 'doctor') return [choice('test', () => { go('test') }, 'quiet')]
  return isRinging() ? [choice('stopRinging', () => { tellCall('hang_up') }, 'stop')] : [choice('callVideo', () => { start('video') }), choice('callVoice', () => { start('voice') }), choice('test', () => { go('test') }, 'quiet')]
}

const views = {
  start: () => [title('joining')],
  check: () => [title('check'), hint('checkHint'), make('div', { id: 'devices' }), choices(choice('tryDevices', () => { void tryDevices() }, 'quiet'), choice('useVideo', () => { enter('video') }), choice('useVoice', () => { enter('voice') }), choice('useText', () => { enter('text') }))],
  room: () => [title('room'), hint(state.party === 'doctor' ? 'doctorHint' : 'roomHint'), make('p', { id: 'other' }), choices(...roomChoices())],
  ringing: () => [title('ringing'), choices(...state.call.mode === 'video' ? [choice('acceptVideo', () => { answer('video') })] : [], ...state.call.mode === 'text' ? [] : [choice('acceptVoice', () => { answer('voice') })], choice('acceptText', () => { answer('text') }, 'quiet'), choice('decline', () => { tellCall('decline') }, 'stop'))],
  call: () => [choices(choice('video', () => { changeTo('video') }, 'quiet'), choice('voice', () => { changeTo('voice') }, 'quiet'), choice('text', () => { changeTo('text') }, 'quiet'), choice(state.isMuted ? 'unmute' : 'mute', () => {
    state.isMuted = !state.isMuted
    void sendTracks().then(draw)
  }, 'quiet'), choice('hangUp', () => { tellCall('hang_up') }, 'stop'))],
  over: () => [title('over'), hint('overHint')],
  gone: () => [title('gone'), hint('goneHint')]
}

function tellNote (text) {
  state.note = text
  draw()
}

function draw () {
  place.replaceChildren(...views[state.screen](), note(state.note))
  document.documentElement.lang = languageNow() === 'zh' ? 'zh-CN' : 'en'
  byId('language').textContent = word('otherLanguage')
  refresh()
}

/** What changes without a new screen. */
function refresh () {
  document.body.dataset.screen = state.screen
  document.body.dataset.call = state.call?.state ?? 'none'
  document.body.dataset.mode = state.call?.mode ?? 'none'
  const isShown = state.screen === 'call' && state.call?.mode !== 'text'
  stage.hidden = !isShown
  theirs.hidden = state.call?.mode !== 'video'
  ours.hidden = state.media.mode !== 'video' || modeOf(state.weak.level) !== 'video' || state.call?.mode !== 'video'
  document.querySelector('main').classList.toggle('talking', isShown)
  const other = byId('other')
  if (other !== null) other.textContent = word(others().length > 0 ? 'otherIn' : 'otherOut')
  if (state.screen === 'room' && place.dataset.rings !== String(isRinging())) {
    place.dataset.rings = String(isRinging())
    draw()
  }
  status.textContent = statusText()
}

function statusText () {
  if (state.screen === 'over' || state.screen === 'gone') return ''
  if (!state.isOnline) return word(state.screen === 'start' ? 'joining' : 'offline')
  if (state.screen === 'call') return word(state.call.state)
  return isRinging() && state.party === 'doctor' ? word('rings') : ''
}

// Begin ---------------------------------------------------------------------------------------------------------------

/** The ticket stands behind the # and leaves the address at once; after a reload the room's own ticket is there. */
function begin () {
  const given = new URLSearchParams(location.hash.slice(1))
  history.replaceState(null, '', location.pathname)
  if (given.has('ticket')) forget()
  if (given.has('relay')) keep({ isRelayOnly: true })
  setLanguage(given.get('lang') ?? kept()?.lang ?? 'zh')
  if (given.has('lang')) keep({ lang: given.get('lang') })
  state.isRelayOnly = kept()?.isRelayOnly === true
  state.choice = kept()?.choice ?? null
  const ticket = given.get('ticket') ?? kept()?.resume ?? null
  draw()
  if (ticket === null) return go('gone')
  room = joinRoom({
    ticket,
    hear,
    lost: () => {
      state.isOnline = false
      refresh()
    },
    gone: () => { go('gone') }
  })
  setInterval(() => { void lookAtTheWay() }, lookEveryMs)
  byId('language').addEventListener('click', () => {
    setLanguage(languageNow() === 'zh' ? 'en' : 'zh')
    keep({ lang: languageNow() })
    draw()
    chat.show()
  })
}

begin()
