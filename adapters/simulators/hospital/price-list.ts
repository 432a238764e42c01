import type { Item } from './his-event.ts'

export interface PricedItem extends Item {
  readonly priceFen: number
}

export const registrationFee: PricedItem = { code: 'F001', name: '挂号费', priceFen: 1500 }
export const consultationFee: PricedItem = { code: 'F002', name: '诊查费', priceFen: 5000 }
export const windowPayment: Item = { code: 'CASH', name: '现金' }
export const priceAdjustment: Item = { code: 'J001', name: '价格减免' }

export interface LabTest extends PricedItem {
  readonly observations: ReadonlyArray<{ readonly item: Item, readonly unit: string, readonly low: number, readonly high: number, readonly decimals: number }>
}

export const labTests: readonly LabTest[] = [
  { code: 'L001', name: '血常规', priceFen: 2580, observations: [
    { item: { code: 'WBC', name: '白细胞计数' }, unit: '10*9/L', low: 3.5, high: 9.5, decimals: 1 },
    { item: { code: 'HGB', name: '血红蛋白' }, unit: 'g/L', low: 115, high: 150, decimals: 0 },
    { item: { code: 'PLT', name: '血小板计数' }, unit: '10*9/L', low: 125, high: 350, decimals: 0 }
  ] },
  { code: 'L002', name: '空腹血糖', priceFen: 850, observations: [
    { item: { code: 'GLU', name: '葡萄糖' }, unit: 'mmol/L', low: 3.9, high: 6.1, decimals: 1 }
  ] },
  { code: 'L003', name: '肝功能', priceFen: 6825, observations: [
    { item: { code: 'ALT', name: '丙氨酸氨基转移酶' }, unit: 'U/L', low: 9, high: 50, decimals: 0 },
    { item: { code: 'AST', name: '天门冬氨酸氨基转移酶' }, unit: 'U/L', low: 15, high: 40, decimals: 0 }
  ] }
]

export const drugs: readonly PricedItem[] = [
  { code: 'D001', name: '示例止咳口服液', priceFen: 2875 },
  { code: 'D002', name: '示例降压片', priceFen: 4560 },
  { code: 'D003', name: '示例维生素片', priceFen: 1205 },
  { code: 'D004', name: '示例护胃胶囊', priceFen: 6390 }
]
