/** 公众号. What the WeChat official account platform does for us. Refuses with OUTSIDE_UNAVAILABLE or OUTSIDE_REFUSED. */
export interface WechatAccount {
  /** Where the browser inside WeChat is sent, to come back with a code and this state. */
  readonly authorizeUrl: (state: string) => string
  /** The openid behind a code; null where the code is unknown, used or out of time. */
  readonly openidOf: (code: string) => Promise<string | null>
  /** A QR code that leads to the account and tells it the scene. `url` is the content of the code. */
  readonly createSceneQr: (scene: { readonly scene: string, readonly expiresInSeconds: number }) => Promise<{ readonly ticket: string, readonly url: string }>
  /**
   * 模板消息 to a follower. refused: the person does not follow any more, or wants no messages. The platform sends one
   * `messageId` (32 characters at most) once.
   */
  readonly sendTemplate: (message: { readonly openid: string, readonly templateId: string, readonly data: Readonly<Record<string, string>>, readonly messageId: string }) => Promise<'taken' | 'refused'>
  /** Whether a call-back was signed with the token that both sides know. */
  readonly isSigned: (call: { readonly timestamp: string, readonly nonce: string, readonly signature: string }) => boolean
  /** What a call-back tells; null for messages that mean nothing to us. Throws REQUEST_INVALID for what is not the platform's XML. */
  readonly readEvent: (xml: string) => WechatEvent | null
}

export interface WechatEvent {
  readonly kind: 'subscribe' | 'scan' | 'unsubscribe'
  readonly openid: string
  /** The scene of the QR code, where one led here. */
  readonly scene: string | null
}

/** state: one OAuth round. openid: a WeChat user who still has to prove a phone. nonce: a call-back that was seen. */
export type TicketUse = 'state' | 'openid' | 'nonce'

export interface Ticket {
  /** Hash of what was handed out. */
  readonly key: string
  readonly use: TicketUse
  readonly openidKey: string | null
  readonly expiresAt: Date
}

/** 场景二维码. A QR code at a desk or terminal that a patient scans to follow the account and register. */
export interface Scene {
  readonly id: string
  readonly purpose: ScenePurpose
  readonly terminalId: string | null
  /** Business time. */
  readonly createdAt: Date
  readonly expiresAt: Date
  readonly openidKey: string | null
}

export const scenePurposes = ['follow', 'register'] as const
export type ScenePurpose = typeof scenePurposes[number]

/** registered: whoever scanned it has an account. */
export type SceneState = 'waiting' | 'scanned' | 'registered'

export const wechatLimits = { stateMs: 600_000, ticketMs: 600_000, sceneMs: 1_800_000, callbackFreshMs: 300_000 } as const
