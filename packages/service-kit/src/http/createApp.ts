import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { ServerOptions as TlsServerOptions } from 'node:https';
import { fastify, LogController, type FastifyInstance } from 'fastify';
import type { Logger } from 'pino';
import type { CommonFlagValues } from '../flags/commonFlags.ts';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { Telemetry } from '../telemetry.ts';
import { defaultErrorBody, errorHandler } from './errorReply.ts';
import type { ServiceApp } from '../serviceDefinition.ts';

/** Handler timeout of a route that streams for as long as the client listens: 24 days. */
export const NO_REQUEST_TIMEOUT = 2 ** 31 - 1;

const MAX_HEADER_BYTES = 64 * 1024;
const MAX_PARAM_LENGTH = 4096;
const MAX_TIMER_MS = 2 ** 31 - 1;

export interface AppOptions {
  readonly flags: CommonFlagValues;
  readonly log: Logger;
  readonly tls: TlsServerOptions | undefined;
  readonly telemetry: Telemetry;
}

/** Fastify with the limits, timeouts, request ids and error answers of every server. */
export function createApp({ flags, log, tls, telemetry }: AppOptions): ServiceApp {
  const readTimeoutMs = Math.min(flags['web.read-timeout'], MAX_TIMER_MS);
  const limits = {
    maxHeaderSize: MAX_HEADER_BYTES,
    headersTimeout: readTimeoutMs,
    connectionsCheckingInterval:
      readTimeoutMs === 0 ? 30_000 : Math.min(30_000, Math.max(100, readTimeoutMs / 4)),
  };
  const handleError = errorHandler(telemetry);
  const options = {
    loggerInstance: log,
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: 'requestId' }),
    bodyLimit: flags['web.max-request-size'],
    requestTimeout: readTimeoutMs,
    keepAliveTimeout: readTimeoutMs,
    return503OnClosing: false,
    forceCloseConnections: 'idle' as const,
    routerOptions: { maxParamLength: MAX_PARAM_LENGTH },
    ajv: { customOptions: { removeAdditional: false } },
    genReqId: requestId,
    clientErrorHandler,
    frameworkErrors: handleError,
    ...(tls === undefined ? { http: limits } : { https: { ...limits, ...tls } }),
  };
  const app = fastify(options as object) as unknown as FastifyInstance;
  app.setErrorHandler(handleError);
  app.setNotFoundHandler((request, reply) => {
    const message = `no route ${request.method} ${request.url.split('?', 1)[0]}`;
    return reply.code(404).send(defaultErrorBody({ statusCode: 404, code: 'NOT_FOUND', message }));
  });
  app.addHook('onRequest', (request, reply, done) => {
    reply.header('x-request-id', request.id);
    done();
  });
  app.addHook('onResponse', (request, reply, done) => {
    if (log.isLevelEnabled('debug')) {
      const { method, url } = request;
      const durationMs = Math.round(reply.elapsedTime);
      request.log.debug({ method, url, statusCode: reply.statusCode, durationMs }, 'request');
    }
    done();
  });
  return app.withTypeProvider<TypeBoxTypeProvider>();
}

/** A caller's own id is kept when it is short and harmless, so that one id follows a call through services. */
function requestId(request: IncomingMessage): string {
  const given = request.headers['x-request-id'];
  return typeof given === 'string' && /^[\w.:-]{1,64}$/.test(given) ? given : randomUUID();
}

/** Answers what is not HTTP, or too large or slow to become a request. */
function clientErrorHandler(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const [status, code, message] = CLIENT_ERRORS[error.code ?? ''] ?? NOT_HTTP;
  const body = JSON.stringify(defaultErrorBody({ statusCode: Number.parseInt(status), code, message }));
  socket.end(
    `HTTP/1.1 ${status}\r\nContent-Type: application/json\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  );
}

const NOT_HTTP = ['400 Bad Request', 'BAD_REQUEST', 'this is not a valid HTTP request'] as const;
const CLIENT_ERRORS: Readonly<Record<string, readonly [string, string, string]>> = {
  ERR_HTTP_REQUEST_TIMEOUT: [
    '408 Request Timeout',
    'TIMEOUT',
    'the request took longer to arrive than --web.read-timeout allows',
  ],
  HPE_HEADER_OVERFLOW: [
    '431 Request Header Fields Too Large',
    'HEADERS_TOO_LARGE',
    `the headers are larger than ${MAX_HEADER_BYTES} bytes`,
  ],
};
