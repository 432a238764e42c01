import type { Resource } from '../../../core/records/index.ts'
import type { KeptResources } from './kept-resources.ts'

/** What the hospital does with requests that stand on its FHIR server as Tasks: with all that come from now on, or with one by its number. */
export const taskActs = ['accept', 'refuse', 'pending', 'silent'] as const
export type TaskAct = typeof taskActs[number]

export interface TaskDesk {
  readonly heard: (resource: Resource & { readonly id: string }) => void
  /** `key`: CR-…; null: what comes from now on. Answers whether there is such a request. */
  readonly act: (act: TaskAct, key: string | null) => boolean
}

const statuses = { accept: 'accepted', refuse: 'rejected', pending: 'received' } as const

/** 远程问诊受理, in FHIR: a Task that is requested is accepted at once, unless the desk was told otherwise. */
export function taskDesk (resources: () => Pick<KeptResources, 'all' | 'write'>): TaskDesk {
  const state: { ways: TaskAct } = { ways: 'accept' }
  const answer = (task: Resource, act: TaskAct): void => {
    if (act !== 'silent') resources().write({ ...task, status: statuses[act], ...act === 'refuse' ? { statusReason: { text: '本院今日停诊' } } : {} })
  }
  return {
    heard: (resource) => { if (resource.resourceType === 'Task' && resource['status'] === 'requested') answer(resource, state.ways) },
    act: (act, key) => {
      if (key === null) {
        state.ways = act
        return true
      }
      const task = resources().all('Task').find(({ identifier }) => Array.isArray(identifier) && (identifier as ReadonlyArray<{ readonly value?: string }>).some(({ value }) => value === key))
      if (task !== undefined) answer(task, act)
      return task !== undefined
    }
  }
}
