import type mssql from 'mssql'
import { DomainError } from '../../core/errors.ts'
import type { ServerOptions, ViewServer } from './view-server.ts'
import { isConnectionTrouble, troubleOf } from './trouble.ts'

/** The driver and what it needs take a third of a second to load: only where there is a server to be read. */
const loadDriver = async () => import('./driver.ts')

/** A pool that is opened when it is needed and thrown away when the connection is in trouble. */
export function viewServer (options: ServerOptions): ViewServer {
  const state: { pool: Promise<mssql.ConnectionPool> | null, readonly running: Set<mssql.Request>, isClosed: boolean } = { pool: null, running: new Set(), isClosed: false }
  const drop = async (): Promise<void> => {
    const { pool } = state
    state.pool = null
    if (pool !== null) await pool.then((open) => open.close()).catch(() => undefined)
  }
  return {
    read: async (text, bound, view) => {
      if (state.isClosed) throw new DomainError('VIEW_SERVER_UNREACHABLE', 'The source is being stopped.')
      try {
        const { openPool, run } = await loadDriver()
        state.pool ??= openPool(options)
        const request = (await state.pool).request()
        state.running.add(request)
        try {
          return await run(request, text, bound)
        } finally {
          state.running.delete(request)
        }
      } catch (error) {
        const trouble = troubleOf(error, view)
        if (isConnectionTrouble(trouble)) await drop()
        throw trouble
      }
    },
    close: async () => {
      state.isClosed = true
      for (const request of state.running) request.cancel()
      await drop()
    }
  }
}
