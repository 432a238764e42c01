import type { Chance } from '../random.ts'
import { fictitiousResidentId } from './resident-id.ts'

/** An invented person as a HIS knows them. */
export interface Person {
  /** 病历号: the record number at the hospital of the plan. */
  readonly mrn: string
  readonly familyName: string
  readonly givenName: string
  readonly pinyin: { readonly family: string, readonly given: string }
  readonly gender: 'male' | 'female'
  readonly birthDate: string
  /** Null for who came without papers. */
  readonly residentId: string | null
  readonly phone: string
  readonly address: Address
  /** Whether they consent to the processing of their face; absent: nobody asked. */
  readonly faceConsent?: boolean
  readonly guardian: { readonly familyName: string, readonly givenName: string, readonly phone: string } | null
}

interface Address {
  readonly street: string
  readonly city: string
  readonly province: string
  readonly postcode: string
}

type Name = readonly [characters: string, pinyin: string]

const familyNames: readonly Name[] = [['赵', 'Zhao'], ['钱', 'Qian'], ['孙', 'Sun'], ['李', 'Li'], ['周', 'Zhou'], ['吴', 'Wu'], ['郑', 'Zheng'],
  ['王', 'Wang'], ['冯', 'Feng'], ['陈', 'Chen'], ['褚', 'Chu'], ['卫', 'Wei'], ['欧阳', 'Ouyang'], ['司马', 'Sima'], ['诸葛', 'Zhuge']]
/**
 * Besides plain ones: characters with four bytes in GB 18030 (㛃 𬍛 𠅤), and characters whose second byte in GBK is
 * `|` (珅), `^` (玘), `~` (珇) or `\` (琝), which a parser that splits before it decodes tears apart.
 */
const givenNames: readonly Name[] = [['虚伟', 'Xuwei'], ['样芳', 'Yangfang'], ['小例', 'Xiaoli'], ['假英', 'Jiaying'], ['建拟', 'Jianni'], ['丽想', 'Lixiang'],
  ['珅', 'Shen'], ['玘', 'Qi'], ['珇', 'Zu'], ['琝', 'Min'], ['文㛃', 'Wenjie'], ['𬍛', 'Yu'], ['𠅤', 'Hua']]
const streets = ['虚构路', '样例街', '杜撰巷', '假想大道']

/** `serial` keeps numbers of persons of one demo apart; below 500. */
export function inventedPerson (chance: Chance, mrn: string, serial: number): Person {
  const gender = chance.pick(['male', 'female'] as const)
  const birthDate = `${1938 + chance.below(80)}-${twoDigits(1 + chance.below(12))}-${twoDigits(1 + chance.below(28))}`
  const [familyName, familyPinyin] = chance.pick(familyNames)
  const [givenName, givenPinyin] = chance.pick(givenNames)
  return {
    mrn,
    familyName,
    givenName,
    pinyin: { family: familyPinyin, given: givenPinyin },
    gender,
    birthDate,
    residentId: chance.happens(0.9) ? fictitiousResidentId(birthDate, serial, gender) : null,
    phone: fictitiousPhone(serial),
    address: fictitiousAddress(`${chance.pick(streets)}${1 + chance.below(200)}号`),
    // Of ten people one refuses, and one was not asked.
    ...serial % 10 === 9 ? {} : { faceConsent: serial % 10 !== 8 },
    guardian: null
  }
}

export const fictitiousAddress = (street: string): Address => ({ street, city: '无名市', province: '无名省', postcode: '000000' })

/** No network has numbers that begin with three zeros. */
export const fictitiousPhone = (serial: number): string => `000-0000-${String(serial % 10000).padStart(4, '0')}`

const twoDigits = (value: number): string => String(value).padStart(2, '0')
