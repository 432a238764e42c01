export type { MllpEvent, OnMllpEvent } from './events.ts'
export { frame, type FrameEvent, type Framer, makeFramer } from './frames.ts'
export { type MllpListener, type MllpListenerDeps, startMllpListener } from './listener.ts'
export type { MllpLimits, MllpSource, MllpTls } from './source.ts'
