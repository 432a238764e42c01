/**
 * 差错. Every way in which a statement and our side can disagree, in one table. `blocks`: a day with an open one is not
 * closed (a setting may say otherwise). `follows`: what the books do at once. `resolutions`: what people may decide,
 * with what moves money under four eyes.
 *
 * clearing: the money is in the bank. suspense: the channel has money that we know no order for. learning: the channel's
 * word is taken over, as from a call-back. nothing: people look.
 */
export const discrepancyKinds = {
  only_us: { blocks: true, follows: 'nothing', resolutions: ['take_back', 'note'] },
  only_channel: { blocks: false, follows: 'suspense', resolutions: ['return_money', 'note'] },
  amount_diff: { blocks: true, follows: 'nothing', resolutions: ['follow_statement', 'note'] },
  /** Cross-midnight: the other side counts it for the day before or after. */
  date_shift: { blocks: false, follows: 'clearing', resolutions: ['note'] },
  /** Known to both, on days further apart. */
  day_diff: { blocks: false, follows: 'clearing', resolutions: ['note'] },
  /** Listed twice, in this statement or an earlier one. */
  duplicate: { blocks: true, follows: 'nothing', resolutions: ['note'] },
  refund_only_us: { blocks: true, follows: 'nothing', resolutions: ['note'] },
  refund_only_channel: { blocks: true, follows: 'suspense', resolutions: ['return_money', 'note'] },
  refund_amount_diff: { blocks: true, follows: 'nothing', resolutions: ['follow_statement', 'note'] },
  /** The channel kept another fee than agreed; what it kept is booked. */
  fee_diff: { blocks: false, follows: 'clearing', resolutions: ['note'] },
  /** With us it is under way, failed or closed; the channel says that it succeeded. */
  state_diff: { blocks: true, follows: 'learning', resolutions: ['note'] },
  refund_state_diff: { blocks: true, follows: 'learning', resolutions: ['note'] },
  /** The line is of another merchant than ours. */
  wrong_merchant: { blocks: true, follows: 'nothing', resolutions: ['note'] },
  wrong_hospital: { blocks: true, follows: 'nothing', resolutions: ['note'] },
  /** Both know the number, as different things: a charge here, a payment there. */
  kind_diff: { blocks: true, follows: 'nothing', resolutions: ['note'] },
  /** The same total of an insurance settlement, borne by others. */
  split_diff: { blocks: true, follows: 'nothing', resolutions: ['note'] }
} as const satisfies Record<string, { readonly blocks: boolean, readonly follows: 'nothing' | 'suspense' | 'clearing' | 'learning', readonly resolutions: readonly Resolution[] }>

/**
 * note: it stands explained, nothing moves. take_back: it never happened, our entries of a payment are reversed.
 * follow_statement: the difference is booked against suspense and the listed sum is cleared. return_money: what lay in
 * suspense went back at the channel.
 */
export const resolutions = ['note', 'take_back', 'follow_statement', 'return_money'] as const
export type Resolution = typeof resolutions[number]
export type DiscrepancyKind = keyof typeof discrepancyKinds
export const discrepancyKindNames = Object.keys(discrepancyKinds) as readonly DiscrepancyKind[]

/** Those that keep a day open; a site may name others. */
export const usuallyBlocking: readonly DiscrepancyKind[] = discrepancyKindNames.filter((kind) => discrepancyKinds[kind].blocks)

/** Whether a resolution moves money and so needs a second person. */
export const needsTwo = (resolution: Resolution): boolean => resolution !== 'note'
