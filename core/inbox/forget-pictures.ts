import type { InboxStore, MessageFilter, MessageSummary } from './ports.ts'

const perLoad = 50
/** A person with more messages than this is looked through by the messages of the newest ones only. */
const mostMessages = 20_000
/** How JPEG, PNG and WebP begin in base64, which is how every kind of source carries a picture. */
const pictures = /\/9j\/(?:[4567][A-Za-z0-9]|2w)|iVBORw0KGgo|UklGR/

/**
 * Takes the content away from messages about somebody that carry a picture and need it no more: applied and skipped
 * ones. What was made of them stays, and so do their acknowledgement and their key, so that a resend is still known; none can
 * be replayed. Answers how many.
 */
export async function forgetPictures ({ inbox }: { readonly inbox: Pick<InboxStore, 'list' | 'load' | 'dropContent'> }, about: NonNullable<MessageFilter['about']>[number]): Promise<number> {
  let dropped = 0
  for (let before: number | null = null, seen = 0; seen < mostMessages; seen += perLoad) {
    const page: readonly MessageSummary[] = await inbox.list({ about: [about] }, { limit: perLoad, before })
    const settled = page.filter(({ status }) => status === 'applied' || status === 'skipped')
    const pictured = (await inbox.load(settled.map(({ id }) => id))).filter(({ raw }) => pictures.test(asText(raw)))
    dropped += await inbox.dropContent(pictured.map(({ id }) => id))
    before = page.at(-1)?.sequence ?? null
    if (page.length < perLoad) break
  }
  return dropped
}

const asText = (raw: Uint8Array): string => new TextDecoder('latin1').decode(raw)
