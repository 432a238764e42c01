export type { SmsMessage, SmsSender } from './ports.ts'
export { sendSms } from './send-sms.ts'
