import { unitOf, type QuantityName } from './quantity.ts'
import type { NewsParameter } from './news2.ts'
import type { Consciousness, DerivedName, ValueName } from './vitals.ts'

export interface Coding {
  readonly system: string
  readonly code: string
  readonly display: string
}

export interface Concept {
  readonly coding: readonly Coding[]
  readonly text?: string
}

const loinc = (code: string, display: string): Coding => ({ system: 'http://loinc.org', code, display })
const snomed = (code: string, display: string): Coding => ({ system: 'http://snomed.info/sct', code, display })
export const own = (code: string, display: string): Coding => ({ system: 'urn:yiqiao:fhir:vitals', code, display })
const ucum = 'http://unitsofmeasure.org'

/** LOINC as the vital-signs profile of R4 has it, where it has it. */
export const panelCode: Concept = { coding: [loinc('85353-1', 'Vital signs, weight, height, head circumference, oxygen saturation and BMI panel')] }
export const pressureCode: Concept = { coding: [loinc('85354-9', 'Blood pressure panel with all children optional')] }
export const ecgCode: Concept = { coding: [loinc('11524-6', 'EKG study')] }
export const consciousnessCode: Concept = { coding: [loinc('67775-7', 'Level of responsiveness'), snomed('1104441000000107', 'ACVPU (Alert Confusion Voice Pain Unresponsive) scale score')] }
export const inspiredCode: Concept = { coding: [own('inspired-gas', 'Air or oxygen')] }
export const inspired: Readonly<Record<'air' | 'oxygen', Concept>> = {
  air: { coding: [snomed('722742002', 'Breathing room air')] },
  oxygen: { coding: [snomed('371825009', 'Patient on oxygen')] }
}
export const recordingCode: Concept = { coding: [own('stethoscope-recording', 'Stethoscope recording')] }
export const newsCode: Concept = { coding: [loinc('88330-6', 'National Early Warning Score [NEWS]'), snomed('1104051000000101', 'Royal College of Physicians NEWS2 total score')] }

/** SNOMED CT, UK edition. */
export const newsComponent: Readonly<Record<NewsParameter, Concept>> = {
  respiration: { coding: [snomed('1104301000000104', 'NEWS2 respiration rate score')] },
  oxygenSaturation: { coding: [snomed('1104311000000102', 'NEWS2 oxygen saturation score')] },
  supply: { coding: [snomed('1104331000000105', 'NEWS2 air or oxygen score')] },
  systolic: { coding: [snomed('1104341000000101', 'NEWS2 systolic blood pressure score')] },
  pulse: { coding: [snomed('1104351000000103', 'NEWS2 pulse score')] },
  consciousness: { coding: [snomed('1104361000000100', 'NEWS2 consciousness score')] },
  temperature: { coding: [snomed('1104371000000107', 'NEWS2 temperature score')] }
}

export const consciousnessConcept: Readonly<Record<Consciousness, Concept>> = {
  alert: { coding: [snomed('248234008', 'Mentally alert')] },
  confused: { coding: [snomed('130987000', 'Acute confusion')] },
  voice: { coding: [snomed('300202002', 'Responds to voice')] },
  pain: { coding: [snomed('450847001', 'Responds to pain')] },
  unresponsive: { coding: [snomed('422768004', 'Unresponsive')] }
}

const heartRate = [loinc('8867-4', 'Heart rate')]
export const valueCodes: Readonly<Record<Exclude<ValueName, 'glucose'>, Concept>> = {
  systolic: { coding: [loinc('8480-6', 'Systolic blood pressure')] },
  diastolic: { coding: [loinc('8462-4', 'Diastolic blood pressure')] },
  pulse: { coding: heartRate },
  ecgRate: { coding: heartRate },
  respiration: { coding: [loinc('9279-1', 'Respiratory rate')] },
  oxygenSaturation: { coding: [loinc('2708-6', 'Oxygen saturation in Arterial blood'), loinc('59408-5', 'Oxygen saturation in Arterial blood by Pulse oximetry')] },
  oxygenFlow: { coding: [loinc('3151-8', 'Inhaled oxygen flow rate')] },
  temperature: { coding: [loinc('8310-5', 'Body temperature')] },
  weight: { coding: [loinc('29463-7', 'Body weight')] },
  height: { coding: [loinc('8302-2', 'Body height')] },
  waist: { coding: [loinc('8280-0', 'Waist Circumference at umbilicus by Tape measure')] },
  qt: { coding: [loinc('8634-8', 'Q-T interval')] },
  qrs: { coding: [loinc('8633-0', 'QRS duration')] },
  pr: { coding: [loinc('8625-6', 'P-R Interval')] },
  bodyMass: { coding: [loinc('39156-5', 'Body mass index (BMI) [Ratio]')] },
  qtcFridericia: { coding: [loinc('76634-5', 'Q-T interval corrected based on Fridericia formula')] },
  qtcBazett: { coding: [loinc('76635-2', 'Q-T interval corrected based on Bazett formula')] }
}

/** A meter takes capillary blood; fasting has a code of its own. */
export function glucoseCode (isFasting: boolean): Concept {
  return { coding: [isFasting ? loinc('14770-2', 'Fasting glucose [Moles/volume] in Capillary blood by Glucometer') : loinc('14743-9', 'Glucose [Moles/volume] in Capillary blood by Glucometer')] }
}

const derivedUnits: Readonly<Record<DerivedName, string>> = { bodyMass: 'kg/m2', qtcBazett: 'ms', qtcFridericia: 'ms' }
/** As people write them, where that is not the UCUM code. */
const written: Readonly<Record<string, string>> = { 'mm[Hg]': 'mmHg', Cel: '°C', '/min': '/min' }

export function quantityOf (name: ValueName, value: number): object {
  const code = Object.hasOwn(derivedUnits, name) ? derivedUnits[name as DerivedName] : unitOf(name as QuantityName)
  return { value, unit: written[code] ?? code, system: ucum, code }
}

export function scoreOf (value: number): object {
  return { value, unit: '{score}', system: ucum, code: '{score}' }
}

/** Leads of an ECG as IEEE 11073 numbers them (MDC_ECG_ELEC_POTL_…). */
const leads: Readonly<Record<string, string>> = {
  I: '131329', II: '131330', V1: '131331', V2: '131332', V3: '131333', V4: '131334', V5: '131335', V6: '131336', III: '131389', aVR: '131390', aVL: '131391', aVF: '131392'
}
export const ecgLeads: readonly string[] = Object.keys(leads)

export function leadCode (lead: string): Concept {
  return { coding: [{ system: 'urn:oid:2.16.840.1.113883.6.24', code: leads[lead] ?? '131328', display: `MDC_ECG_ELEC_POTL_${lead.toUpperCase()}` }] }
}
