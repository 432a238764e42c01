import { mkdtempSync, rmSync } from 'node:fs'
import { reconciliationRow } from './bench/reconciliation.ts'
const folder = mkdtempSync('/tmp/yqb-')
console.log(JSON.stringify(await reconciliationRow.run({ folder, progress: () => undefined })))
rmSync(folder, { recursive: true })
