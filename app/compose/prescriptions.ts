import { qrCode } from '../../adapters/codes/index.ts'
import { pdfPrinter } from '../../adapters/documents/index.ts'
import { carrierCallbackRoutes, admitOrder, drugOrderRoutes, payRoute, pharmacyRoutes, prescriptionRoutes, recordRoutes, sickNoteRoutes } from '../../adapters/http/index.ts'
import { carrierCallbackPath } from '../../adapters/logistics/index.ts'
import type { Stores } from '../../adapters/store/index.ts'
import {
  askReturn, cancelOrder, cancelUnpaid, checkOrder, decideReturn, dispenseOrder, draftPrescription, drugOrderPurposeName, expirePrescriptions, handOver, hearCarrier, issueSickNote, orderDrugs, parcelKinds, prescriptionToSign,
  printedPrescription, printedRecord, printedSickNote, recordToSign, refuseDeletion, reviewPrescription, reviewToSign, shipOrder, sickNoteToSign, signPrescription, submitShipment, trackParcels, verifiedSignature, verifySickNote, voidPrescription,
  voidSickNote, writeRecord, type DocumentTools, type FollowDeps, type ParcelAddress, type PrintContext, type PrintedDocument
} from '../../core/prescriptions/index.ts'
import { plainArea, type Area, type AreaDeps } from './area.ts'
import { payRouteDeps } from './payment-tools.ts'
import { documentKeysOf, documentSigner, documentTools } from './prescription-tools.ts'
import { tiedPatientIds } from './tied-patient-ids.ts'

type Tools = DocumentTools<Stores>
type Making = <Command, Made>(work: (stores: Stores, tools: Tools, command: Command, at: Date) => Promise<Made>) => (command: Command) => Promise<Made>

/** 病历、处方、病假单、药品订单: written, signed, reviewed, printed, bought, mailed. */
export function composePrescriptions (deps: AreaDeps): Area {
  const { store: { inTransaction }, notifyOutbox, clock } = deps
  const keys = documentKeysOf(deps.config)
  const tools = documentTools(deps, documentSigner(keys))
  const telling = async <Result>(work: Promise<Result>): Promise<Result> => {
    const result = await work
    notifyOutbox()
    return result
  }
  const making: Making = (work) => (command) => telling(inTransaction((stores) => work(stores, tools, command, clock.now())))
  const lookAfter = { inTransaction, tools }
  const parcels = parcelSide(deps, tools, telling)
  return {
    ...plainArea,
    publicKeys: keys.publicKeys,
    begin: [async () => {
      const first = await inTransaction(({ settings }) => settings.setOnce('document-key', keys.signer.shortId))
      if (!keys.shortIds.includes(first)) deps.log.error({ key: first }, 'DOCUMENT_KEY_FILE lacks the key that the first documents were signed with: their signatures cannot be proven, and prescriptions not checked, until it is back in the file')
    }],
    carryOut: parcels.carryOut,
    rules: parcels.rules,
    // The carrier makes one parcel of a number, and a parcel that has one is left alone.
    forgettable: parcels.forgettable,
    timers: [
      { name: 'prescription-expiry', nextDue: ({ prescriptions }) => prescriptions.nextExpiry(), run: (dueAt) => telling(expirePrescriptions(lookAfter, dueAt)) },
      { name: 'drug-orders-unpaid', nextDue: ({ drugOrders }) => drugOrders.nextDue(), run: (dueAt) => telling(cancelUnpaid(lookAfter, dueAt)) },
      ...parcels.timers
    ],
    routes: [...documentRoutes(deps, tools, making), ...orderRoutes(deps, making), ...parcels.routes]
  }
}

function documentRoutes (deps: AreaDeps, tools: Tools, making: Making): Area['routes'] {
  const { store: { inReading }, writeInstant, clock, config } = deps
  const reading = { inReading, writeInstant }
  const print = printingWith(deps)
  const { signer } = tools
  const hospitalName = hospitalNames(config)
  return [
    recordRoutes({
      ...reading, write: making(writeRecord), verify: (record) => verifiedSignature(signer, recordToSign(record), record.signature),
      print: (record) => print(record, (context) => printedRecord(record, context)),
      remove: (command) => inReading((stores) => refuseDeletion(stores, command, clock.now()))
    }),
    prescriptionRoutes({
      ...reading, draft: making(draftPrescription), sign: making(signPrescription), review: making(reviewPrescription), void: making(voidPrescription),
      verify: (prescription) => ({
        doctor: prescription.signature && verifiedSignature(signer, prescriptionToSign(prescription), prescription.signature),
        pharmacist: prescription.review && verifiedSignature(signer, reviewToSign(prescription, prescription.review), prescription.review.signature)
      }),
      print: (prescription) => print(prescription, (context) => printedPrescription(prescription, context))
    }),
    sickNoteRoutes({
      ...reading, hospitalName, codeOf: tools.noteCode, issue: making(issueSickNote), void: making(voidSickNote),
      verifyCode: (code) => inReading((stores) => verifySickNote(stores, tools, code, clock.now())),
      verify: (note) => verifiedSignature(signer, sickNoteToSign(note), note.signature),
      print: (note) => print(note, (context) => printedSickNote(note, tools.noteCode(note.id), context))
    })
  ]
}

const hospitalNames = ({ site: { hospitals } }: AreaDeps['config']) => (hospitalId: string): string => hospitals.find(({ id }) => id === hospitalId)?.name ?? hospitalId

type Print = (of: { readonly hospitalId: string, readonly patientId: string, readonly doctorId: string }, make: (context: PrintContext) => PrintedDocument) => Promise<Buffer>

function printingWith ({ store: { inReading }, config, clock, calendar, writeInstant }: AreaDeps): Print {
  const printer = pdfPrinter({ qrOf: qrCode })
  const hospitalName = hospitalNames(config)
  const writeTime = (at: Date): string => writeInstant(at).slice(0, 16).replace('T', ' ')
  return async ({ hospitalId, patientId, doctorId }, make) => {
    const { patient, doctor } = await inReading(async ({ patients, practitioners }) => ({ patient: await patients.find(patientId), doctor: await practitioners.find(doctorId) }))
    const now = clock.now()
    return await printer.print(make({ hospital: hospitalName(hospitalId), patient, doctor, today: calendar(now), writeTime }), now)
  }
}

const openedAddress = ({ keys }: Pick<AreaDeps, 'keys'>) => (sealed: string): ParcelAddress => JSON.parse(keys.opened(sealed)) as ParcelAddress

function orderRoutes (deps: AreaDeps, making: Making): Area['routes'] {
  const { store: { inReading }, writeInstant, keys, outside } = deps
  const reading = { inReading, writeInstant, opened: openedAddress(deps) }
  return [
    drugOrderRoutes({
      ...reading, sealed: (address) => keys.sealed(JSON.stringify(address)), mails: outside.carrier !== null, order: making(orderDrugs), cancel: making(cancelOrder), askReturn: making(askReturn)
    }),
    pharmacyRoutes({ ...reading, check: making(checkOrder), dispense: making(dispenseOrder), ship: making(shipOrder), handOver: making(handOver), decideReturn: making(decideReturn) }),
    payRoute(payRouteDeps(deps), {
      path: '/v1/drug-orders', access: 'drug_order.make', requirements: ['C12'], tag: 'drug orders', purpose: drugOrderPurposeName,
      payerOf: async (request, id) => {
        const { patientId } = await admitOrder(request, { inReading }, 'drug_order.make', id)
        return { payer: { kind: 'person', patientId }, patientIds: await inReading(({ patients }) => tiedPatientIds(patients, patientId)) }
      }
    })
  ]
}

type Telling = <Result>(work: Promise<Result>) => Promise<Result>

/** Nothing without a carrier: drugs are only picked up then. */
function parcelSide (deps: AreaDeps, tools: Tools, telling: Telling): Pick<Area, 'carryOut' | 'rules' | 'forgettable' | 'timers' | 'routes'> {
  const { store: { inTransaction }, clock, wallClock, outside: { carrier } } = deps
  if (carrier === null) return { carryOut: {}, rules: {}, forgettable: [], timers: [], routes: [] }
  const following: FollowDeps<Stores> = { inTransaction, tools, carrier, clock, opened: openedAddress(deps) }
  return {
    carryOut: { [parcelKinds.shipment]: submitShipment(following) },
    rules: { [parcelKinds.shipment]: { maxRunning: 4, inOrder: false } },
    forgettable: [parcelKinds.shipment],
    timers: [{ name: 'parcels', nextDue: (stores) => stores.parcels.nextTrackAt(), run: (dueAt) => telling(trackParcels(following, dueAt)) }],
    routes: [carrierCallbackRoutes({
      path: carrierCallbackPath,
      hear: async (headers, body) => {
        const told = carrier.readCallback(headers, body, wallClock.now())
        if (told !== null) await telling(hearCarrier(following, told))
        return told !== null
      }
    })]
  }
}
