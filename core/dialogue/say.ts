import { DomainError } from '../errors.ts'
import { appended, noThread } from './keep-thread.ts'
import { messageRecord } from './message-record.ts'
import type { DialogueStores, DialogueTools, Picture } from './ports.ts'
import { isSameParty, mostTextLength, type Message, type Party } from './thread.ts'

export interface Say {
  readonly threadId: string
  readonly by: Party
  readonly clientId: string
  readonly kind: 'text' | 'picture'
  readonly text?: string
  readonly attachmentId?: string
}

/** 发消息. Said again with the same client id, it is the message of the first time. */
export async function say<Stores extends DialogueStores> (stores: Stores, tools: DialogueTools<Stores>, said: Say, at: Date): Promise<Message> {
  const known = await stores.threads.find(said.threadId)
  if (known !== null) await tools.purposes[known.purpose]?.hold(stores, known.id)
  const thread = await stores.threads.findForChange(said.threadId)
  if (thread === null || !thread.parties.some((party) => isSameParty(party, said.by))) throw noThread()
  const before = await stores.messages.bySender(thread.id, said.by, said.clientId)
  if (before !== null) return before
  if (!thread.isOpen) throw new DomainError('THREAD_CLOSED', 'This dialogue has ended; it can be read but nothing can be said in it any more.')
  const picture = said.kind === 'picture' ? await pictureOf(stores, said) : null
  const message = await appended(stores, thread, { by: said.by, clientId: said.clientId, kind: said.kind, text: textOf(said), attachmentId: picture?.id ?? null, at })
  const record = messageRecord({ thread, message, picture }, tools.stableId)
  if (record !== null) await tools.takeIn(stores, [record], at)
  await tools.purposes[thread.purpose]?.said(stores, { thread: { ...thread, lastNumber: message.number }, message }, at)
  return message
}

function textOf ({ kind, text }: Say): string | null {
  if (kind === 'picture' && text === undefined) return null
  if (text === undefined || text.trim() === '' || text.length > mostTextLength) throw new DomainError('MESSAGE_TEXT_INVALID', `A text has 1 to ${mostTextLength} characters.`, 'text')
  return text
}

export const noPicture = (): DomainError => new DomainError('PICTURE_NOT_FOUND', 'There is no such picture in this dialogue. Send it first (POST …/attachments).')

/** Only what the same party sent into the same thread. */
async function pictureOf ({ messages }: Pick<DialogueStores, 'messages'>, { threadId, by, attachmentId }: Say): Promise<Picture> {
  const picture = attachmentId === undefined ? null : await messages.findPicture(attachmentId)
  if (picture === null || picture.threadId !== threadId || !isSameParty(picture.by, by)) throw noPicture()
  return picture
}
