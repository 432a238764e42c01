import type { createLogger } from '../../adapters/http/index.ts'

export type Log = ReturnType<typeof createLogger>
