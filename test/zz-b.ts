import { mkdtempSync, rmSync } from 'node:fs'
import { reconciliationRow } from './bench/reconciliation.ts'
const folder = mkdtempSync('/tmp/yqb-')
console.log(await reconciliationRow.run({ folder, progress: (text) => { console.error(text, Math.round(process.memoryUsage().rss / 1e6)) } }))
rmSync(folder, { recursive: true })
