/**
 * The import rules of docs/ARCHITECTURE.md. Each rule is proven by a planted import in test/architecture.test.ts.
 * Contexts form a chain: each may import only those to its left, and only their index.ts.
 */
const contexts = ['records', 'inbox', 'operations', 'access', 'directory', 'identity', 'visits', 'ledger', 'payments', 'pay-after-care',
  'credit-feed', 'appointments', 'vouchers', 'faces', 'vitals', 'escrow', 'dialogue', 'consultations', 'prescriptions', 'membership', 'marketplace', 'invitations', 'notifications', 'outbound', 'intake']
const adapters = ['store', 'http', 'fhir', 'fhir-client', 'mllp', 'his-views', 'queue', 'face', 'credit-bureau', 'insurance', 'credit-score', 'payments', 'statements', 'sms', 'wechat', 'push', 'logistics', 'web', 'codes', 'documents', 'calls', 'hl7v2']

const chain = contexts.map((context, place) => ({
  name: `context-order-${context}`,
  comment: 'Contexts form a chain; each imports only those to its left.',
  severity: 'error',
  from: { path: `^core/${context}/` },
  to: { path: `^core/(${contexts.slice(place + 1).filter((later) => later !== context).concat('nothing-more').join('|')})/` }
}))

module.exports = {
  forbidden: [
    { name: 'core-is-alone', severity: 'error', from: { path: '^core' }, to: { path: '^(adapters|mappings|jobs|app|test)/' } },
    { name: 'core-needs-no-package', severity: 'error', from: { path: '^core' }, to: { dependencyTypes: ['npm', 'npm-dev', 'npm-optional', 'npm-peer', 'npm-no-pkg', 'unknown'] } },
    { name: 'core-does-no-io', severity: 'error', from: { path: '^core' }, to: { dependencyTypes: ['core'], pathNot: '^(node:)?assert' } },
    { name: 'kernel-knows-no-context', severity: 'error', from: { path: '^core/[^/]+\\.ts$' }, to: { path: '^core/[^/]+/' } },
    { name: 'contexts-meet-at-the-index', severity: 'error', from: { path: '^core/([^/]+)/' }, to: { path: '^core/([^/]+)/', pathNot: ['^core/$1/', '/index\\.ts$'] } },
    ...chain,
    { name: 'outside-meets-core-at-the-index', severity: 'error', from: { path: '^(adapters|mappings|jobs|app)/' }, to: { path: '^core/[^/]+/', pathNot: '/index\\.ts$' } },
    { name: 'mappings-are-pure', severity: 'error', from: { path: '^mappings' }, to: { path: '^(adapters|jobs|app|test)/' } },
    { name: 'mappings-do-no-io', severity: 'error', from: { path: '^mappings' }, to: { dependencyTypes: ['core'], pathNot: '^(node:)?(assert|crypto)' } },
    { name: 'mappings-take-types-of-core', severity: 'error', from: { path: '^mappings' }, to: { path: '^core/', dependencyTypesNot: ['type-only'] } },
    { name: 'jobs-are-thin', severity: 'error', from: { path: '^jobs' }, to: { path: '^(adapters|mappings|app|test)/' } },
    ...adapters.map((adapter) => ({
      name: `adapters-are-strangers-${adapter}`,
      comment: 'hl7v2 is a codec that mllp may import.',
      severity: 'error',
      from: { path: `^adapters/${adapter}/` },
      to: { path: '^adapters/', pathNot: [`^adapters/${adapter}/`, ...(adapter === 'mllp' ? ['^adapters/hl7v2/'] : [])] }
    })),
    { name: 'simulators-take-wire-codecs-only', severity: 'error', from: { path: '^adapters/simulators/' }, to: { path: '^adapters/(store|http|fhir|web|queue)/' } },
    { name: 'only-app-composes', severity: 'error', from: { path: '^(core|adapters|mappings|jobs)' }, to: { path: '^app/' } },
    { name: 'only-app-imports-simulators', severity: 'error', from: { path: '^adapters/(?!simulators)' }, to: { path: '^adapters/simulators/' } },
    { name: 'no-circles', severity: 'error', from: {}, to: { circular: true } }
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default'] }
  }
}
