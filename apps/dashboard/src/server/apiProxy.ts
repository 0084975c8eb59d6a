import httpProxy from '@fastify/http-proxy';
import { NO_REQUEST_TIMEOUT, type ServiceApp } from '@binnacle/service-kit';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { errors } from './errors.ts';

/** One API behind the dashboard. */
export interface Backend {
  /** As in `exception-server`, for messages. */
  readonly name: string;
  /** Path here, as in `/api/exceptions`; the rest of the path goes on as it is. */
  readonly prefix: string;
  readonly url: string;
}

/** A backend must begin its answer within this time; a stream may then run for as long as it likes. */
const ANSWER_SECONDS = 30;
/** A stream that sends nothing, not even a heartbeat, for this long is taken for dead. */
const SILENCE_SECONDS = 120;
const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * Forwards a prefix to a backend, streams included. What changes something must not come from another site's page
 * (`Sec-Fetch-Site`), and the backend's own `/-/reload` and `/-/quit` stay out of reach.
 */
export async function proxyTo(
  app: ServiceApp,
  { name, prefix, url }: Backend,
  shutdownSignal: AbortSignal,
): Promise<void> {
  const streams = new Set<FastifyReply>();
  shutdownSignal.addEventListener('abort', () => {
    for (const reply of streams) reply.raw.destroy();
  });

  await app.register(async (scope) => {
    // The time limit of an ordinary route would cut streams; the proxy has limits of its own.
    scope.addHook('onRoute', (route) => {
      route.handlerTimeout = NO_REQUEST_TIMEOUT;
    });
    scope.addHook('onSend', async (_request, reply, payload) => {
      if (String(reply.getHeader('content-type')).startsWith('text/event-stream')) {
        streams.add(reply);
        reply.raw.once('close', () => streams.delete(reply));
      }
      return payload;
    });
    await scope.register(httpProxy, {
      prefix,
      upstream: url,
      rewritePrefix: new URL(url).pathname.replace(/\/$/, ''),
      disableCache: true,
      disableRequestLogging: true,
      undici: {
        connections: 64,
        headersTimeout: ANSWER_SECONDS * 1000,
        bodyTimeout: SILENCE_SECONDS * 1000,
      },
      preHandler: async (request: FastifyRequest) => {
        if (!SAFE_METHODS.has(request.method) && isCrossSite(request)) throw errors.crossSite();
        const path = request.url.slice(request.url.indexOf(prefix) + prefix.length);
        if (decodeURIComponentSafely(path).startsWith('/-/')) throw errors.notForwarded(path);
      },
      replyOptions: {
        retryDelay: () => null,
        rewriteRequestHeaders: (request, headers) => ({ ...headers, 'x-request-id': request.id }),
        onError: (reply, { error }) => {
          const cause = rootCause(error);
          const isTimeout = (error as { statusCode?: number }).statusCode === 504;
          void reply.send(
            isTimeout
              ? errors.backendTimeout(name, url, ANSWER_SECONDS)
              : errors.backendUnreachable({ name, prefix, url }, cause),
          );
        },
      },
    });
  });
}

function isCrossSite({ headers }: FastifyRequest): boolean {
  const site = headers['sec-fetch-site'];
  return site === 'cross-site' || site === 'same-site';
}

function decodeURIComponentSafely(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch (error) {
    if (!(error instanceof URIError)) throw error;
    return path;
  }
}

/** The code or message at the end of the chain of causes: `ECONNREFUSED`. */
function rootCause(error: unknown): string {
  let current = error as NodeJS.ErrnoException;
  while (current.cause !== undefined && current.cause !== null)
    current = current.cause as NodeJS.ErrnoException;
  return current.code ?? current.message;
}
