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

const name = Type.String({ pattern: '^[a-z][a-z0-9-]{0,39}$' })
const hospital = Type.String({ description: 'hospitals[].id whose HIS this is.' })
const mappingSite = Type.String({ default: 'base', description: 'Folder below mappings/sites, or base.' })
const silentAfterMs = Type.Integer({ minimum: 0, default: 0, description: 'An alert opens when nothing came for so long; 0 = never.' })
const pollMs = Type.Integer({ minimum: 100, maximum: 86_400_000, default: 5_000 })
const timeoutMs = Type.Integer({ minimum: 100, maximum: 600_000, default: 10_000 })

/** The HIS connects here and sends HL7 v2. */
const mllpSource = Type.Object({
  name,
  kind: Type.Literal('mllp'),
  hospital,
  host: Type.String({ default: '', description: 'Address to listen on; empty = HOST.' }),
  port: Type.Optional(Type.Integer({ minimum: 0, maximum: 65535, description: '0 picks a free port; the first source falls back to MLLP_PORT.' })),
  peers: Type.Array(Type.String(), { default: [], description: 'Addresses or CIDR blocks that may connect; empty = all.' }),
  tls: Type.Optional(tls),
  charset: Type.String({ default: 'UTF-8', description: 'Where MSH-18 is empty.' }),
  mappingSite,
  ack: Type.Union([Type.Literal('stored'), Type.Literal('applied')], { default: 'stored' }),
  keyRule: Type.Union([Type.Literal('control_id'), Type.Literal('control_id_and_date')], { default: 'control_id' }),
  silentAfterMs,
  limits
}, { additionalProperties: false })

/** How we show who we are to a FHIR server: a token as it stands in a file, or OAuth client credentials. */
const auth = Type.Object({
  tokenFile: Type.Optional(Type.String({ description: 'File with a bearer token.' })),
  tokenUrl: Type.Optional(Type.String({ description: 'OAuth token endpoint, for client credentials.' })),
  clientId: Type.Optional(Type.String()),
  clientSecretFile: Type.Optional(Type.String()),
  scope: Type.Optional(Type.String())
}, { additionalProperties: false })

/** The HIS has a FHIR R4 server, which is followed by _lastUpdated. */
const fhirSource = Type.Object({
  name,
  kind: Type.Literal('fhir'),
  hospital,
  url: Type.String({ description: 'Base address of the FHIR server.' }),
  auth: Type.Optional(auth),
  types: Type.Array(Type.String({ pattern: '^[A-Z][A-Za-z]+$' }), {
    default: ['Organization', 'Location', 'Practitioner', 'PractitionerRole', 'Patient', 'Encounter', 'Appointment', 'ServiceRequest',
      'Observation', 'DiagnosticReport', 'DocumentReference', 'MedicationRequest', 'ChargeItem', 'PaymentNotice'],
    description: 'Resource types to follow, what is referred to first.'
  }),
  pageSize: Type.Integer({ minimum: 1, maximum: 1000, default: 100 }),
  overlapMs: Type.Integer({ minimum: 0, maximum: 3_600_000, default: 60_000, description: 'How far back each look reaches, for servers that commit late.' }),
  since: Type.Optional(Type.String({ description: 'Instant from which the first look reads; without it everything is read.' })),
  pollMs,
  timeoutMs,
  mappingSite,
  silentAfterMs
}, { additionalProperties: false })

/** The HIS shows views in a SQL Server, which are polled. */
const viewsSource = Type.Object({
  name,
  kind: Type.Literal('views'),
  hospital,
  host: Type.String(),
  port: Type.Integer({ minimum: 1, maximum: 65535, default: 1433 }),
  database: Type.String(),
  user: Type.String(),
  passwordFile: Type.String({ description: 'File with the password of the login.' }),
  encrypt: Type.Boolean({ default: true }),
  caFile: Type.Optional(Type.String({ description: 'PEM file of the authority that signed the server\'s certificate.' })),
  views: Type.Object({
    patients: Type.Optional(Type.String()),
    photos: Type.Optional(Type.String()),
    visits: Type.Optional(Type.String()),
    charges: Type.Optional(Type.String()),
    roster: Type.Optional(Type.String()),
    events: Type.Optional(Type.String({ description: 'Check-in and queue calls.' }))
  }, { additionalProperties: false, description: 'Names of the views, e.g. dbo.v_yiqiao_patients; a view that is not named is not read.' }),
  pageSize: Type.Integer({ minimum: 1, maximum: 10_000, default: 500 }),
  rereadDays: Type.Integer({ minimum: 1, maximum: 366, default: 3, description: 'How far back a view without a rowversion is read again.' }),
  compareAt: Type.String({ pattern: '^([01][0-9]|2[0-3]):[0-5][0-9]$', default: '02:30', description: 'When the nightly comparison starts, business time.' }),
  pollMs,
  timeoutMs,
  mappingSite,
  silentAfterMs
}, { additionalProperties: false })

export const sourceSchemas = { mllp: mllpSource, fhir: fhirSource, views: viewsSource } as const

const sends = Type.Array(Type.Object({
  resource: Type.String({ pattern: '^[A-Z][A-Za-z]+$', description: 'Type of the record that we made or changed.' }),
  message: Type.Optional(Type.String({ description: 'HL7 v2 message that tells it, e.g. ADT^A31; its table is in mappings/outbound.' }))
}, { additionalProperties: false }), { default: [], description: 'What goes out.' })

/** The HIS listens for HL7 v2. */
const mllpDestination = Type.Object({
  name,
  kind: Type.Literal('mllp'),
  hospital,
  host: Type.String(),
  port: Type.Integer({ minimum: 1, maximum: 65535 }),
  tls: Type.Optional(Type.Object({
    caFile: Type.Optional(Type.String({ description: 'PEM file of the authority that signed the server\'s certificate.' })),
    keyFile: Type.Optional(Type.String()),
    certFile: Type.Optional(Type.String())
  }, { additionalProperties: false })),
  charset: Type.String({ default: 'UTF-8' }),
  version: Type.String({ default: '2.5.1', description: 'HL7 version that is written (MSH-12).' }),
  application: Type.String({ default: 'HIS', description: 'Receiving application (MSH-5).' }),
  facility: Type.String({ default: '', description: 'Receiving facility (MSH-6).' }),
  mappingSite,
  ackTimeoutMs: Type.Integer({ minimum: 100, maximum: 600_000, default: 30_000 }),
  sends
}, { additionalProperties: false })

/** The HIS has a FHIR R4 server that is written to. */
const fhirDestination = Type.Object({
  name,
  kind: Type.Literal('fhir'),
  hospital,
  url: Type.String(),
  auth: Type.Optional(auth),
  timeoutMs,
  mappingSite,
  sends
}, { additionalProperties: false })

export const destinationSchemas = { mllp: mllpDestination, fhir: fhirDestination } as const

/** SITE_CONFIG: the hospitals, how they are connected, and the timers. The one declaration of its shape. */
export const siteConfigSchema = Type.Object({
  hospitals: Type.Array(Type.Object({
    id: Type.String({ pattern: '^[a-z][a-z0-9-]{0,39}$' }),
    name: Type.String({ minLength: 1 })
  }, { additionalProperties: false }), { minItems: 1 }),
  sources: Type.Array(Type.Union(Object.values(sourceSchemas)), { minItems: 1 }),
  destinations: Type.Array(Type.Union(Object.values(destinationSchemas)), { default: [] }),
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
  }, { additionalProperties: false })),
  wechat: Type.Optional(Type.Object({
    appId: Type.String({ minLength: 1 }),
    secretFile: Type.String({ description: 'File with the secret of the official account.' }),
    tokenFile: Type.String({ description: 'File with the token that call-backs are signed with.' }),
    redirectUrl: Type.String({ description: 'Page of the patient app that WeChat sends the browser back to.' }),
    url: Type.String({ default: 'https://api.weixin.qq.com' }),
    authorizeUrl: Type.String({ default: 'https://open.weixin.qq.com/connect/oauth2/authorize' })
  }, { additionalProperties: false }))
}, { additionalProperties: false })

export type MllpSourceConfig = Static<typeof mllpSource>
export type FhirSourceConfig = Static<typeof fhirSource>
export type ViewsSourceConfig = Static<typeof viewsSource>
export type SourceConfig = MllpSourceConfig | FhirSourceConfig | ViewsSourceConfig
export type MllpDestinationConfig = Static<typeof mllpDestination>
export type FhirDestinationConfig = Static<typeof fhirDestination>
export type DestinationConfig = MllpDestinationConfig | FhirDestinationConfig
export type FhirAuthConfig = Static<typeof auth>
export type SiteConfig = Omit<Static<typeof siteConfigSchema>, 'sources' | 'destinations'> & {
  readonly sources: readonly SourceConfig[]
  readonly destinations: readonly DestinationConfig[]
}
