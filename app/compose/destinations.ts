import { readFileSync } from 'node:fs'
import type { DestinationState } from '../../adapters/http/index.ts'
import { encodeText, printSegments, resolveCharset } from '../../adapters/hl7v2/index.ts'
import { mllpClient, type MllpClientTls } from '../../adapters/mllp/index.ts'
import { codeOf } from '../../core/back-off.ts'
import type { Clock } from '../../core/clock.ts'
import { DomainError } from '../../core/errors.ts'
import type { ConnectionStatus } from '../../core/operations/index.ts'
import { fhirCarrier, fhirContent, outboxKindOf, sendOutbound, type Carrier, type ComposeDeps, type Destination, type FhirWriter, type WriteOutbound } from '../../core/outbound/index.ts'
import type { CarryOut, KindRule } from '../../core/outbox.ts'
import type { RecordVersion } from '../../core/records/index.ts'
import type { FhirMapping, OutboundMapping } from '../../mappings/index.ts'
import { requestLine, type RequestLineDeps } from './request-line.ts'
import type { FhirDestinationConfig, MllpDestinationConfig, SiteConfig } from '../site-config.ts'

export interface DestinationsDeps extends Omit<ComposeDeps, 'write'> {
  readonly zone: string
  /** The outbound tables of a site. */
  readonly tablesOf: (site: string) => OutboundMapping
  /** How a site's FHIR server names things. */
  readonly fhirTablesOf: (site: string) => Pick<FhirMapping, 'tellIdentifiers'>
  readonly fhirWriterOf: (destination: FhirDestinationConfig) => FhirWriter
  /** Where answers that say more than yes are read as messages of the hospital; absent: they are only kept. */
  readonly answers?: (hospital: string) => RequestLineDeps
}

export interface Destinations {
  readonly carryOut: Readonly<Record<string, CarryOut>>
  /** One at a time and in order, each destination for itself. */
  readonly rules: Readonly<Record<string, KindRule>>
  readonly states: () => readonly DestinationState[]
  /** Lets the messages in flight be answered; call it together with the engine's `stop`. */
  readonly close: () => Promise<void>
}

interface Line extends Carrier {
  readonly status: () => ConnectionStatus
  readonly close: () => Promise<void>
}

/** What core knows of the configured destinations. */
export function destinationsOf ({ destinations }: Pick<SiteConfig, 'destinations'>): readonly Destination[] {
  return destinations.map(({ name, hospital, kind, sends }) => ({
    name, hospitalId: hospital, kind, sends: sends.map(({ resource, message, when }) => ({ resource, message: message ?? null, ...when === undefined ? {} : { when } }))
  }))
}

/** Lines to the hospitals' own systems. A message without a table stops the start. */
export function composeDestinations (site: Pick<SiteConfig, 'destinations'>, deps: DestinationsDeps): Destinations {
  const known = destinationsOf(site)
  const lines = new Map<string, Line>()
  const carryOut: Record<string, CarryOut> = {}
  for (const [place, config] of site.destinations.entries()) {
    const destination = known[place]
    if (destination === undefined) continue
    const line = config.kind === 'mllp' ? answering(mllpLine(config, deps), config, deps) : watched(fhirCarrier(deps.fhirWriterOf(config)), deps.clock)
    const write = config.kind === 'mllp' ? writesMessages(config, deps) : writesResources(config, deps)
    lines.set(config.name, line)
    carryOut[outboxKindOf(config.name)] = sendOutbound({ ...deps, write }, destination, line)
  }
  return {
    carryOut,
    rules: Object.fromEntries(Object.keys(carryOut).map((kind) => [kind, { maxRunning: 1, inOrder: true }])),
    states: () => known.flatMap((destination) => {
      const line = lines.get(destination.name)
      return line === undefined ? [] : [{ ...destination, status: line.status() }]
    }),
    close: async () => { await Promise.all([...lines.values()].map((line) => line.close())) }
  }
}

function mllpLine ({ host, port, tls, ackTimeoutMs }: MllpDestinationConfig, { clock }: DestinationsDeps): Line {
  return mllpClient({ host, port, tls: tls === undefined ? null : tlsOf(tls), ackTimeoutMs, clock })
}

function answering (line: Line, config: MllpDestinationConfig, { answers }: DestinationsDeps): Line {
  return answers === undefined ? line : requestLine(line, config, { ...answers(config.hospital), tls: config.tls === undefined ? null : tlsOf(config.tls) })
}

function tlsOf ({ caFile, keyFile, certFile }: NonNullable<MllpDestinationConfig['tls']>): MllpClientTls {
  const pem = (file: string | undefined): string | null => file === undefined ? null : readFileSync(file, 'utf8')
  return { ca: pem(caFile), key: pem(keyFile), cert: pem(certFile) }
}

function writesMessages (config: MllpDestinationConfig, { zone, tablesOf }: DestinationsDeps): WriteOutbound {
  const tables = tablesOf(config.mappingSite)
  const charset = charsetOf(config)
  for (const { resource, message } of config.sends) {
    if (message === undefined || !tables.messagesOf(resource).includes(message)) {
      throw new DomainError('REQUEST_INVALID', `destinations[] ${config.name}: no table of mappings/outbound writes ${message ?? 'a message'} of a ${resource}. Correct sends in SITE_CONFIG or add the table.`, 'destinations')
    }
  }
  return ({ message, focus, related, controlId, at }) => {
    const records = new Map(related.map((record) => [`${record.type}/${record.id}`, record.resource]))
    const { segments, notes } = tables.write(message ?? '', { focus: focus.resource, related: (reference) => records.get(reference) }, {
      controlId,
      at,
      sendingApplication: 'YIQIAO',
      sendingFacility: config.hospital,
      receivingApplication: config.application,
      receivingFacility: config.facility,
      version: config.version,
      processingId: 'P',
      zone,
      hospitalId: config.hospital,
      ...(charset === 'utf8' ? {} : { characterSet: config.charset }),
      isUpdate: focus.version > 1
    })
    return { content: encodeText(printSegments(segments), charset), charset, notes }
  }
}

function charsetOf ({ name, charset }: MllpDestinationConfig): string {
  const found = resolveCharset(charset)
  if (found === null) throw new DomainError('REQUEST_INVALID', `destinations[] ${name}: charset is a name of HL7 table 0211 or GBK, GB2312, UTF-8.`, 'destinations[].charset')
  return found
}

function writesResources ({ hospital, mappingSite }: FhirDestinationConfig, { fhirTablesOf }: DestinationsDeps): WriteOutbound {
  const { tellIdentifiers } = fhirTablesOf(mappingSite)
  const tell = (record: RecordVersion): RecordVersion => ({ ...record, resource: tellIdentifiers(record.resource, { hospitalId: hospital }) })
  return ({ focus, before, related }) => ({ content: Buffer.from(JSON.stringify(fhirContent(tell(focus), related.map(tell), before))), charset: 'utf8', notes: [] })
}

/** A server that is asked anew each time: how the line stands is what its last answer told. */
function watched (carrier: Carrier, clock: Clock): Line {
  let status: ConnectionStatus = { state: 'starting', since: clock.now(), code: null, detail: null, lastAt: null }
  const note = (state: 'up' | 'down', error: unknown): void => {
    const now = clock.now()
    status = { state, since: status.state === state ? status.since : now, code: state === 'up' ? null : codeOf(error), detail: error instanceof DomainError ? error.message : null, lastAt: state === 'up' ? now : status.lastAt }
  }
  return {
    send: async (message) => {
      try {
        const answer = await carrier.send(message)
        note('up', null)
        return answer
      } catch (error) {
        const isAnswer = codeOf(error) === 'OUTSIDE_REFUSED'
        note(isAnswer ? 'up' : 'down', isAnswer ? null : error)
        throw error
      }
    },
    status: () => status,
    close: async () => undefined
  }
}

