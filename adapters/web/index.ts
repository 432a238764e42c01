export { callPages } from './call-pages.ts'
export { consolePages } from './console-pages.ts'
export { kioskPages } from './kiosk-pages.ts'
