import { encodeText, printSegments } from '../../hl7v2/index.ts'
import type { Site } from './site.ts'
import type { Step } from './step.ts'

/** The bytes that the site's HIS puts on the wire for this step, without the frame. */
export const printStep = (site: Site, step: Pick<Step, 'message'>): Buffer => encodeText(printSegments(step.message), site.dialect.charset)
