import { alertWhile, type AlertDeps, type Job } from '../core/operations/index.ts'

interface CountFacesDeps extends AlertDeps {
  readonly countPersons: () => Promise<number>
}

/** At 100,000 persons the authority is told within 30 working days (人脸识别技术应用安全管理办法 art. 15); the first alarm leaves time to prepare. */
export const faceLimits = { near: 80_000, filing: 100_000 } as const

/** 人数告警. */
export function countFaces ({ countPersons, ...telling }: CountFacesDeps): Job {
  return {
    name: 'count-faces',
    schedule: '20 * * * *',
    requirements: ['T1'],
    run: async (dueAt) => {
      const persons = await countPersons()
      await alertWhile(telling, { key: 'job:faces-near-filing', detail: `${persons} persons in the face database, filing from ${faceLimits.filing}`, isTrouble: persons >= faceLimits.near && persons < faceLimits.filing, at: dueAt })
      await alertWhile(telling, { key: 'job:faces-filing', detail: `${persons} persons in the face database: to be filed with the authority within 30 working days`, isTrouble: persons >= faceLimits.filing, at: dueAt })
      return { persons }
    }
  }
}
