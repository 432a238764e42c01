import { createHash } from 'node:crypto'
import type { FhirServerDeps } from '../../adapters/fhir/index.ts'
import { writeRecords, type WriteRecordsDeps } from '../../core/intake/index.ts'
import type { Stores } from '../../adapters/store/index.ts'
import { readPostedMoney } from '../../mappings/index.ts'
import type { Composed } from './compose.ts'

/** What clients post to /fhir goes in like a message; its ids follow from the hospital's own keys. */
export function fhirWriting (parts: Composed, keyOf: WriteRecordsDeps<Stores>['keyOf']): FhirServerDeps['writeRecords'] {
  const deps: WriteRecordsDeps<Stores> = {
    inTransaction: parts.store.inTransaction,
    tools: parts.tools,
    keyOf,
    readMoney: readPostedMoney,
    hospitalIds: parts.config.site.hospitals.map(({ id }) => id),
    contentHash: (bytes) => createHash('sha256').update(bytes).digest('hex'),
    clock: parts.clock
  }
  return async (submission, afterwards) => {
    const answer = await writeRecords(deps, submission, afterwards)
    parts.operations.outbox.notify()
    return answer
  }
}
