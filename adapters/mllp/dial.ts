import { connect, isIP, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'

/** Where a client connects to. */
export interface Dialled {
  readonly host: string
  readonly port: number
  readonly tls: MllpClientTls | null
}

/** PEM texts; null where the usual authorities do, and where the other side asks for no certificate. */
export interface MllpClientTls {
  readonly ca: string | null
  readonly key: string | null
  readonly cert: string | null
}

const keepAliveAfterMs = 60_000

export function dial ({ host, port, tls }: Dialled): Socket {
  const address = { host, port, noDelay: true, keepAlive: true, keepAliveInitialDelay: keepAliveAfterMs }
  if (tls === null) return connect(address)
  const { ca, key, cert } = tls
  return connectTls({
    ...address,
    minVersion: 'TLSv1.2',
    ...(isIP(host) === 0 ? { servername: host } : {}),
    ...(ca === null ? {} : { ca }),
    ...(key === null ? {} : { key }),
    ...(cert === null ? {} : { cert })
  })
}

export function isAboutCertificates ({ code = '' }: NodeJS.ErrnoException): boolean {
  return /CERT|TLS|SSL|SELF_SIGNED/.test(code)
}

/** By the system's error code only: its text holds addresses. */
export function detailOf (error: NodeJS.ErrnoException): string {
  const { code = '' } = error
  if (code === 'ECONNREFUSED') return 'Nobody listens at the destination. Check host and port, and that its interface runs.'
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return 'The name of the destination is not known. Check host.'
  if (isAboutCertificates(error)) return 'The certificates do not fit. Check tls.caFile, and tls.certFile where the destination asks for ours.'
  return 'The connection fails. Check the address and the network.'
}
