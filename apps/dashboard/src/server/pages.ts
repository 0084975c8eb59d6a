import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fastifyStatic from '@fastify/static';
import type { ServiceApp } from '@binnacle/service-kit';
import { errors } from './errors.ts';
import { routePages } from './pageRoutes.ts';

const NONCE_PLACEHOLDER = 'BINNACLE_CSP_NONCE';

/**
 * Serves the built pages: files with a hash in their name for a year, the page itself never from a cache, and the page
 * for every path that is no file, since the paths are the app's own.
 */
export async function servePages(app: ServiceApp, folder: string): Promise<void> {
  const file = join(folder, 'index.html');
  if (!existsSync(file)) throw errors.notBuilt(folder);
  const page = readFileSync(file, 'utf8').replace('<base href="/"', `<base href="${app.prefix}/"`);

  await app.register(fastifyStatic, {
    root: folder,
    wildcard: false,
    index: false,
    globIgnore: ['index.html', '.vite/**'],
    cacheControl: false,
    setHeaders: (reply, path) => {
      const hashed = path.startsWith(join(folder, 'assets'));
      reply.header('cache-control', hashed ? 'public, max-age=31536000, immutable' : 'no-cache');
      reply.header('x-content-type-options', 'nosniff');
    },
  });

  routePages(app, async (request, reply) => {
    const path = request.url.slice(app.prefix.length).split('?', 1)[0]!;
    if (/^\/(?:assets|api)(?:\/|$)/.test(path)) throw errors.noAsset(path);
    const nonce = randomBytes(16).toString('base64');
    return reply
      .headers(pageHeaders(nonce))
      .type('text/html; charset=utf-8')
      .send(page.replaceAll(NONCE_PLACEHOLDER, nonce));
  });
}

/** Nothing from elsewhere, no frames, no plug-ins; styles only from files and from our own scripts. */
function pageHeaders(nonce: string): Record<string, string> {
  const policy = [
    "default-src 'none'",
    "script-src 'self'",
    `style-src 'self' 'nonce-${nonce}'`,
    "img-src 'self' data:",
    "font-src 'self'",
    "connect-src 'self'",
    "base-uri 'self'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ];
  return {
    'content-security-policy': policy.join('; '),
    'cache-control': 'no-cache',
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
    'referrer-policy': 'same-origin',
    'cross-origin-opener-policy': 'same-origin',
    'permissions-policy': 'camera=(), geolocation=(), microphone=()',
  };
}
