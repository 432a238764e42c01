export { openFaceEngine, type OpenFaceEngine } from './face-engine.ts'
export { faceIndex, type OpenFaceIndex } from './face-index.ts'
