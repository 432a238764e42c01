import { DomainError } from '../errors.ts'
import type { WalletId } from './escrow.ts'
import type { WalletStore } from './ports.ts'
import { splitChannels, type SplitChannel } from './split.ts'
import type { PayoutAccount } from './withdrawal.ts'

export interface WantedAccount {
  readonly channel: SplitChannel
  readonly account: string
  readonly holderName: string | null
  readonly takesSplits: boolean
}

interface KeepAccounts {
  readonly walletId: WalletId
  readonly accounts: readonly WantedAccount[]
}

const shownDigits = 4

/** 收款账户. The whole set of a wallet: what is not named is gone. Numbers are sealed; of each its end is shown. */
export async function keepAccounts ({ wallets }: { readonly wallets: WalletStore }, { sealed }: { readonly sealed: (text: string) => string }, { walletId, accounts }: KeepAccounts, at: Date): Promise<readonly PayoutAccount[]> {
  if (new Set(accounts.map(({ channel }) => channel)).size !== accounts.length) throw new DomainError('REQUEST_INVALID', 'Name one account of each channel.', 'accounts')
  await wallets.lock(walletId)
  for (const channel of splitChannels) {
    const wanted = accounts.find((one) => one.channel === channel)
    if (wanted === undefined) await wallets.removeAccount(walletId, channel)
    else await wallets.saveAccount(accountOf(walletId, wanted, sealed, at))
  }
  return await wallets.accounts(walletId)
}

function accountOf (walletId: WalletId, { channel, account, holderName, takesSplits }: WantedAccount, sealed: (text: string) => string, at: Date): PayoutAccount {
  const text = account.replaceAll(' ', '')
  if (!isLikely[channel].test(text)) throw new DomainError('REQUEST_INVALID', 'This is no account of the channel. Check it for a slip.', 'account')
  return { walletId, channel, account: sealed(text), holderName: holderName === null ? null : sealed(holderName), masked: `****${text.slice(-shownDigits)}`, takesSplits, changedAt: at }
}

/** An openid; a login (phone, mail) or 2088…; a card number. */
const isLikely: Readonly<Record<SplitChannel, RegExp>> = { wechat: /^[\w-]{10,128}$/, alipay: /^(1\d{10}|2088\d{12}|[^\s@]{1,64}@[^\s@]{1,64})$/, bank: /^\d{12,19}$/ }
