import { AnchoredRegex } from '@binnacle/model';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { HttpError } from '../errors.ts';
import { CheckQueueFullError } from '../webConfig/checkQueue.ts';
import type { Credentials, Principal } from '../webConfig/credentials.ts';
import type { WebConfig } from '../webConfig/loadWebConfig.ts';
import type { ServiceApp } from '../serviceDefinition.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Who sent the request; undefined when the web configuration names nobody. */
    principal: Principal | undefined;
  }
}

export interface AccessControlOptions {
  readonly webConfig: () => WebConfig;
  /** Anchored regular expression of allowed origins; empty allows none. */
  readonly corsOrigin: string;
  readonly countRefused: (reason: 'rate_limit' | 'authentication') => void;
}

/** What every request passes before its route: configured headers, CORS, rate limit, authentication. */
export function accessControl(app: ServiceApp, options: AccessControlOptions): void {
  const { webConfig, countRefused } = options;
  const cors = options.corsOrigin === '' ? undefined : new AnchoredRegex(options.corsOrigin);
  app.decorateRequest('principal', undefined);
  app.addHook('onRequest', (request, reply, done) => {
    const { headers, rateLimit } = webConfig();
    reply.headers(headers);
    if (cors !== undefined && allowOrigin(cors, options.corsOrigin, request, reply)) return;
    if (rateLimit.take()) done();
    else {
      countRefused('rate_limit');
      done(new HttpError(429, 'RATE_LIMITED', 'too many requests; try again later'));
    }
  });
  app.addHook('onRequest', (request, reply, done) => {
    const { credentials } = webConfig();
    if (credentials.isEmpty) done();
    else void authenticate(request, reply, credentials, countRefused, done);
  });
}

/** Goes on to `done` with 401 for a stranger, and with 429 when too many sign in at once. */
async function authenticate(
  request: FastifyRequest,
  reply: FastifyReply,
  credentials: Credentials,
  countRefused: AccessControlOptions['countRefused'],
  done: (refused?: Error) => void,
): Promise<void> {
  let refused: Error | undefined;
  try {
    request.principal = await principalOf(request, credentials, countRefused);
    if (request.principal === undefined) {
      countRefused('authentication');
      reply.header('www-authenticate', credentials.challenges);
      refused = new HttpError(
        401,
        'UNAUTHENTICATED',
        'send the name and password, or the token, of a known user',
      );
    }
  } catch (error) {
    refused = error as Error;
  }
  done(refused);
}

async function principalOf(
  request: FastifyRequest,
  credentials: Credentials,
  countRefused: AccessControlOptions['countRefused'],
): Promise<Principal | undefined> {
  try {
    return await credentials.check(request.headers.authorization);
  } catch (error) {
    if (!(error instanceof CheckQueueFullError)) throw error;
    countRefused('authentication');
    throw new HttpError(429, error.code, 'too many attempts to sign in; try again later');
  }
}

/** Sets the CORS headers of an allowed origin. True when a preflight has been answered by it. */
function allowOrigin(
  allowed: AnchoredRegex,
  pattern: string,
  request: FastifyRequest,
  reply: FastifyReply,
): boolean {
  const { origin } = request.headers;
  if (origin === undefined) return false;
  reply.header('vary', 'Origin');
  if (!allowed.test(origin)) return false;
  reply.headers({
    'access-control-allow-origin': pattern === '.*' ? '*' : origin,
    'access-control-allow-methods': 'GET, POST, PUT, PATCH, DELETE, OPTIONS',
    'access-control-allow-headers':
      'Accept, Authorization, Content-Type, Last-Event-ID, Origin, X-Request-Id',
    'access-control-expose-headers': 'Date, X-Request-Id',
  });
  if (request.method !== 'OPTIONS' || request.headers['access-control-request-method'] === undefined) {
    return false;
  }
  reply.code(204).send();
  return true;
}
