import swagger from '@fastify/swagger';
import type { ServiceApp } from '@binnacle/service-kit';
import type { FastifyError } from 'fastify';
import { ExceptionServerError } from './errors.ts';
import { actionRoutes } from './routes/actions.ts';
import { changeRoutes } from './routes/changes.ts';
import type { Dependencies } from './routes/dependencies.ts';
import { exceptionRoutes } from './routes/exceptions.ts';
import { federationRoutes } from './routes/federation.ts';
import { periskopRoutes } from './routes/periskop.ts';
import { pushRoutes } from './routes/push.ts';
import { serviceRoutes } from './routes/services.ts';

/** Adds every route of the exception-server to a Fastify application, and the description of its API. */
export async function buildApp(app: ServiceApp, deps: Dependencies): Promise<void> {
  await app.register(async (scope: ServiceApp) => {
    const parentHandler = scope.errorHandler;
    scope.setErrorHandler((error: FastifyError, request, reply) => {
      if (error.validation !== undefined) throw badRequest(error);
      if (error instanceof ExceptionServerError) {
        return reply.code(error.statusCode).send({ error: { code: error.code, message: error.message } });
      }
      return parentHandler.call(scope, error, request, reply);
    });
    await scope.register(swagger, {
      openapi: {
        info: { title: 'Binnacle exception-server', version: deps.version },
        tags: [],
      },
    });
    scope.get('/api/v1/openapi.json', { schema: { hide: true } }, async () => scope.swagger());
    exceptionRoutes(scope, deps);
    actionRoutes(scope, deps);
    serviceRoutes(scope, deps);
    pushRoutes(scope, deps);
    changeRoutes(scope, deps);
    federationRoutes(scope, deps);
    periskopRoutes(scope, deps);
  });
}

function badRequest(error: FastifyError): ExceptionServerError {
  return new ExceptionServerError('EXCEPTIONS_BAD_REQUEST', error.message, { cause: error });
}
