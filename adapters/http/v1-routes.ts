import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { auditRoutes, type AuditRoutesDeps } from './access/audit-routes.ts'
import { destinationRoutes, type DestinationRoutesDeps } from './operations/destination-routes.ts'
import { directoryRoutes, type DirectoryRoutesDeps } from './directory/directory-routes.ts'
import { identityRoutes, type IdentityRoutesDeps } from './identity/identity-routes.ts'
import { ledgerRoutes, type LedgerRoutesDeps } from './ledger/ledger-routes.ts'
import { mappingRoutes, type MappingRoutesDeps } from './operations/mapping-routes.ts'
import { meRoutes } from './access/me-routes.ts'
import { messageRoutes, type MessageRoutesDeps } from './operations/message-routes.ts'
import { queueRoutes, type QueueRoutesDeps } from './operations/queue-routes.ts'
import { operationsRoutes, type OperationsRoutesDeps } from './operations/operations-routes.ts'
import { unmappedCodeRoutes, type UnmappedCodeRoutesDeps } from './operations/unmapped-code-routes.ts'
import { viewRoutes, type ViewRoutesDeps } from './operations/view-routes.ts'
import { visitRoutes, type VisitRoutesDeps } from './visits/visit-routes.ts'

export type V1Deps = IdentityRoutesDeps & VisitRoutesDeps & LedgerRoutesDeps & DirectoryRoutesDeps & MessageRoutesDeps & OperationsRoutesDeps & ViewRoutesDeps & QueueRoutesDeps & DestinationRoutesDeps & MappingRoutesDeps & UnmappedCodeRoutesDeps & AuditRoutesDeps

/** REST, one plugin a context. Every route is named here or one step below; nothing is found by itself. */
export function v1Routes (deps: V1Deps): FastifyPluginAsyncTypebox {
  return async (server) => {
    await server.register(meRoutes)
    await server.register(identityRoutes(deps))
    await server.register(visitRoutes(deps))
    await server.register(ledgerRoutes(deps))
    await server.register(directoryRoutes(deps))
    await server.register(messageRoutes(deps))
    await server.register(operationsRoutes(deps))
    await server.register(viewRoutes(deps))
    await server.register(queueRoutes(deps))
    await server.register(destinationRoutes(deps))
    await server.register(mappingRoutes(deps))
    await server.register(unmappedCodeRoutes(deps))
    await server.register(auditRoutes(deps))
  }
}
