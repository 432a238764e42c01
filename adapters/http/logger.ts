import { pino, type DestinationStream, type Logger } from 'pino'

/**
 * Members that may never reach a log line, wherever they stand in what is logged: the one list from which the redaction
 * is made. The first rule stays not to log them at all; this is the net below. A bare `name` is not here, because parts
 * have names too (a source, a job); a person's stands inside `patient`, `resource` or `person`.
 */
const neverLogged = ['authorization', 'cookie', 'password', 'secret', 'token', 'patient', 'person', 'resource', 'patientName', 'family', 'given',
  'birthDate', 'phone', 'mobile', 'telecom', 'address', 'residentId', 'identifier', 'identifiers', 'raw', 'body', 'payload', 'photo', 'query', 'url'] as const

/** Pino's redaction has no "at any depth", so each member is listed for the depths that log lines have. */
const redactedPaths = neverLogged.flatMap((member) => [member, `*.${member}`, `*.*.${member}`])

/**
 * An error's message can quote data (knex repeats the values of a failed statement, JSON.parse its input), so only its
 * kind and where it happened are written. Our own refusals carry no data by rule.
 */
function describeError (error: unknown): Readonly<Record<string, unknown>> {
  if (!(error instanceof Error)) return { type: typeof error }
  const { code, kind, statusCode } = error as Partial<Record<'code' | 'kind' | 'statusCode', unknown>>
  const frames = (error.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line)).map((line) => line.trim()).slice(0, 12)
  return { type: error.name, code, kind, statusCode, ...(kind === undefined ? {} : { message: error.message }), frames }
}

/** The product's logger. */
export function createLogger ({ level, destination }: { readonly level: string, readonly destination?: DestinationStream }): Logger {
  const options = {
    level,
    base: null,
    redact: { paths: redactedPaths, censor: '[redacted]' },
    serializers: { err: describeError, req: (request: { readonly id?: unknown, readonly method?: unknown }) => ({ id: request.id, method: request.method }), res: () => undefined }
  }
  return destination === undefined ? pino(options) : pino(options, destination)
}
