export { paymentChannels, type PaymentChannel, type PaymentOrder, type PaymentPart, type PaymentState, type Refund } from './payment-order.ts'
export { statementSources, type ChannelNotice, type DayStore, type Payee, type PaymentGateway, type PaymentStore, type RefundNotice, type StatementSource } from './ports.ts'
