import ajvCompiler from '@fastify/ajv-compiler'
import serializerCompiler from '@fastify/fast-json-stringify-compiler'
import type { FastifyServerOptions } from 'fastify'

type Factories = NonNullable<NonNullable<FastifyServerOptions['schemaController']>['compilersFactory']>

/**
 * Fastify's own compilers, at the first request of a route instead of at start: some hundred routes cost half of the
 * start, and most of them a node never serves. The first request of each waits some ms longer.
 */
export function lazySchemas (): Factories {
  const validators = ajvCompiler()
  const serializers = serializerCompiler()
  return {
    buildValidator: (schemas: never, options: never) => {
      const compile = validators(schemas, options)
      return (route: never) => lazyValidator(() => compile(route))
    },
    buildSerializer: (schemas: never, options: never) => {
      const compile = serializers(schemas, options)
      return (route: never) => {
        let serialize: ((data: unknown) => string) | undefined
        return (data: unknown) => (serialize ??= compile(route) as (data: unknown) => string)(data)
      }
    }
  } as Factories
}

interface Validate {
  (data: unknown): unknown
  /** What Fastify reads after a refusal. */
  errors?: unknown
}

function lazyValidator (compile: () => unknown): Validate {
  let validate: Validate | undefined
  const lazy: Validate = (data) => {
    validate ??= compile() as Validate
    const answer = validate(data)
    lazy.errors = validate.errors
    return answer
  }
  return lazy
}
