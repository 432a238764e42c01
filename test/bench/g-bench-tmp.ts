import { mkdtempSync, rmSync } from 'node:fs'
import { vouchersRow } from './vouchers.ts'
const folder = mkdtempSync('/tmp/g-bench-')
for (const l of await vouchersRow.run({ folder, progress: (x) => console.error(new Date().toISOString(), x) })) console.log(l.isMet, l.what, l.value, l.against)
rmSync(folder, { recursive: true })
