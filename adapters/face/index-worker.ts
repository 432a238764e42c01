/**
 * The thread that searches. It holds its own rough copy of the rows; the exact ones are shared with the main thread, which
 * scores what is found here. Messages come in order, so a search sees every row that was told before it.
 */
import { parentPort } from 'node:worker_threads'
import { searchedRows, type IndexRequest } from './search-rows.ts'
import { loadExactSearch } from './usearch.ts'

const { take, search } = searchedRows(loadExactSearch())

parentPort?.on('message', (request: IndexRequest) => {
  if (request.kind === 'search') parentPort?.postMessage(search(request))
  else take(request)
})
