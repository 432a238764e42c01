import { randomUUID } from 'node:crypto'
import { parseArgs } from 'node:util'
import { replayMessages, type MessageFilter } from '../../core/inbox/index.ts'
import { composeTables } from '../compose/compose.ts'
import { describeWith } from '../compose/repair.ts'
import { instant, parsed, UsageError, type Call } from './command.ts'

export async function replayByHand ({ config, store, args }: Call): Promise<string> {
  const { values } = parsed(() => parseArgs({
    args: [...args],
    options: {
      id: { type: 'string', multiple: true }, source: { type: 'string' }, type: { type: 'string' }, trigger: { type: 'string' }, status: { type: 'string' },
      record: { type: 'string' }, from: { type: 'string' }, to: { type: 'string' }
    }
  }))
  const filter: MessageFilter = {
    ...(values.id === undefined ? {} : { ids: values.id }),
    ...(values.source === undefined ? {} : { source: values.source }),
    ...(values.type === undefined ? {} : { type: values.type }),
    ...(values.trigger === undefined ? {} : { trigger: values.trigger }),
    ...(values.status === undefined ? {} : { status: replayable(values.status) }),
    ...(values.record === undefined ? {} : { producedRecord: values.record }),
    ...(values.from === undefined ? {} : { receivedFrom: instant(values.from, '--from') }),
    ...(values.to === undefined ? {} : { receivedTo: instant(values.to, '--to') })
  }
  if (Object.keys(filter).length === 0) throw new UsageError('Name which messages: by --id, --source, --type, --status, --record, --from or --to.')
  const replayed = await replayMessages(
    { ...store, clock: { now: () => new Date() }, ids: { next: randomUUID }, describe: describeWith({ config, ...await composeTables(config, store) }), notify: () => { process.stderr.write('.') } },
    { filter, requestId: randomUUID(), actor: 'command line' })
  return `${replayed.length} messages are queued again.\n`
}

function replayable (status: string): 'dead' | 'conflict' | 'applied' {
  if (status === 'dead' || status === 'conflict' || status === 'applied') return status
  throw new UsageError('--status is dead, conflict or applied.')
}
