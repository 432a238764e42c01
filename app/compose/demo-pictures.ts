import { readFileSync } from 'node:fs'
import path from 'node:path'

/** Pictures for the demo's persons, named by record number (E900001.jpg): whoever shows the demo lays them there. Others get a drawn one, which shows no face. */
export function demoPictures (dataDir: string): (mrn: string) => Uint8Array | null {
  return (mrn) => {
    try {
      return readFileSync(path.join(dataDir, 'demo-photos', `${mrn}.jpg`))
    } catch {
      return null
    }
  }
}
