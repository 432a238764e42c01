import { readFile, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { MappingSources, TableFiles } from '../mappings/index.ts'

/** Reads MAPPINGS_DIR: base/, outbound/, sites/<site>/ and facts/. What the files say is judged by those that compile them. */
export async function loadMappings (directory: string): Promise<MappingSources> {
  const sites = await names(join(directory, 'sites'), (entry) => entry.isDirectory())
  return {
    base: await tableFiles(join(directory, 'base')),
    sites: Object.fromEntries(await Promise.all(sites.map(async (site) => [site, await siteFiles(join(directory, 'sites', site))] as const))),
    facts: await jsonFiles(join(directory, 'facts')),
    outbound: await tableFiles(join(directory, 'outbound'))
  }
}

/** The types of fhir/types.json, and the site's own files of sites/<site>/fhir by name; judged by compileFhir. */
export async function loadFhirMapping (directory: string, site: string): Promise<{ readonly types: unknown, readonly site: Readonly<Record<string, unknown>> }> {
  const { types } = await jsonFiles(join(directory, 'fhir'))
  return { types, site: await jsonFiles(join(directory, 'sites', site, 'fhir')) }
}

async function siteFiles (directory: string): Promise<MappingSources['sites'][string]> {
  return { ...await tableFiles(directory), outbound: await tableFiles(join(directory, 'outbound')) }
}

async function tableFiles (directory: string): Promise<TableFiles> {
  return {
    messages: await jsonFiles(join(directory, 'messages')),
    segments: await jsonFiles(join(directory, 'segments')),
    codeTables: await jsonFiles(join(directory, 'code-tables'))
  }
}

async function jsonFiles (directory: string): Promise<Readonly<Record<string, unknown>>> {
  const files = await names(directory, (entry) => entry.isFile() && entry.name.endsWith('.json'))
  return Object.fromEntries(await Promise.all(files.map(async (file) => [file.slice(0, -'.json'.length), await parsed(join(directory, file))] as const)))
}

async function parsed (file: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(file, 'utf8'))
  } catch (error) {
    throw new Error(`${file}: ${error instanceof Error ? error.message : String(error)}`, { cause: error })
  }
}

/** Sorted, so that every start reads the same tables in the same order. A folder that is not there is empty. */
async function names (directory: string, wanted: (entry: { readonly name: string, readonly isDirectory: () => boolean, readonly isFile: () => boolean }) => boolean): Promise<readonly string[]> {
  try {
    return (await readdir(directory, { withFileTypes: true })).filter(wanted).map((entry) => entry.name).sort()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}
