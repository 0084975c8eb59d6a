import type { IncomingMessage, ServerResponse } from 'node:http';
import type { HttpMetrics } from './httpMetrics.ts';

type HttpHandler = (request: IncomingMessage, response: ServerResponse) => void;
type Middleware = (request: IncomingMessage, response: ServerResponse, next: () => void) => void;

export interface HttpInstrumentOptions {
  /** The pattern of the route that a request met, for instance `/users/:id`; undefined where there is none. */
  readonly route?: (request: IncomingMessage) => string | undefined;
}

/** Wraps a handler of `node:http` so that its requests are timed. Without `route` all share one route label. */
export function instrumentHttp(
  metrics: { readonly http: HttpMetrics },
  handler: HttpHandler,
  options: HttpInstrumentOptions = {},
): HttpHandler {
  const { route = () => undefined } = options;
  return (request, response) => {
    metrics.http.track(request, response, () => route(request));
    handler(request, response);
  };
}

/**
 * Middleware for Express, and for anything with its signature, that times requests. Use it before any router. The
 * route label is the pattern of the matched route, with the path under which its router is mounted.
 */
export function metricsMiddleware(
  metrics: { readonly http: HttpMetrics },
  options: HttpInstrumentOptions = {},
): Middleware {
  return (request, response, next) => {
    const routeOf = options.route ?? watchExpressRoute(request);
    metrics.http.track(request, response, () => routeOf(request));
    next();
  };
}

/** What Express adds to a request. */
interface ExpressRequest {
  baseUrl?: string;
  route?: { readonly path: unknown };
}

/**
 * Express forgets the mount path (`baseUrl`) before an error handler answers, so it is read at the moment the router
 * sets `route`.
 */
function watchExpressRoute(request: IncomingMessage): () => string | undefined {
  const express = request as ExpressRequest;
  let route = express.route;
  let pattern: string | undefined;
  Object.defineProperty(express, 'route', {
    configurable: true,
    enumerable: true,
    get: () => route,
    set: (value: ExpressRequest['route']) => {
      route = value;
      pattern = value === undefined ? undefined : `${express.baseUrl ?? ''}${String(value.path)}`;
    },
  });
  return () => pattern;
}
