import { Type } from 'typebox'

const namedKey = Type.Object({ id: Type.String({ minLength: 1 }), file: Type.String({ description: 'PEM file of a public key or certificate.' }) }, { additionalProperties: false })
const callbackAddress = Type.String({ description: 'Where the channel sends its call-backs: …/v1/payments/callbacks/ and the channel\'s name, as seen from outside.' })

/** Payment channels; private keys and secrets only as files. */
export const payments = Type.Object({
  wechat: Type.Optional(Type.Object({
    merchantId: Type.String({ minLength: 1 }),
    appId: Type.String({ minLength: 1 }),
    merchantSerial: Type.String({ description: 'Serial number of our own API certificate.' }),
    merchantKeyFile: Type.String({ description: 'PEM file of its private key.' }),
    apiV3KeyFile: Type.String({ description: 'File with the APIv3 key of 32 bytes.' }),
    platformKeys: Type.Array(namedKey, { minItems: 1, maxItems: 10, description: 'PUB_KEY_ID_… or serial numbers of platform certificates; name a coming one before the platform changes to it.' }),
    notifyUrl: callbackAddress,
    url: Type.String({ default: 'https://api.mch.weixin.qq.com' })
  }, { additionalProperties: false })),
  alipay: Type.Optional(Type.Object({
    appId: Type.String({ minLength: 1 }),
    sellerId: Type.String({ minLength: 1, description: '2088…, compared with call-backs.' }),
    appKeyFile: Type.String({ description: 'PEM file of the private key of our app.' }),
    platformKeyFiles: Type.Array(Type.String(), { minItems: 1, maxItems: 10, description: 'PEM files of Alipay\'s public keys.' }),
    notifyUrl: callbackAddress,
    url: Type.String({ default: 'https://openapi.alipay.com/gateway.do' })
  }, { additionalProperties: false })),
  bank: Type.Optional(Type.Object({
    merchantId: Type.String({ minLength: 1 }),
    certificateId: Type.String({ description: 'certId of our own certificate.' }),
    keyFile: Type.String({ description: 'PEM file of its private key.' }),
    bankKeys: Type.Array(namedKey, { minItems: 1, maxItems: 10, description: 'certId of the bank\'s certificates.' }),
    notifyUrl: callbackAddress,
    url: Type.String()
  }, { additionalProperties: false }))
}, { additionalProperties: false, default: {} })

/** 对账. What keeps a day open, and what was agreed with each channel. */
export const reconciliation = Type.Object({
  blocking: Type.Optional(Type.Array(Type.String({ pattern: '^[a-z_]{3,40}$' }), { description: 'Kinds of discrepancy that keep a day open; absent: the usual ones.' })),
  channels: Type.Array(Type.Object({
    channel: Type.Union(['wechat', 'alipay', 'bank', 'insurance'].map((channel) => Type.Literal(channel))),
    merchants: Type.Optional(Type.Array(Type.String({ minLength: 1 }), { description: 'Our merchant numbers there; a line of another one is a discrepancy.' })),
    feePpm: Type.Optional(Type.Integer({ minimum: 0, maximum: 1_000_000, description: 'Agreed fee in millionths of the amount.' })),
    bankAccount: Type.String({ default: 'main', pattern: '^[a-z0-9-]{1,40}$', description: 'Name of the bank account in the books.' })
  }, { additionalProperties: false }), { default: [] })
}, { additionalProperties: false, default: {} })

/** 钱包提现. */
export const wallets = Type.Object({
  withdrawByTwoAboveFen: Type.Integer({ minimum: 0, maximum: 100_000_000_000, default: 200_000, description: 'Withdrawals above need a second person; those of less are approved at once.' })
}, { additionalProperties: false, default: {} })
