import type { IncomingMessage, ServerResponse } from 'node:http';

/** The path at which Periskop's convention, and every scraper of ours, looks for exceptions. */
export const EXCEPTIONS_PATH = '/-/exceptions';

/** Serves the export for `node:http`, and as a middleware for Express and its kind, where others come after. */
export type ExceptionsHandler = (
  request: IncomingMessage,
  response: ServerResponse,
  next?: (error?: unknown) => void,
) => void;

/** A handler that answers `GET /-/exceptions` with `body()`; other paths are passed on, or answered with 404. */
export function createHandler(body: () => string): ExceptionsHandler {
  return (request, response, next) => {
    if (pathOf(request).replace(/\/$/, '') !== EXCEPTIONS_PATH) {
      if (next !== undefined) next();
      else answer(response, 404, 'text/plain', `not found; exceptions are at ${EXCEPTIONS_PATH}\n`);
    } else if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.setHeader('allow', 'GET, HEAD');
      answer(response, 405, 'text/plain', 'exceptions can only be read: use GET\n');
    } else {
      response.setHeader('cache-control', 'no-store');
      answer(response, 200, 'application/json', body());
    }
  };
}

/** Express cuts the mount path off `url` and keeps the whole in `originalUrl`. */
function pathOf(request: IncomingMessage & { readonly originalUrl?: string }): string {
  return (request.originalUrl ?? request.url ?? '').replace(/[?#].*$/s, '');
}

/** `node:http` itself leaves out the body of an answer to HEAD. */
function answer(response: ServerResponse, status: number, contentType: string, body: string): void {
  response.writeHead(status, { 'content-type': contentType, 'content-length': Buffer.byteLength(body) });
  response.end(body);
}
