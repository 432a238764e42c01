import t from 'tap'
import { splitGatewayContract } from '../../contracts/split-gateway.ts'
import { aBank, anAlipay, aWechat } from './a-channel.ts'

t.test('WeChat Pay', async (t) => { splitGatewayContract(t, (t) => aWechat(t), { good: 'openid-of-a-doctor', closed: 'closed-openid-0001' }) })
t.test('Alipay', async (t) => { splitGatewayContract(t, (t) => anAlipay(t), { good: 'doctor@example.com', closed: 'closed@example.com' }) })
t.test('the bank', async (t) => { splitGatewayContract(t, (t) => aBank(t), { good: '6222000000000001', closed: '0000000000000000' }) })
