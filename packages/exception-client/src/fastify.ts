import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { ServerResponse } from 'node:http';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
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
  const undecided = new WeakMap<ServerResponse, unknown>();
  const decided = new WeakSet<ServerResponse>();

  const decide = (
    request: FastifyRequest,
    response: ServerResponse,
    error: unknown,
    status: number,
  ): void => {
    if (decided.has(response)) return;
    decided.add(response);
    if (status < 500) return;
    collector.report(error, { http: requestContext(request, options) });
  };

  // Fastify calls onError only when the error itself is sent. An error handler that sends something else is why
  // errors are also taken from Fastify's diagnostics channel, to be judged by the status that was sent in the end.
  const noted = (message: unknown): void => {
    const { request, reply, error } = message as HandlerError;
    const response = reply.raw;
    if (undecided.has(response)) return;
    undecided.set(response, error);
    const end = (): void =>
      decide(request, response, error, response.headersSent ? response.statusCode : errorStatus(error));
    if (response.destroyed) end();
    else response.once('close', end);
  };
  subscribe(HANDLER_ERRORS, noted);
  app.addHook('onClose', async () => void unsubscribe(HANDLER_ERRORS, noted));

  app.addHook('onError', async (request, reply, error) =>
    decide(request, reply.raw, error, reply.statusCode),
  );
  app.addHook('onResponse', async (request, reply) => {
    if (undecided.has(reply.raw)) decide(request, reply.raw, undecided.get(reply.raw), reply.statusCode);
  });

  app.get(EXCEPTIONS_PATH, async (_request, reply) => {
    reply.header('cache-control', 'no-store').type('application/json');
    return JSON.stringify(collector.export());
  });
}

const HANDLER_ERRORS = 'tracing:fastify.request.handler:error';

interface HandlerError {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly error: unknown;
}

// What fastify-plugin would do: hooks and the route belong to the application, not to a scope of the plugin.
Object.assign(exceptionPlugin, {
  [Symbol.for('skip-override')]: true,
  [Symbol.for('fastify.display-name')]: '@binnacle/exception-client',
});
