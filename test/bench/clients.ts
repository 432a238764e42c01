import { execFile } from 'node:child_process'
import path from 'node:path'
import { clientCaseNames } from '../contracts/mllp-client.ts'
import type { BenchRow } from './row.ts'

const root = path.resolve(import.meta.dirname, '../..')
const caseTimeoutMs = 10_000

/** What became of one case in a process of its own, which is killed when it freezes. */
function runCase (client: string, name: string): Promise<string> {
  return new Promise((resolve) => {
    execFile(process.execPath, ['--import', 'tsx', 'test/bench/client-case.ts', client, name], { cwd: root, timeout: caseTimeoutMs, killSignal: 'SIGKILL' }, (error, stdout) => {
      resolve(error?.killed === true ? 'failed: no end within 10 s' : stdout.trim() === '' ? 'failed: never settles, nothing is tried any more' : stdout.trim().split('\n').at(-1) ?? '')
    })
  })
}

/** MLLP clients through the same cases; no measurement, but the reason for having our own (docs/decisions/0008). */
export const clientsRow: BenchRow = {
  name: 'clients',
  run: async ({ progress }) => {
    const lines = []
    for (const client of ['ours', 'node-hl7-client', 'node-hl7-client, waitAck off']) {
      const failed: string[] = []
      for (const name of clientCaseNames) {
        progress(`${client}: ${name}`)
        const result = await runCase(client, name)
        if (result !== 'passed') failed.push(`${name} (${result.replace('failed: ', '')})`)
      }
      lines.push({ what: `MLLP client ${client}`, value: `${clientCaseNames.length - failed.length} of ${clientCaseNames.length} cases`, against: failed.length === 0 ? 'all' : `fails: ${failed.join('; ')}`, isMet: client === 'ours' ? failed.length === 0 : null })
    }
    return lines
  }
}
