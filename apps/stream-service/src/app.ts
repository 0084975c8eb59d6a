import swagger from '@fastify/swagger';
import type { ServiceApp } from '@binnacle/service-kit';
import type { FastifyError } from 'fastify';
import { StreamError } from './errors.ts';
import type { Dependencies } from './routes/dependencies.ts';
import { groupRoutes } from './routes/groupRoutes.ts';
import { ingestRoutes } from './routes/ingestRoutes.ts';
import { logRoutes } from './routes/logRoutes.ts';
import { followRoutes } from './routes/followRoutes.ts';
import { timelineRoutes } from './routes/timelineRoutes.ts';
import { roshiRoutes } from './roshi/roshiRoutes.ts';

/** Adds every route of the stream-service to a Fastify application, and the description of its API. */
export async function buildApp(app: ServiceApp, deps: Dependencies): Promise<void> {
  await app.register(async (scope: ServiceApp) => {
    const parentHandler = scope.errorHandler;
    scope.setErrorHandler((error: FastifyError, request, reply) => {
      const shown =
        error.validation === undefined
          ? error
          : new StreamError('STREAM_BAD_REQUEST', error.message, { cause: error });
      if (!(shown instanceof StreamError)) return parentHandler.call(scope, error, request, reply);
      if (shown.retryAfterSeconds !== undefined) reply.header('retry-after', shown.retryAfterSeconds);
      if (shown.statusCode >= 500) request.log.error({ err: shown }, 'request failed');
      return reply.code(shown.statusCode).send({ error: { code: shown.code, message: shown.message } });
    });
    await scope.register(swagger, {
      openapi: { info: { title: 'Binnacle stream-service', version: deps.version }, tags: [] },
    });
    scope.get('/api/v1/openapi.json', { schema: { hide: true } }, async () => scope.swagger());
    ingestRoutes(scope, deps);
    logRoutes(scope, deps);
    groupRoutes(scope, deps);
    timelineRoutes(scope, deps);
    followRoutes(scope, deps);
    roshiRoutes(scope, deps);
  });
}
