import { Type, type Static } from 'typebox'
import { advice, appointments, clockTime, faces, terminals, vouchers } from './site-care.ts'
import { consultations } from './site-consultations.ts'
import { invitations, tips } from './site-invitations.ts'
import { calls } from './site-calls.ts'
import { marketplace, memberships } from './site-market.ts'
import { payments, reconciliation, wallets } from './site-payments.ts'
import { prescriptions } from './site-prescriptions.ts'

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
    default: ['Organization', 'Location', 'Practitioner', 'PractitionerRole', 'Patient', 'Encounter', 'Condition', 'Appointment', 'ServiceRequest',
      'Observation', 'DiagnosticReport', 'DocumentReference', 'MedicationRequest', 'MedicationStatement', 'Consent', 'ChargeItem', 'PaymentNotice'],
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
    events: Type.Optional(Type.String({ description: 'Check-in and queue calls.' })),
    requests: Type.Optional(Type.String({ description: 'What the hospital says to requests for consultations.' }))
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
  message: Type.Optional(Type.String({ description: 'HL7 v2 message that tells it, e.g. ADT^A31; its table is in mappings/outbound.' })),
  when: Type.Optional(Type.Union([Type.Literal('new'), Type.Literal('changed'), Type.Literal('asked')], { description: 'Only of records that we made, only of those that we changed, or only where what is done asks for this very message (appointments); without it of both.' }))
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
  answersSchedulingQuery: Type.Optional(Type.Boolean({ description: 'The HIS answers SQM^S25: it is asked for a request whose answer was lost before the request is sent again.' })),
  query: Type.Optional(Type.String({ minLength: 1, description: 'The HIS answers QBP^Q22; this is the name that it knows the query by (QPD-1), e.g. IHE PDQ Query.' })),
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

const day = Type.String({ pattern: '^\\d{4}-\\d{2}-\\d{2}$' })
const amountFen = Type.Integer({ minimum: 0, maximum: 100_000_000_000 })

/** 先诊疗后付费. What the deployment decides; the defaults are the seed's where it says something. */
const payAfterCare = Type.Object({
  ruleSet: Type.Optional(Type.Object({
    version: Type.String({ minLength: 1, maxLength: 40, description: 'Kept with every check; change it with the rules.' }),
    rules: Type.Array(Type.Object({
      name: Type.String({ pattern: '^[a-z][a-z0-9_]{0,39}$' }),
      provider: Type.Union([Type.Literal('insurance'), Type.Literal('bank'), Type.Literal('zhima')]),
      threshold: Type.Optional(Type.Integer({ minimum: 0, maximum: 10_000, description: 'Of a score.' })),
      regions: Type.Optional(Type.Array(Type.String({ minLength: 1 }), { minItems: 1, maxItems: 1_000, description: 'Of insurance: places that count as local.' })),
      creditLimitFen: amountFen
    }, { additionalProperties: false }), { minItems: 1, maxItems: 20 })
  }, { additionalProperties: false, description: 'Who may sign; without it the seed\'s rules.' })),
  agreement: Type.Optional(Type.Object({
    version: Type.String({ minLength: 1, maxLength: 40 }),
    file: Type.String({ description: 'Text file, UTF-8.' }),
    from: Type.String({ pattern: '^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}(\\.\\d+)?(Z|[+-]\\d{2}:\\d{2})$', description: 'Instant from which it is in force.' })
  }, { additionalProperties: false, description: 'The text to be signed; without it the one that comes with the product.' })),
  holidays: Type.Array(Type.Object({
    year: Type.Integer({ minimum: 1900, maximum: 2999 }),
    source: Type.String({ minLength: 1, maxLength: 40, description: 'Names the notice; a part of the calendar version.' }),
    daysOff: Type.Array(day, { maxItems: 366 }),
    daysOfWork: Type.Array(day, { maxItems: 366, description: 'Weekend days of work.' })
  }, { additionalProperties: false }), { default: [], maxItems: 100 }),
  termDays: Type.Integer({ minimum: 1, maximum: 365, default: 7 }),
  rollsOverHolidays: Type.Boolean({ default: true }),
  dunningFrom: Type.Unsafe<string>({ ...clockTime, default: '09:00' }),
  dunningUntil: Type.Unsafe<string>({ ...clockTime, default: '20:00' }),
  locksCards: Type.Boolean({ default: false }),
  reports: Type.Boolean({ default: false }),
  minimumOverdueFen: Type.Unsafe<number>({ ...amountFen, default: 0 }),
  reportGraceDays: Type.Integer({ minimum: 0, maximum: 3650, default: 0 }),
  reportMinimumFen: Type.Unsafe<number>({ ...amountFen, default: 0 }),
  reportNoticeDays: Type.Integer({ minimum: 3, maximum: 365, default: 3 }),
  releaseByTwo: Type.Boolean({ default: false }),
  leftAfterDays: Type.Integer({ minimum: 1, maximum: 365, default: 2 }),
  holdMs: Type.Integer({ minimum: 60_000, maximum: 30 * 86_400_000, default: 86_400_000 }),
  refundByTwoAboveFen: Type.Unsafe<number>({ ...amountFen, default: 100_000 })
}, { additionalProperties: false, default: {} })

const scores = Type.Object({
  bank: Type.Optional(Type.Object({
    url: Type.String({ description: 'Base address of the bank\'s scoring platform.' }),
    clientId: Type.String(),
    secretFile: Type.String({ description: 'Secret that both directions are signed with (HMAC-SHA256).' }),
    timeoutMs: Type.Integer({ minimum: 100, maximum: 60_000, default: 5_000 })
  }, { additionalProperties: false })),
  zhima: Type.Optional(Type.Object({
    url: Type.String({ default: 'https://openapi.alipay.com/gateway.do' }),
    appId: Type.String(),
    privateKeyFile: Type.String({ description: 'PEM file of our RSA key.' }),
    providerKeyFile: Type.String({ description: 'PEM file of the platform\'s public key, which answers are signed with.' }),
    timeoutMs: Type.Integer({ minimum: 100, maximum: 60_000, default: 5_000 })
  }, { additionalProperties: false }))
}, { additionalProperties: false, default: {} })

/** 医保. The insurer's interface, by its national transactions. */
const insurance = Type.Object({
  url: Type.String(),
  signature: Type.Union([Type.Literal('SM2'), Type.Literal('RSA')], { default: 'SM2', description: 'SM2 with SM3, or RSA with SHA-256.' }),
  privateKeyFile: Type.String({ description: 'PEM file of our key (PKCS #8).' }),
  insurerKeyFile: Type.String({ description: 'PEM file of the insurer\'s public key, which answers and call-backs are signed with.' }),
  region: Type.String({ pattern: '^\\d{6}$', description: 'Administrative division whose insured are local; places within count.' }),
  receiver: Type.String({ minLength: 1, maxLength: 40, description: 'Code of the receiving system.' }),
  institutions: Type.Array(Type.Object({
    hospital: Type.String({ description: 'hospitals[].id' }),
    code: Type.String({ pattern: '^[A-Z0-9]{12}$', description: 'The hospital\'s number with the insurer.' }),
    name: Type.String({ minLength: 1, maxLength: 200 })
  }, { additionalProperties: false }), { minItems: 1, maxItems: 1_000, description: 'The first one speaks where no hospital is meant.' }),
  usesAccount: Type.Boolean({ default: false, description: 'A settlement takes from the person\'s account first.' }),
  locksCards: Type.Boolean({ default: false, description: 'The local platform locks cards.' }),
  pays: Type.Boolean({ default: true, description: 'Payment from the account without the card.' }),
  timeoutMs
}, { additionalProperties: false })

/** 征信报送. Who reports to which bureau; without it nothing is reported. */
const creditFeed = Type.Object({
  creditors: Type.Array(Type.Object({
    code: Type.String({ pattern: '^[A-Z0-9]{4,20}$', description: 'Neutral code; never a hospital\'s name or id.' }),
    hospitals: Type.Array(Type.String({ description: 'hospitals[].id' }), { minItems: 1, maxItems: 1_000 }),
    agreementId: Type.String({ minLength: 1, maxLength: 100, description: 'Number of the agreement with the bureau.' }),
    bureau: Type.String({ minLength: 1, maxLength: 100, description: 'Name of the bureau, as the person reads it in the notice.' }),
    bureauKeyFile: Type.String({ description: 'Public key of the bureau, PEM or JWK: RSA from 2048 bits, P-256 or X25519.' }),
    recordsPerFile: Type.Integer({ minimum: 1, maximum: 100_000, default: 10_000 }),
    push: Type.Optional(Type.Object({
      url: Type.String({ description: 'Files are posted to <url>/feeds/<number>.' }),
      tokenFile: Type.Optional(Type.String({ description: 'File with a bearer token.' }))
    }, { additionalProperties: false, description: 'Without it the bureau fetches with its own credential.' }))
  }, { additionalProperties: false }), { minItems: 1, maxItems: 100 })
}, { additionalProperties: false })

/** SITE_CONFIG: the hospitals, how they are connected, and the timers. The one declaration of its shape. */
export const siteConfigSchema = Type.Object({
  hospitals: Type.Array(Type.Object({
    id: Type.String({ pattern: '^[a-z][a-z0-9-]{0,39}$' }),
    name: Type.String({ minLength: 1 }),
    statement: Type.Optional(Type.Object({
      url: Type.String({ description: 'Day list of the HIS, asked with ?date=YYYY-MM-DD.' }),
      tokenFile: Type.Optional(Type.String({ description: 'File with a bearer token.' })),
      timeoutMs: Type.Integer({ minimum: 100, maximum: 600_000, default: 60_000 })
    }, { additionalProperties: false })),
    faces: Type.Optional(Type.Object({
      extract: Type.Unsafe<'consented' | 'all'>({ type: 'string', enum: ['consented', 'all'], default: 'consented' }),
      legalBasis: Type.Optional(Type.String({ minLength: 1, maxLength: 500, description: 'Law or rule that allows to read the photos of all.' }))
    }, { additionalProperties: false }))
  }, { additionalProperties: false }), { minItems: 1 }),
  sources: Type.Array(Type.Union(Object.values(sourceSchemas)), { minItems: 1 }),
  destinations: Type.Array(Type.Union(Object.values(destinationSchemas)), { default: [] }),
  legalBasis: Type.Optional(Type.String({ description: 'Recorded where a hospital processes on a basis of its own.' })),
  payAfterCare,
  appointments,
  vouchers,
  prescriptions,
  memberships,
  marketplace,
  calls,
  consultations,
  invitations,
  tips,
  advice,
  faces,
  terminals,
  creditFeed: Type.Optional(creditFeed),
  insurance: Type.Optional(insurance),
  payments,
  wallets,
  scores,
  reconciliation,
  switches: Type.Object({}, { additionalProperties: Type.Boolean(), default: {} }),
  timers: Type.Object({
    retainMessageDays: Type.Integer({ minimum: 1, maximum: 3650, default: 180 }),
    retainOutboxDays: Type.Integer({ minimum: 7, maximum: 3650, default: 30, description: 'Of effects that are carried out; a receipt of a notice may take days.' }),
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
  push: Type.Optional(Type.Object({
    url: Type.String({ description: 'Of the push provider.' }),
    appId: Type.String({ minLength: 1 }),
    secretFile: Type.String({ description: 'File with the secret that requests are signed with (HMAC-SHA256).' }),
    timeoutMs
  }, { additionalProperties: false })),
  wechat: Type.Optional(Type.Object({
    appId: Type.String({ minLength: 1 }),
    secretFile: Type.String({ description: 'File with the secret of the official account.' }),
    tokenFile: Type.String({ description: 'File with the token that call-backs are signed with.' }),
    redirectUrl: Type.String({ description: 'Page of the patient app that WeChat sends the browser back to.' }),
    url: Type.String({ default: 'https://api.weixin.qq.com' }),
    authorizeUrl: Type.String({ default: 'https://open.weixin.qq.com/connect/oauth2/authorize' }),
    templates: Type.Record(Type.String(), Type.String({ maxLength: 100 }), { default: {}, description: 'Our notice template → the platform\'s template id; what is not named does not go this way.' })
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
