/**
 * 媒体连接. The doctor's side makes offers, the other side answers, so they never meet head on. Each offer begins a session anew;
 * what belongs to an older one is dropped. Sound and picture have a line each from the start, so that changing what is sent
 * needs no new offer.
 */
export function makePeer ({ theirs, send, changed }) {
  let connection = null
  let session = null
  let to = null
  let tracks = { audio: null, video: null }
  let ice = { servers: [], isRelayOnly: false }
  let early = []

  function open (socket, id) {
    close()
    const made = new RTCPeerConnection({ iceServers: ice.servers, iceTransportPolicy: ice.isRelayOnly ? 'relay' : 'all' })
    connection = made
    session = id
    to = socket
    early = []
    const arriving = new MediaStream()
    theirs.srcObject = arriving
    made.ontrack = ({ track }) => { arriving.addTrack(track) }
    made.onicecandidate = ({ candidate }) => { if (candidate !== null && connection === made) send('candidate', { session, candidate }, to) }
    made.onconnectionstatechange = () => { if (connection === made) changed(made.connectionState) }
    return made
  }

  function close () {
    if (connection === null) return
    connection.close()
    connection = null
    session = null
    theirs.srcObject = null
  }

  const lineOf = (kind) => connection?.getTransceivers().find(({ receiver }) => receiver.track.kind === kind) ?? null

  async function fill () {
    for (const kind of ['audio', 'video']) {
      const line = lineOf(kind)
      if (line === null) continue
      line.direction = 'sendrecv'
      await line.sender.replaceTrack(tracks[kind])
    }
  }

  async function describe (description) {
    await connection.setRemoteDescription(description)
    for (const candidate of early) await connection.addIceCandidate(candidate).catch(() => undefined)
    early = []
  }

  return {
    close,
    isOpen: () => connection !== null,
    useIce: (servers, isRelayOnly) => { ice = { servers, isRelayOnly } },
    /** What is sent from now on; null sends nothing of that kind. */
    useTracks: async (audio, video) => {
      tracks = { audio, video }
      await fill()
    },
    /** The doctor's side calls one socket of the other side. */
    call: async (socket) => {
      const made = open(socket, crypto.randomUUID())
      made.addTransceiver('audio', { direction: 'sendrecv' })
      made.addTransceiver('video', { direction: 'sendrecv' })
      await fill()
      await made.setLocalDescription()
      if (connection === made) send('offer', { session, description: made.localDescription }, to)
    },
    take: async (kind, data, from) => {
      if (kind === 'offer') {
        const made = open(from, data.session)
        await describe(data.description)
        await fill()
        await made.setLocalDescription()
        if (connection === made) send('answer', { session, description: made.localDescription }, to)
      } else if (connection === null || data.session !== session) {
        // Of a session that is over.
      } else if (kind === 'answer') {
        await describe(data.description)
      } else if (kind === 'candidate') {
        if (connection.remoteDescription === null) early.push(data.candidate)
        else await connection.addIceCandidate(data.candidate).catch(() => undefined)
      } else if (kind === 'bye') {
        close()
      }
    },
    /** A smaller picture costs a tenth. */
    limitPicture: async (isLow) => {
      const sender = lineOf('video')?.sender
      if (sender === undefined) return
      const parameters = sender.getParameters()
      if (parameters.encodings.length === 0) return
      parameters.encodings[0].maxBitrate = isLow ? 120_000 : 900_000
      parameters.encodings[0].scaleResolutionDownBy = isLow ? 2 : 1
      parameters.encodings[0].maxFramerate = isLow ? 10 : 24
      await sender.setParameters(parameters).catch(() => undefined)
    },
    stats: async () => connection === null ? null : [...(await connection.getStats()).values()]
  }
}

/** What arrives of what we send, and what comes in, between two looks at the statistics of a connection. */
export function makeMeter () {
  let before = { bytes: 0, lost: 0, received: 0, atMs: performance.now() }
  return (stats) => {
    const incoming = stats.filter(({ type }) => type === 'inbound-rtp')
    const sum = (name) => incoming.reduce((total, one) => total + (one[name] ?? 0), 0)
    const now = { bytes: sum('bytesReceived'), lost: sum('packetsLost'), received: sum('packetsReceived'), atMs: performance.now() }
    const [lost, received, seconds] = [now.lost - before.lost, now.received - before.received, (now.atMs - before.atMs) / 1000]
    const isAnew = now.bytes < before.bytes
    const bits = (now.bytes - before.bytes) * 8
    before = now
    const outgoing = stats.filter(({ type }) => type === 'remote-inbound-rtp').map(({ fractionLost = 0 }) => fractionLost * 1000)
    const chosen = stats.find(({ type }) => type === 'transport')?.selectedCandidatePairId
    const way = stats.find(({ type, id, nominated }) => type === 'candidate-pair' && (id === chosen || (chosen === undefined && nominated === true)))
    const lossHere = isAnew || lost + received <= 0 ? 0 : Math.max(0, lost) / (lost + received) * 1000
    return {
      lossPermille: Math.min(1000, Math.round(Math.max(lossHere, ...outgoing, 0))),
      roundTripMs: Math.round((way?.currentRoundTripTime ?? 0) * 1000),
      /** What the way would carry; browsers tell it once they have sent a while. */
      kilobitsPerSecond: way?.availableOutgoingBitrate === undefined ? null : Math.round(way.availableOutgoingBitrate / 1000),
      incomingKilobits: isAnew || seconds <= 0 ? 0 : Math.max(0, Math.round(bits / seconds / 1000))
    }
  }
}
