import type { Person } from './person.ts'

/** What happens in a hospital, before any site's habits of writing it down. */
export type HisEvent =
  | { readonly kind: 'doctor_file', readonly doctors: readonly Doctor[] }
  | { readonly kind: 'appointment', readonly trigger: 'S12' | 'S13' | 'S14' | 'S15' | 'S26', readonly person: Person, readonly appointment: Appointment }
  | { readonly kind: 'patient', readonly trigger: 'A03' | 'A04' | 'A08' | 'A11' | 'A28', readonly person: Person, readonly visit: Visit | null, readonly photo: Uint8Array | null }
  | { readonly kind: 'merge', readonly person: Person, readonly retiredMrn: string }
  | { readonly kind: 'order', readonly person: Person, readonly visit: Visit, readonly order: Order }
  | { readonly kind: 'result', readonly person: Person, readonly visit: Visit, readonly order: Order, readonly result: Result }
  | { readonly kind: 'document', readonly person: Person, readonly visit: Visit, readonly document: Document }
  | { readonly kind: 'transactions', readonly person: Person, readonly visit: Visit | null, readonly lines: readonly Transaction[] }

export interface Department {
  readonly code: string
  readonly name: string
  readonly room: string
}

export interface Doctor {
  readonly code: string
  readonly familyName: string
  readonly givenName: string
  readonly gender: 'male' | 'female'
  readonly department: Department
  readonly speciality: string
  readonly isActive: boolean
}

export interface Visit {
  readonly number: string
  readonly doctor: Doctor
  readonly startedAt: Date
  readonly endedAt: Date | null
  readonly isFirst: boolean
}

export interface Appointment {
  readonly number: string
  readonly doctor: Doctor
  readonly start: Date
  readonly minutes: number
  readonly reason: string
}

export interface Item {
  readonly code: string
  readonly name: string
}

export interface Order {
  readonly number: string
  readonly service: Item
  readonly doctor: Doctor
}

interface Result {
  readonly number: string
  readonly observations: readonly Observation[]
}

export interface Observation {
  readonly item: Item
  /** A number with its unit and range, or words. */
  readonly value: { readonly number: string, readonly unit: string, readonly range: string } | string
  readonly flag: 'H' | 'L' | 'N'
}

interface Document {
  readonly number: string
  readonly doctor: Doctor
  readonly lines: readonly string[]
}

/** 费用明细. One line of a bill: `cancels` names the charge that a credit takes back. */
export interface Transaction {
  readonly id: string
  readonly kind: 'charge' | 'credit' | 'adjustment' | 'payment'
  readonly cancels: string | null
  readonly at: Date
  readonly item: Item
  readonly quantity: number
  /** Signed for an adjustment only. */
  readonly unitFen: number
}
