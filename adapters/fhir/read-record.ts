import type { FastifyRequest } from 'fastify'
import type { RecordVersion } from '../../core/records/index.ts'
import { admitTo, assertServed, notFound } from './admit.ts'
import type { FhirServerDeps } from './deps.ts'
import { isVisible } from './is-visible.ts'

export async function readCurrent (deps: FhirServerDeps, request: FastifyRequest, asked: { readonly type: string, readonly id: string }): Promise<RecordVersion> {
  const { type, id } = asked
  assertServed(type)
  const found = /^[A-Za-z0-9\-.]{1,64}$/.test(id) ? await deps.inReading(async ({ records }) => await records.current([{ type, id }])) : []
  return admitTo(deps, request, { type, id: found[0]?.id ?? 'none' }, found[0])
}

/** One version, for who may see the resource as it stands and as it stood then: it may have been another patient's. */
export async function readVersion (deps: FhirServerDeps, request: FastifyRequest, asked: { readonly type: string, readonly id: string, readonly version: string }): Promise<RecordVersion> {
  const { type, id, version } = asked
  await readCurrent(deps, request, { type, id })
  const number = /^[1-9]\d{0,8}$/.test(version) ? Number(version) : null
  const record = number === null ? null : await deps.inReading(async ({ records }) => await records.version({ type, id, version: number }))
  if (record === null || !isVisible(deps, request, record)) throw notFound()
  return record
}
