export { keptVoucherKey, sha256Bytes, voucherKeysFrom, type VoucherKeys } from './voucher-keys.ts'
export { codePictures, qrCode } from './qr-code.ts'
