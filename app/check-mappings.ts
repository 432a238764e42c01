import { join } from 'node:path'
import { checkOutbound, checkSite, compileFacts, compileFhir, describeOutbound, describeSite } from '../mappings/index.ts'
import { loadFhirMapping, loadMappings } from './load-mappings.ts'
import { runExamples } from './mapping-examples.ts'

/**
 * `npm run mappings:check -- <site>`: every fault on a line of its own, then the site's rows with where each comes
 * from, then its examples. Exit code 1 where anything is wrong.
 */
async function checkMappings (site: string, print: (line: string) => void): Promise<boolean> {
  const directory = process.env['MAPPINGS_DIR'] ?? 'mappings'
  const sources = await loadMappings(directory)
  const { mapping, resolved, faults } = checkSite(sources, site)
  const outbound = checkOutbound(sources, site)
  const fhir = await loadFhirMapping(directory, site)
  const wrong = new Set([...faults, ...outbound.faults, ...faultsOf(() => compileFacts(sources.facts)), ...faultsOf(() => compileFhir(fhir.types, fhir.site))])
  for (const fault of wrong) print(fault)
  if (wrong.size > 0) return false
  for (const line of [...describeSite(resolved), ...describeOutbound(outbound.resolved)]) print(line)
  const examples = await runExamples(join(directory, 'sites', site, 'examples'), mapping)
  for (const { name, isSame, found } of examples) print(isSame ? `example ${name}: as expected` : `example ${name}: differs, found ${JSON.stringify(found, null, 2)}`)
  print(`${site}: mapping version ${mapping.version}, ${examples.length} examples, ${examples.filter(({ isSame }) => !isSame).length} differ`)
  return examples.every(({ isSame }) => isSame)
}

function faultsOf (compile: () => unknown): readonly string[] {
  try {
    compile()
    return []
  } catch (error) {
    return [error instanceof Error ? error.message : String(error)]
  }
}

const site = process.argv[2]
if (site === undefined) {
  console.error('Name the site: npm run mappings:check -- <site>')
  process.exitCode = 1
} else {
  process.exitCode = await checkMappings(site, (line) => { console.log(line) }) ? 0 : 1
}
