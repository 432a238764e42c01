import { readFileSync } from 'node:fs'
import path from 'node:path'
import { Ajv, type ErrorObject } from 'ajv'
import { revealedHospital } from '../core/credit-feed/index.ts'
import { destinationSchemas, siteConfigSchema, sourceSchemas, type DestinationConfig, type MllpSourceConfig, type SiteConfig, type SourceConfig } from './site-config.ts'

/** Everything the process is told from outside, validated once. Secrets are read from files, never from here. */
export interface Config {
  readonly isDemo: boolean
  readonly demoPlays: boolean
  readonly host: string
  readonly httpPort: number
  readonly dataDir: string
  readonly databaseUrl: string | null
  readonly redisUrl: string | null
  readonly sqliteDriver: 'libsql' | 'better-sqlite3'
  readonly mappingsDir: string
  /** Texts that come with the product to be signed. */
  readonly agreementsDir: string
  /** Null: nothing is signed, so nothing reported. */
  readonly feedKeyFile: string | null
  /** Null: the installation makes a key of its own in DATA_DIR. */
  readonly voucherKeyFile: string | null
  /** Null: the installation makes a key of its own in DATA_DIR. */
  readonly documentKeyFile: string | null
  /** Static-auth-secret of the TURN servers that SITE_CONFIG calls.turn names. */
  readonly turnSecretFile: string | null
  /** Null: DATA_DIR/face.key, made once. */
  readonly faceKeyFile: string | null
  readonly zone: string
  readonly logLevel: string
  readonly site: SiteConfig
}

export type Environment = Readonly<Record<string, string | undefined>>

/** Names of all environment variables that are read here; README and docs are compared with it. */
export const environmentNames = ['HOST', 'HTTP_PORT', 'MLLP_PORT', 'DATA_DIR', 'DATABASE_URL', 'REDIS_URL', 'SITE_CONFIG', 'MAPPINGS_DIR',
  'FEED_KEY_FILE', 'FACE_KEY_FILE', 'VOUCHER_KEY_FILE', 'DOCUMENT_KEY_FILE', 'TURN_SECRET_FILE', 'TZ_BUSINESS', 'LOG_LEVEL', 'SQLITE_DRIVER', 'DEMO_PLAY'] as const

/** Refuses to start with one line per fault. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
}

export function readConfig (given: Environment, options: { readonly isDemo: boolean, readonly root: string }): Config {
  // A variable that is set to nothing is not set.
  const environment = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== ''))
  const mllpPort = portOf(environment, 'MLLP_PORT', 2575)
  return {
    isDemo: options.isDemo,
    demoPlays: options.isDemo && environment['DEMO_PLAY'] !== '0',
    host: environment['HOST'] ?? '127.0.0.1',
    httpPort: portOf(environment, 'HTTP_PORT', 3000),
    dataDir: path.resolve(environment['DATA_DIR'] ?? './data'),
    databaseUrl: environment['DATABASE_URL'] ?? null,
    redisUrl: environment['REDIS_URL'] ?? null,
    sqliteDriver: driverOf(environment['SQLITE_DRIVER']),
    mappingsDir: path.resolve(environment['MAPPINGS_DIR'] ?? path.join(options.root, 'mappings')),
    agreementsDir: path.join(options.root, 'app/agreements'),
    ...keyFiles(environment),
    zone: zoneOf(environment['TZ_BUSINESS'] ?? 'Asia/Shanghai'),
    logLevel: environment['LOG_LEVEL'] ?? 'info',
    site: reporting(siteOf(environment['SITE_CONFIG'], mllpPort, options.isDemo), environment)
  }
}

function keyFiles (environment: Environment): Pick<Config, 'feedKeyFile' | 'voucherKeyFile' | 'documentKeyFile' | 'faceKeyFile' | 'turnSecretFile'> {
  const fileOf = (name: string): string | null => environment[name] ?? null
  return {
    feedKeyFile: fileOf('FEED_KEY_FILE'), voucherKeyFile: fileOf('VOUCHER_KEY_FILE'), documentKeyFile: fileOf('DOCUMENT_KEY_FILE'), faceKeyFile: fileOf('FACE_KEY_FILE'),
    turnSecretFile: fileOf('TURN_SECRET_FILE')
  }
}

/** Who reports signs, and under a code that tells of no hospital. */
function reporting (site: SiteConfig, environment: Environment): SiteConfig {
  const creditors = site.creditFeed?.creditors ?? []
  if (creditors.length > 0 && environment['FEED_KEY_FILE'] === undefined) throw new ConfigError('FEED_KEY_FILE: creditFeed names creditors, so a file with the private key that their files are signed with is needed.')
  const reported = creditors.flatMap(({ hospitals }) => hospitals)
  if (new Set(creditors.map(({ code }) => code)).size !== creditors.length) throw new ConfigError('SITE_CONFIG: creditFeed.creditors[].code must be distinct.')
  if (new Set(reported).size !== reported.length) throw new ConfigError('SITE_CONFIG: a hospital may be named by one of creditFeed.creditors[] only.')
  const unknown = reported.find((id) => !site.hospitals.some((hospital) => hospital.id === id))
  if (unknown !== undefined) throw new ConfigError(`SITE_CONFIG: creditFeed names ${unknown}, which is not in hospitals[].`)
  for (const { code } of creditors) {
    const revealed = revealedHospital(code, site.hospitals)
    if (revealed !== null) throw new ConfigError(`SITE_CONFIG: the creditor code ${code} reveals the hospital ${revealed}; choose one that says nothing of it.`)
  }
  return site
}

function portOf (environment: Environment, name: string, fallback: number): number {
  const text = environment[name]
  if (text === undefined) return fallback
  const port = Number(text)
  if (!Number.isInteger(port) || port < 0 || port > 65535) throw new ConfigError(`${name}: a port from 0 to 65535 is needed.`)
  return port
}

function driverOf (text: string | undefined): Config['sqliteDriver'] {
  if (text === undefined || text === 'libsql') return 'libsql'
  if (text === 'better-sqlite3') return text
  throw new ConfigError('SQLITE_DRIVER: libsql or better-sqlite3 is needed.')
}

function zoneOf (zone: string): string {
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone })
    return zone
  } catch {
    throw new ConfigError('TZ_BUSINESS: an IANA time zone such as Asia/Shanghai is needed.')
  }
}

function siteOf (file: string | undefined, mllpPort: number, isDemo: boolean): SiteConfig {
  if (file !== undefined) return withFirstPort(validSite(readJson(file), file), mllpPort)
  return validSite(isDemo ? demoSite(mllpPort) : plainSite(mllpPort), 'defaults')
}

function readJson (file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch (error) {
    throw new ConfigError(`SITE_CONFIG: ${path.basename(file)} cannot be read as JSON (${error instanceof Error ? error.message : 'unknown'}).`)
  }
}

/** Checks against the schema and fills its defaults; every fault is a line of its own. */
function validSite (site: unknown, where: string): SiteConfig {
  const lines: string[] = []
  const faults = (place: string, found: readonly ErrorObject[]): void => {
    for (const { instancePath, message, params } of found) {
      const extra = (params as { additionalProperty?: string }).additionalProperty
      lines.push(`${path.basename(where)} ${`${place}${instancePath}` || '/'}: ${message ?? 'is wrong'}${extra === undefined ? '' : ` (${extra})`}`)
    }
  }
  // A default inside a union is not filled in, so each connection is checked by the schema of its kind.
  const ofKinds = (kinds: object): object => ({ type: 'array', default: [], items: { type: 'object', required: ['kind'], properties: { kind: { enum: Object.keys(kinds) } } } })
  const outer = { ...siteConfigSchema, properties: { ...siteConfigSchema.properties, sources: { ...ofKinds(sourceSchemas), minItems: 1 }, destinations: ofKinds(destinationSchemas) } }
  const found = check<SiteConfig>(outer, site, (errors) => { faults('', errors) })
  if (found !== null) {
    found.sources.forEach((source, place) => { check<SourceConfig>(sourceSchemas[source.kind], source, (errors) => { faults(`/sources/${place}`, errors) }) })
    found.destinations.forEach((destination, place) => { check<DestinationConfig>(destinationSchemas[destination.kind], destination, (errors) => { faults(`/destinations/${place}`, errors) }) })
  }
  if (found === null || lines.length > 0) throw new ConfigError(lines.join('\n'))
  return distinct(found)
}

function check<Shape> (schema: object, value: unknown, refuse: (errors: readonly ErrorObject[]) => void): Shape | null {
  const validate = new Ajv({ allErrors: true, useDefaults: true }).compile<Shape>(schema)
  if (validate(value)) return value
  refuse(validate.errors ?? [])
  return null
}

function distinct (site: SiteConfig): SiteConfig {
  const hospitals = new Set(site.hospitals.map((hospital) => hospital.id))
  const names = site.sources.map((source) => source.name)
  if (hospitals.size !== site.hospitals.length) throw new ConfigError('SITE_CONFIG: hospitals[].id must be distinct.')
  if (new Set(names).size !== names.length) throw new ConfigError('SITE_CONFIG: sources[].name must be distinct.')
  provenLawful(site)
  const unfounded = site.hospitals.find(({ faces }) => faces?.extract === 'all' && faces.legalBasis === undefined)
  if (unfounded !== undefined) throw new ConfigError(`SITE_CONFIG: hospitals[].faces of ${unfounded.id} reads the photos of all, which needs legalBasis: name the law or rule that allows it.`)
  const places = site.destinations.map((destination) => destination.name)
  if (new Set(places).size !== places.length) throw new ConfigError('SITE_CONFIG: destinations[].name must be distinct.')
  for (const [list, kind] of [[site.sources, 'source'], [site.destinations, 'destination']] as const) {
    const homeless = list.find(({ hospital }) => !hospitals.has(hospital))
    if (homeless !== undefined) throw new ConfigError(`SITE_CONFIG: ${kind} ${homeless.name} names a hospital that is not in hospitals[].`)
  }
  return site
}

/** Nothing is locked or reported without the basis of law that a site names (domain document §0, finding 3). */
function provenLawful ({ legalBasis, payAfterCare }: SiteConfig): void {
  if (legalBasis !== undefined) return
  const without = (['locksCards', 'reports'] as const).find((name) => payAfterCare[name])
  if (without !== undefined) throw new ConfigError(`SITE_CONFIG: payAfterCare.${without} needs legalBasis: name the law or rule that allows it, or switch it off.`)
}

/** MLLP_PORT is the first source's port where the file leaves it open. */
function withFirstPort (site: SiteConfig, mllpPort: number): SiteConfig {
  const [first, ...rest] = site.sources
  if (first?.kind !== 'mllp' || first.port !== undefined) return site
  return { ...site, sources: [{ ...first, port: mllpPort }, ...rest] }
}

function plainSite (mllpPort: number): unknown {
  return {
    hospitals: [{ id: 'hospital', name: 'Hospital 医院' }],
    sources: [{ name: 'his', kind: 'mllp', hospital: 'hospital', port: mllpPort, mappingSite: 'base' }]
  }
}

function demoSite (mllpPort: number): unknown {
  const source = (name: string, charset: string, offset: number): Partial<MllpSourceConfig> =>
    ({ name, kind: 'mllp', hospital: name, port: mllpPort === 0 ? 0 : mllpPort + offset, charset, mappingSite: name })
  return {
    hospitals: [{ id: 'east', name: 'East Lake Hospital 东湖医院' }, { id: 'west', name: 'West Hill Hospital 西山医院' }],
    sources: [source('east', 'UTF-8', 0), source('west', 'GB18030', 1)],
    legalBasis: 'demo: fictitious consent of fictitious patients',
    payAfterCare: { locksCards: true, reports: true, minimumOverdueFen: 100, reportGraceDays: 0, reportMinimumFen: 100, releaseByTwo: true },
    alerts: { smsTo: ['+86-000-demo-on-call'] }
  }
}
