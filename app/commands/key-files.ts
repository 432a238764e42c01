import { readdir } from 'node:fs/promises'
import path from 'node:path'
import { environmentNames, type Config, type Environment } from '../config.ts'
import type { Manifest } from './manifest.ts'

/** Private keys that the product itself keeps in DATA_DIR; the keys of ids and of sealed fields are in the database. */
const keyName = /^[A-Za-z0-9][A-Za-z0-9._-]*\.(key|pem)$/

export async function keyFilesIn (dataDir: string): Promise<readonly string[]> {
  const found = await readdir(dataDir, { withFileTypes: true }).catch(() => [])
  return found.filter((entry) => entry.isFile() && keyName.test(entry.name)).map(({ name }) => name).sort()
}

/** What settings name and DATA_DIR does not hold: the file of settings itself, keys, secrets, tokens, certificates. */
export function filesElsewhere (config: Config, environment: Environment): Manifest['keepYourself'] {
  const named = [
    ...environmentNames.filter((name) => name === 'SITE_CONFIG' || name.endsWith('_FILE')).flatMap((setting) => environment[setting] === undefined || environment[setting] === '' ? [] : [{ setting, file: environment[setting] }]),
    ...filesBelow(config.site, '')
  ]
  return named.filter(({ file }) => path.dirname(path.resolve(file)) !== config.dataDir || !keyName.test(path.basename(file)))
}

function filesBelow (value: unknown, place: string): Manifest['keepYourself'] {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([name, inner]: [string, unknown]) => {
    const setting = place === '' ? name : Array.isArray(value) ? `${place}[${name}]` : `${place}.${name}`
    if (!/(^f|F)iles?$/.test(name)) return filesBelow(inner, setting)
    return (Array.isArray(inner) ? inner : [inner]).flatMap((file: unknown) => typeof file === 'string' ? [{ setting, file }] : [])
  })
}
