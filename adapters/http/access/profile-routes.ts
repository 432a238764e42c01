import { Type, type FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { knownContactOf, profileOf, profileVersion, type OwnFacts, type PersonRecord, type ProfileEdit } from '../../../core/access/index.ts'
import { DomainError } from '../../../core/errors.ts'
import type { PatientStore } from '../../../core/identity/index.ts'
import type { RecordStore, RecordVersion } from '../../../core/records/index.ts'
import type { InTransaction } from '../../../core/unit-of-work.ts'
import { callerOf, noteAccess } from '../access.ts'
import { admitPatient } from '../admit-patient.ts'
import { transportError } from '../problem.ts'
import { ById, Id, nullable } from '../wire.ts'

export interface ProfileRoutesDeps {
  readonly inReading: InTransaction<{ readonly records: Pick<RecordStore, 'current' | 'search'>, readonly patients: PatientStore }>
  readonly recordsOf: (personId: string) => Promise<readonly PersonRecord[]>
  readonly hash: (text: string) => string
  /** Answers false, and changes nothing, where `isUnchanged` does. */
  readonly editProfile: (wanted: { readonly patientIds: readonly string[], readonly isUnchanged: (records: readonly RecordVersion[]) => boolean, readonly edit: ProfileEdit, readonly by: string }) => Promise<boolean>
}

const Text = nullable(Type.String({ maxLength: 200 }))
const Address = Type.Object({ line: Text, district: Text, city: Text, province: Text, postalCode: Text }, { additionalProperties: false })
const Contact = Type.Object({ name: Type.String({ minLength: 1, maxLength: 200 }), phone: Type.String({ minLength: 5, maxLength: 30 }), relation: Text }, { additionalProperties: false })
const Documents = Type.Array(Type.Object({ type: nullable(Type.String()), number: Type.String({ description: 'masked' }) }))
const ownFacts = { phones: Type.Array(Type.String()), email: nullable(Type.String()), address: nullable(Address), preferredLanguage: nullable(Type.String()), emergencyContact: nullable(Contact) }
const identity = { name: nullable(Type.String()), sex: nullable(Type.String()), birthDate: nullable(Type.String()), documents: Documents }
const KnownContact = Type.Object({ hospitalId: nullable(Type.String()), name: nullable(Type.String()), relation: nullable(Type.String()), phones: Type.Array(Type.String()) })
const ProfileBody = Type.Object({
  personId: Id,
  ...identity,
  ...ownFacts,
  contacts: Type.Array(KnownContact, { description: 'relatives and guardians, as the hospitals named them' }),
  records: Type.Array(Type.Object({ patientId: Id, hospitalId: nullable(Type.String()), active: Type.Boolean(), ...identity, ...ownFacts }), { description: 'which hospital says what' })
})
const optionalText = Type.Optional(Text)
/** The facts of identity are taken in to be refused with a reason. */
const Edit = Type.Object({
  phones: Type.Optional(Type.Array(Type.String({ minLength: 5, maxLength: 30 }), { maxItems: 5 })),
  email: Type.Optional(nullable(Type.String({ format: 'email', maxLength: 200 }))),
  address: Type.Optional(nullable(Type.Object({ line: optionalText, district: optionalText, city: optionalText, province: optionalText, postalCode: optionalText }, { additionalProperties: false }))),
  preferredLanguage: Type.Optional(nullable(Type.String({ pattern: '^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$', maxLength: 35, description: 'BCP 47' }))),
  emergencyContact: Type.Optional(nullable(Type.Object({ name: Contact.properties.name, phone: Contact.properties.phone, relation: optionalText }, { additionalProperties: false }))),
  name: Type.Optional(Type.Unknown()),
  sex: Type.Optional(Type.Unknown()),
  gender: Type.Optional(Type.Unknown()),
  birthDate: Type.Optional(Type.Unknown()),
  documents: Type.Optional(Type.Unknown())
}, { additionalProperties: false, minProperties: 1 })
const fixedFacts = ['name', 'sex', 'gender', 'birthDate', 'documents'] as const
const IfMatch = Type.Object({ 'if-match': Type.String({ maxLength: 200, description: 'ETag of the profile that was read' }) })
const common = { tags: ['access'], 'x-requirements': ['M16', 'K-11'] }

/** 个人资料: patients see and edit how they are reached; guardians the same of their wards. */
export function profileRoutes (deps: ProfileRoutesDeps): FastifyPluginAsyncTypebox {
  const tagOf = (records: readonly RecordVersion[]): string => `"${deps.hash(profileVersion(records)).slice(0, 32)}"`

  const show = async (reply: FastifyReply, { personId, ids }: Person) => {
    const { records, related } = await deps.inReading(async ({ records }) => ({
      records: await records.current(ids.map((id) => ({ type: 'Patient', id }))),
      related: (await records.search({ type: 'RelatedPerson', clauses: [], patientIds: ids, hospitalId: null, sort: [], limit: 50, offset: 0 })).records
    }))
    void reply.header('etag', tagOf(records)).header('cache-control', 'no-store')
    return { personId, ...summaryOf(personId, records), contacts: related.map(knownContactOf).map((contact) => ({ ...contact, phones: [...contact.phones] })) }
  }

  const change = async (request: FastifyRequest, { ids }: Person, given: Given): Promise<void> => {
    const fixed = fixedFacts.find((fact) => given[fact] !== undefined)
    if (fixed !== undefined) throw new DomainError('PROFILE_FACT_FIXED', 'Name, sex, birth date and documents are changed at the hospital\'s desk with your papers, not here.', fixed)
    const asked = request.headers['if-match']
    const isDone = await deps.editProfile({ patientIds: ids, edit: editOf(given), by: `profile:${callerOf(request).principal.tokenId}`, isUnchanged: (records) => asked === tagOf(records) })
    if (!isDone) throw transportError('PRECONDITION_FAILED', 'The profile was changed in between. Read it again and repeat.')
  }

  const ownPerson = async (request: FastifyRequest): Promise<Person> => {
    const { personId } = callerOf(request).principal
    if (personId === null) throw new DomainError('PATIENT_NOT_FOUND', 'This account is not tied to a patient yet. Tie it with POST /v1/me/bindings.')
    const person = { personId, ids: (await deps.recordsOf(personId)).map(({ id }) => id) }
    for (const id of person.ids) noteAccess(request, { target: 'profile', targetId: id, patientId: id, outcome: 'allowed' })
    return person
  }

  const personOf = async (request: FastifyRequest, id: string, permission: 'profile.read' | 'profile.write'): Promise<Person> => {
    const { patient, tied } = await deps.inReading(({ patients }) => admitPatient(request, permission, patients, id))
    return { personId: patient.personId, ids: tied.map((one) => one.id) }
  }

  return async (server) => {
    server.get('/v1/me/profile', {
      config: { access: 'profile.read' },
      schema: { ...common, summary: 'Own profile, from all hospitals that know the person', response: { 200: ProfileBody } }
    }, async (request, reply) => show(reply, await ownPerson(request)))

    server.patch('/v1/me/profile', {
      config: { access: 'profile.write' },
      schema: { ...common, summary: 'Changes how the person is reached; goes out to every hospital that knows the person', headers: IfMatch, body: Edit, response: { 200: ProfileBody } }
    }, async (request, reply) => {
      const person = await ownPerson(request)
      await change(request, person, request.body)
      return await show(reply, person)
    })

    server.get('/v1/patients/:id/profile', {
      config: { access: 'profile.read' },
      schema: { ...common, summary: 'The profile of a ward, or the own one', params: ById, response: { 200: ProfileBody } }
    }, async (request, reply) => show(reply, await personOf(request, request.params.id, 'profile.read')))

    server.patch('/v1/patients/:id/profile', {
      config: { access: 'profile.write' },
      schema: { ...common, summary: 'Changes how a ward is reached', params: ById, headers: IfMatch, body: Edit, response: { 200: ProfileBody } }
    }, async (request, reply) => {
      const person = await personOf(request, request.params.id, 'profile.write')
      await change(request, person, request.body)
      return await show(reply, person)
    })
  }
}

interface Person {
  readonly personId: string
  readonly ids: readonly string[]
}

type Optional<Whole> = { readonly [Member in keyof Whole]?: Whole[Member] | undefined }
type Given = Omit<Optional<OwnFacts>, 'address' | 'emergencyContact'> & Partial<Readonly<Record<typeof fixedFacts[number], unknown>>> & {
  readonly address?: Optional<NonNullable<OwnFacts['address']>> | null
  readonly emergencyContact?: { readonly name: string, readonly phone: string, readonly relation?: string | null } | null
}

function editOf ({ phones, email, address, preferredLanguage, emergencyContact }: Given): ProfileEdit {
  return {
    ...(phones === undefined ? {} : { phones }),
    ...(email === undefined ? {} : { email }),
    ...(address === undefined ? {} : { address: address === null ? null : { ...nowhere, ...defined(address) } }),
    ...(preferredLanguage === undefined ? {} : { preferredLanguage }),
    ...(emergencyContact === undefined ? {} : { emergencyContact: emergencyContact === null ? null : { ...emergencyContact, relation: emergencyContact.relation ?? null } })
  }
}

const nowhere: NonNullable<OwnFacts['address']> = { line: null, district: null, city: null, province: null, postalCode: null }

function defined<Whole> (part: Optional<Whole>): Partial<Whole> {
  return Object.fromEntries(Object.entries(part).filter(([, value]) => value !== undefined)) as Partial<Whole>
}

const nothingKnown = { name: null, sex: null, birthDate: null, documents: [], phones: [], email: null, address: null, preferredLanguage: null, emergencyContact: null }

/** Identity as the record that stands for the person says it; how to be reached, as was said last. */
function summaryOf (personId: string, records: readonly RecordVersion[]) {
  const active = records.map((record) => ({ record, profile: wireOf(record) })).filter(({ profile }) => profile.active)
  const [newest] = [...active].sort((one, other) => other.record.lastUpdated.getTime() - one.record.lastUpdated.getTime())
  const standing = active.find(({ profile }) => profile.patientId === personId) ?? newest
  const { name, sex, birthDate, documents } = standing?.profile ?? nothingKnown
  const { phones, email, address, preferredLanguage, emergencyContact } = newest?.profile ?? nothingKnown
  return { name, sex, birthDate, documents, phones, email, address, preferredLanguage, emergencyContact, records: records.map(wireOf) }
}

function wireOf (record: RecordVersion) {
  const profile = profileOf(record)
  return { ...profile, documents: [...profile.documents], phones: [...profile.phones] }
}
