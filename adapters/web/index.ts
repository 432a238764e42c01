export { consolePages } from './console-pages.ts'
export { kioskPages } from './kiosk-pages.ts'
