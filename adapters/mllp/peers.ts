import { BlockList, isIP } from 'node:net'
import { DomainError } from '../../core/errors.ts'

/** Whether a peer's address may connect, by a list of addresses and CIDR blocks; an empty list lets all in. */
export function allowPeers (peers: readonly string[]): (address: string) => boolean {
  if (peers.length === 0) return () => true
  const allowed = new BlockList()
  for (const peer of peers) addPeer(allowed, peer)
  return (address) => {
    const plain = withoutMapping(address)
    const family = familyOf(plain)
    return family !== null && allowed.check(plain, family)
  }
}

function addPeer (allowed: BlockList, peer: string): void {
  const [address = '', prefix, ...more] = peer.trim().split('/')
  const plain = withoutMapping(address)
  const family = familyOf(plain)
  if (family === null || more.length > 0 || (prefix !== undefined && !isPrefix(prefix, family))) {
    throw new DomainError('REQUEST_INVALID', 'A peer of a source is an address or a CIDR block, for example 10.1.0.0/16.', 'sources[].peers')
  }
  if (prefix === undefined) allowed.addAddress(plain, family)
  else allowed.addSubnet(plain, Number(prefix), family)
}

function isPrefix (prefix: string, family: 'ipv4' | 'ipv6'): boolean {
  return /^\d{1,3}$/.test(prefix) && Number(prefix) <= (family === 'ipv4' ? 32 : 128)
}

/** A socket that listens on both families names an IPv4 peer ::ffff:10.1.2.3. */
function withoutMapping (address: string): string {
  return /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1] ?? address
}

function familyOf (address: string): 'ipv4' | 'ipv6' | null {
  const version = isIP(address)
  if (version === 0) return null
  return version === 4 ? 'ipv4' : 'ipv6'
}
