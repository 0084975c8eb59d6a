import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { ExceptionCollector } from './nodeCollector.ts';
import { errorStatus, requestContext, type RequestContextOptions } from './requestContext.ts';

/** An Express error middleware. */
export type ExpressErrorHandler = (
  error: unknown,
  request: IncomingMessage,
  response: ServerResponse,
  next: (error?: unknown) => void,
) => void;

/**
 * Express middleware, to be used after all routes and before the application's own error handler: reports
 * errors that mean a status of 500 or above, and passes every error on.
 */
export function expressErrorHandler(
  collector: ExceptionCollector,
  options?: RequestContextOptions,
): ExpressErrorHandler {
  return (error, request, _response, next) => {
    if (errorStatus(error) >= 500) collector.report(error, { http: requestContext(request, options) });
    next(error);
  };
}

/**
 * A listener for `http.createServer` that serves `/-/exceptions` and otherwise calls `listener`. What that throws,
 * or rejects with, is reported and answered with 500, where an answer has not begun.
 */
export function withExceptions(
  collector: ExceptionCollector,
  listener: (request: IncomingMessage, response: ServerResponse) => unknown,
  options?: RequestContextOptions,
): RequestListener {
  return (request, response) => {
    const call = async (): Promise<void> => {
      try {
        await listener(request, response);
      } catch (error) {
        collector.report(error, { http: requestContext(request, options) });
        if (response.headersSent) response.destroy();
        else response.writeHead(500, { 'content-type': 'text/plain' }).end('Internal Server Error\n');
      }
    };
    collector.handler(request, response, () => void call());
  };
}
