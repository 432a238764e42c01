import { Type, type Static } from 'typebox'

const limits = Type.Object({
  maxMessageBytes: Type.Integer({ minimum: 1024, maximum: 64 * 1024 * 1024, default: 16 * 1024 * 1024 }),
  maxConnections: Type.Integer({ minimum: 1, maximum: 10_000, default: 200 }),
  idleTimeoutMs: Type.Integer({ minimum: 1000, maximum: 86_400_000, default: 3_600_000 }),
  messageTimeoutMs: Type.Integer({ minimum: 100, maximum: 600_000, default: 30_000 }),
  applyTimeoutMs: Type.Integer({ minimum: 100, maximum: 600_000, default: 30_000 })
}, { additionalProperties: false, default: {} })

const tls = Type.Object({
  keyFile: Type.String({ description: 'PEM file of the private key.' }),
  certFile: Type.String({ description: 'PEM file of the certificate chain.' }),
  clientCaFile: Type.Optional(Type.String({ description: 'PEM file; when set, senders must show a certificate of this authority.' }))
}, { additionalProperties: false })

const source = Type.Object({
  name: Type.String({ pattern: '^[a-z][a-z0-9-]{0,39}$' }),
  kind: Type.Literal('mllp'),
  hospital: Type.String({ description: 'hospitals[].id whose HIS sends here.' }),
  host: Type.String({ default: '', description: 'Address to listen on; empty = HOST.' }),
  port: Type.Optional(Type.Integer({ minimum: 0, maximum: 65535, description: '0 picks a free port; the first source falls back to MLLP_PORT.' })),
  peers: Type.Array(Type.String(), { default: [], description: 'Addresses or CIDR blocks that may connect; empty = all.' }),
  tls: Type.Optional(tls),
  charset: Type.String({ default: 'UTF-8', description: 'Where MSH-18 is empty.' }),
  mappingSite: Type.String({ default: 'base', description: 'Folder below mappings/sites, or base.' }),
  ack: Type.Union([Type.Literal('stored'), Type.Literal('applied')], { default: 'stored' }),
  keyRule: Type.Union([Type.Literal('control_id'), Type.Literal('control_id_and_date')], { default: 'control_id' }),
  silentAfterMs: Type.Integer({ minimum: 0, default: 0, description: 'An alert opens when nothing came for so long; 0 = never.' }),
  limits
}, { additionalProperties: false })

/** SITE_CONFIG: the hospitals, how they are connected, and the timers. The one declaration of its shape. */
export const siteConfigSchema = Type.Object({
  hospitals: Type.Array(Type.Object({
    id: Type.String({ pattern: '^[a-z][a-z0-9-]{0,39}$' }),
    name: Type.String({ minLength: 1 })
  }, { additionalProperties: false }), { minItems: 1 }),
  sources: Type.Array(source, { minItems: 1 }),
  destinations: Type.Array(Type.Never(), { default: [], description: 'Outbound connections; none are known yet.' }),
  legalBasis: Type.Optional(Type.String({ description: 'Recorded where a hospital processes on a basis of its own.' })),
  switches: Type.Object({}, { additionalProperties: Type.Boolean(), default: {} }),
  timers: Type.Object({
    retainMessageDays: Type.Integer({ minimum: 1, maximum: 3650, default: 180 }),
    queueAgeAlertMs: Type.Integer({ minimum: 1000, default: 300_000 }),
    monitorEveryMs: Type.Integer({ minimum: 500, default: 15_000 })
  }, { additionalProperties: false, default: {} }),
  alerts: Type.Object({
    smsTo: Type.Array(Type.String(), { default: [], maxItems: 20 })
  }, { additionalProperties: false, default: {} }),
  sms: Type.Optional(Type.Object({
    url: Type.String(),
    secretFile: Type.String()
  }, { additionalProperties: false }))
}, { additionalProperties: false })

export type SiteConfig = Static<typeof siteConfigSchema>
export type SourceConfig = SiteConfig['sources'][number]
