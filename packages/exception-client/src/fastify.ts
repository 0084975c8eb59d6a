import type { ServerResponse } from 'node:http';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { EXCEPTIONS_PATH } from './handler.ts';
import type { ExceptionCollector } from './nodeCollector.ts';
import { errorStatus, requestContext, type RequestContextOptions } from './requestContext.ts';

/** Options of the plugin. */
export interface ExceptionPluginOptions extends RequestContextOptions {
  readonly collector: ExceptionCollector;
}

/**
 * Fastify plugin: reports every error that a request ends with at status 500 or above, with its HTTP context, and
 * serves `/-/exceptions`. It works for the whole application, also beside the application's own error handler.
 */
export async function exceptionPlugin(app: FastifyInstance, options: ExceptionPluginOptions): Promise<void> {
  const { collector } = options;
  const pending = new WeakMap<ServerResponse, unknown>();

  const decide = (request: FastifyRequest, response: ServerResponse, status: number): void => {
    if (!pending.has(response)) return;
    const error = pending.get(response);
    pending.delete(response);
    if (status >= 500) collector.report(error, { http: requestContext(request, options) });
  };

  // The status is known only after onError: the application's own error handler may choose it.
  app.addHook('onError', async (request, { raw: response }, error) => {
    pending.set(response, error);
    // The answer to a client that has gone is never sent, so there is no onResponse to wait for.
    const gone = (): void => {
      if (!response.writableFinished) decide(request, response, errorStatus(error));
    };
    if (response.closed) gone();
    else response.once('close', gone);
  });
  app.addHook('onResponse', async (request, reply) => decide(request, reply.raw, reply.statusCode));

  app.get(EXCEPTIONS_PATH, async (_request, reply) => {
    reply.header('cache-control', 'no-store').type('application/json');
    return JSON.stringify(collector.export());
  });
}

// What fastify-plugin would do: hooks and the route belong to the application, not to a scope of the plugin.
Object.assign(exceptionPlugin, {
  [Symbol.for('skip-override')]: true,
  [Symbol.for('fastify.display-name')]: '@binnacle/exception-client',
});
