import { Duplex } from 'node:stream'
import { TLSSocket, createSecureContext } from 'node:tls'
import { packetTypes, packetsOf, messageReader } from './packets.ts'

export interface TlsIdentity {
  /** PEM. */
  readonly key: string
  readonly cert: string
}

export interface TlsTunnel {
  /** What came over the network. */
  readonly receive: (chunk: Buffer) => void
  /** Sends what is to be encrypted. */
  readonly send: (data: Buffer) => void
  readonly close: () => void
}

/**
 * TLS as TDS 7.x speaks it (MS-TDS §3.3.5.2): while the two shake hands, each flight travels inside PRELOGIN packets;
 * from then on the packets travel inside TLS. The server's last flight is still wrapped, so what is written changes with
 * the client's first record that is not.
 */
export function tlsTunnel (identity: TlsIdentity, by: { readonly write: (data: Buffer) => void, readonly onData: (data: Buffer) => void, readonly onError: () => void }): TlsTunnel {
  const state = { isSecure: false, isWrapped: true }
  const wire = new Duplex({
    read: () => undefined,
    write: (chunk: Buffer, _encoding, settled) => {
      by.write(state.isWrapped ? packetsOf(chunk, packetTypes.prelogin) : chunk)
      settled()
    },
    // A flight of the handshake is one message, however many records it has.
    writev: (chunks, settled) => {
      const flight = Buffer.concat(chunks.map(({ chunk }) => chunk as Buffer))
      by.write(state.isWrapped ? packetsOf(flight, packetTypes.prelogin) : flight)
      settled()
    }
  })
  const socket = new TLSSocket(wire, { isServer: true, secureContext: createSecureContext({ ...identity, maxVersion: 'TLSv1.2' }) })
  socket.on('secure', () => { state.isSecure = true })
  socket.on('data', by.onData)
  socket.on('error', by.onError)
  const unwrap = messageReader(({ data }) => { wire.push(data) })
  return {
    receive: (chunk) => {
      state.isWrapped &&= !state.isSecure || chunk[0] === packetTypes.prelogin
      if (state.isWrapped) unwrap(chunk)
      else wire.push(chunk)
    },
    send: (data) => { socket.write(data) },
    close: () => { socket.destroy() }
  }
}
