import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { parseMessage } from '../../adapters/hl7v2/index.ts'
import { loadMappings } from '../../app/load-mappings.ts'
import { stableIdWith } from '../../app/stable-id.ts'
import { checkSite } from '../../mappings/compile-site.ts'
import { compileR4 } from '../../mappings/r4/index.ts'
import { MappingError } from '../../mappings/index.ts'
const sources = await loadMappings('mappings')
const { mapping, faults } = checkSite(sources, process.argv[2] ?? 'east')
for (const f of faults) console.log(f)
const r4 = compileR4(JSON.parse(readFileSync('mappings/r4/elements.json', 'utf8')))
const context = { hospitalId: 'east', stableId: stableIdWith(Buffer.from('k')), zone: 'Asia/Shanghai', receivedAt: new Date('2026-01-05T00:00:00Z'), source: 'm1', isConversion: process.env.CONV === '1' }
const files = readdirSync('/work/shared/data/hl7v2', { recursive: true, encoding: 'utf8' }).filter((f) => /\.(hl7|txt)$/.test(f))
const errs = new Map<string, number>(); let ok = 0; const bad = new Map<string, string[]>(); let unknown = 0
for (const f of files) {
  const text = readFileSync(join('/work/shared/data/hl7v2', f), 'utf8')
  for (const t of text.split(/(?=^MSH)/m)) {
    if (!t.startsWith('MSH')) continue
    try {
      const m = mapping.map(parseMessage(t), context)
      ok++
      for (const r of [m.header, ...m.changes.map((c) => c.resource)]) {
        const faults = r4(r as never)
        for (const x of faults) { const k = `${x.path.replace(/\[\d+\]/g, '[]')} ${x.code} ${x.text}`; bad.set(k, [...bad.get(k) ?? [], f]) }
      }
    } catch (e) {
      if (e instanceof MappingError) { if (e.code === 'MESSAGE_TYPE_UNKNOWN') unknown++; else { const k = `${e.code} ${e.place}`; errs.set(k, (errs.get(k) ?? 0) + 1); if (process.argv[3]) console.log(k, f) } } else { console.log(f, e); process.exit(1) }
    }
  }
}
console.log({ ok, unknown }); console.log(errs)
for (const [k, v] of [...bad].sort((a, b) => b[1].length - a[1].length)) console.log(v.length, k, v[0])
