import { alertWhile, type AlertDeps, type Job, type SettingStore } from '../core/operations/index.ts'
import type { InTransaction } from '../core/unit-of-work.ts'

/** The last count, for whoever asks in between. */
export const facePersonsSetting = 'faces.persons'

interface CountFacesDeps extends AlertDeps {
  readonly keep: InTransaction<{ readonly settings: Pick<SettingStore, 'set'> }>
  readonly countPersons: () => Promise<number>
}

/** At 100,000 persons the authority is told within 30 working days (人脸识别技术应用安全管理办法 art. 15); the first alarm leaves time to prepare. */
export const faceLimits = { near: 80_000, filing: 100_000 } as const

/** 人数告警. */
export function countFaces ({ countPersons, keep, ...telling }: CountFacesDeps): Job {
  return {
    name: 'count-faces',
    schedule: '20 * * * *',
    requirements: ['T1'],
    run: async (dueAt) => {
      const persons = await countPersons()
      await keep(({ settings }) => settings.set(facePersonsSetting, String(persons)))
      await alertWhile(telling, { key: 'job:faces-near-filing', detail: `${persons} persons in the face database, filing from ${faceLimits.filing}`, isTrouble: persons >= faceLimits.near && persons < faceLimits.filing, at: dueAt })
      await alertWhile(telling, { key: 'job:faces-filing', detail: `${persons} persons in the face database: to be filed with the authority within 30 working days`, isTrouble: persons >= faceLimits.filing, at: dueAt })
      return { persons }
    }
  }
}
