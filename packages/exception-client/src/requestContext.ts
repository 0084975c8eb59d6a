import type { IncomingHttpHeaders } from 'node:http';
import type { HttpContext } from './httpContext.ts';

/** How the adapters describe the request of an error. */
export interface RequestContextOptions {
  /** Keep the body where the framework has parsed it already. Off by default: bodies hold personal data. */
  readonly includeBody?: boolean;
}

/** What the requests of `node:http`, Express and Fastify have in common. */
export interface RequestLike {
  readonly method?: string | undefined;
  readonly url?: string | undefined;
  /** The whole URL, where a router has cut something off `url`. */
  readonly originalUrl?: string;
  readonly headers: IncomingHttpHeaders;
  readonly socket: object;
  /** The parsed body. */
  readonly body?: unknown;
}

/** The HTTP context of a request. Looks at what was parsed; never reads the request's stream. */
export function requestContext(
  request: RequestLike,
  { includeBody = false }: RequestContextOptions = {},
): HttpContext {
  const { headers, socket } = request;
  const scheme = 'encrypted' in socket && socket.encrypted === true ? 'https' : 'http';
  const host = headers.host ?? headers[':authority'];
  const path = request.originalUrl ?? request.url ?? '';
  return {
    method: request.method ?? '',
    url: path.startsWith('/') && host !== undefined ? `${scheme}://${String(host)}${path}` : path,
    headers,
    body: includeBody ? bodyText(request.body) : null,
  };
}

function bodyText(body: unknown): string | null {
  if (typeof body === 'string') return body;
  if (typeof body !== 'object' || body === null || ArrayBuffer.isView(body)) return null;
  try {
    return JSON.stringify(body);
  } catch {
    return '[the body cannot be shown as JSON]';
  }
}

/** The status that an error asks for by the convention of Express, Fastify and http-errors, or 500. */
export function errorStatus(error: unknown): number {
  const { statusCode, status } = Object(error) as { statusCode?: unknown; status?: unknown };
  const asked = statusCode ?? status;
  return typeof asked === 'number' && asked >= 400 && asked <= 599 ? asked : 500;
}
