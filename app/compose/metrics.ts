import { Counter, Gauge, Histogram, type Registry } from 'prom-client'
import type { Clock } from '../../core/clock.ts'
import type { FacePhotoStore } from '../../core/faces/index.ts'
import type { InboxStore, Settled } from '../../core/inbox/index.ts'
import type { SettingStore } from '../../core/operations/index.ts'
import type { OutboxStore } from '../../core/outbox.ts'
import type { InTransaction } from '../../core/unit-of-work.ts'
import { facePersonsSetting } from '../../jobs/count-faces.ts'

export interface InboxMetrics {
  readonly acknowledged: (source: string, code: string, tookMs: number) => void
  readonly received: (source: string, kind: 'stored' | 'duplicate' | 'conflict' | 'refused') => void
  readonly settled: (settled: readonly Settled[], tookMs: number) => void
  readonly fault: (code: string) => void
}

/** Counts and times by source and code: never a name, number or text of a message. */
export function inboxMetrics (registry: Registry, onFault: (code: string) => void): InboxMetrics {
  const registers = [registry]
  const received = new Counter({ name: 'yiqiao_messages_received_total', help: 'Messages by where they came to rest', labelNames: ['source', 'kind'] as const, registers })
  const acknowledged = new Histogram({
    name: 'yiqiao_ack_seconds', help: 'From the last byte of a message to its ACK', labelNames: ['source', 'code'] as const,
    buckets: [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 2, 10], registers
  })
  const settledTotal = new Counter({ name: 'yiqiao_messages_settled_total', help: 'What became of messages that were applied', labelNames: ['kind'] as const, registers })
  const batch = new Histogram({ name: 'yiqiao_apply_batch_seconds', help: 'Time of one batch', buckets: [0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 2], registers })
  const faults = new Counter({ name: 'yiqiao_inbox_faults_total', help: 'Trouble of the inbox itself', labelNames: ['code'] as const, registers })
  return {
    received: (source, kind) => { received.inc({ source, kind }) },
    acknowledged: (source, code, tookMs) => { acknowledged.observe({ source, code }, tookMs / 1000) },
    settled: (settled, tookMs) => {
      for (const { kind } of settled) settledTotal.inc({ kind })
      batch.observe(tookMs / 1000)
    },
    fault: (code) => {
      faults.inc({ code })
      onFault(code)
    }
  }
}

/** Read from the store when asked, so that all nodes tell the same. Ages are by business time, as arrivals are. */
export function queueGauges (registry: Registry, deps: { readonly inReading: InTransaction<{ inbox: InboxStore, outbox: OutboxStore, settings: SettingStore, facePhotos: FacePhotoStore }>, readonly clock: Clock }): void {
  faceGauges(registry, deps)
  const registers = [registry]
  const messages = new Gauge({ name: 'yiqiao_messages', help: 'Messages in the inbox', labelNames: ['source', 'status'] as const, registers })
  const lastReceived = new Gauge({ name: 'yiqiao_source_last_received_timestamp_seconds', help: 'Last message of a source', labelNames: ['source'] as const, registers })
  const outbox = new Gauge({ name: 'yiqiao_outbox_messages', help: 'Messages in the outbox', labelNames: ['status'] as const, registers })
  new Gauge({
    name: 'yiqiao_queue_oldest_seconds',
    help: 'Age of the oldest message that waits to be applied',
    registers,
    async collect () {
      const { statistics, counts } = await deps.inReading(async (stores) => ({ statistics: await stores.inbox.statistics(), counts: await stores.outbox.counts() }))
      this.set(statistics.oldestQueuedAt === null ? 0 : (deps.clock.now().getTime() - statistics.oldestQueuedAt.getTime()) / 1000)
      messages.reset()
      for (const { source, status, count, lastReceivedAt } of statistics.bySource) {
        messages.set({ source, status }, count)
        lastReceived.set({ source }, lastReceivedAt.getTime() / 1000)
      }
      outbox.set({ status: 'waiting' }, counts.waiting)
      outbox.set({ status: 'dead' }, counts.dead)
    }
  })
}

/** What the hourly count found last: to count at each look would cost a second where there are 100,000. */
function faceGauges (registry: Registry, { inReading }: { readonly inReading: InTransaction<{ settings: SettingStore, facePhotos: Pick<FacePhotoStore, 'counts'> }> }): void {
  const registers = [registry]
  const photos = new Gauge({ name: 'yiqiao_face_photos', help: 'Photos of hospitals by what became of them', labelNames: ['outcome'] as const, registers })
  new Gauge({
    name: 'yiqiao_face_persons',
    help: 'Persons in the face database, counted each hour',
    registers,
    async collect () {
      const { persons, counts } = await inReading(async ({ settings, facePhotos }) => ({ persons: await settings.get(facePersonsSetting), counts: await facePhotos.counts() }))
      this.set(Number(persons ?? 0))
      for (const [outcome, count] of Object.entries(counts)) photos.set({ outcome }, count)
    }
  })
}
