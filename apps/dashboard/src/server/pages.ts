import { randomBytes } from 'node:crypto';
import { existsSync, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import fastifyStatic from '@fastify/static';
import type { ServiceApp } from '@binnacle/service-kit';
import { errors } from './errors.ts';
import { routePages } from './pageRoutes.ts';

const NONCE_PLACEHOLDER = 'BINNACLE_CSP_NONCE';
const HASHED = /^assets\//;

/**
 * Serves the built pages: files with a hash in their name for a year, the page itself never from a cache, and the page
 * for every path that is no file, since the paths are the app's own. A new build is served without a restart.
 */
export async function servePages(app: ServiceApp, folder: string): Promise<void> {
  const pageFile = join(folder, 'index.html');
  if (!existsSync(pageFile)) throw errors.notBuilt(folder);
  await app.register(fastifyStatic, { root: folder, serve: false, cacheControl: false });

  routePages(app, async (request, reply) => {
    const { '*': path = '' } = request.params as { '*'?: string };
    if (isFile(folder, path)) {
      const caching = HASHED.test(path) ? 'public, max-age=31536000, immutable' : 'no-cache';
      return reply.headers({ 'cache-control': caching, 'x-content-type-options': 'nosniff' }).sendFile(path);
    }
    if (/^(?:assets|api)(?:\/|$)/.test(path)) throw errors.noAsset(`/${path}`);
    const nonce = randomBytes(16).toString('base64');
    const page = (await readFile(pageFile, 'utf8')).replace('<base href="/"', `<base href="${app.prefix}/"`);
    return reply
      .headers(pageHeaders(nonce))
      .type('text/html; charset=utf-8')
      .send(page.replaceAll(NONCE_PLACEHOLDER, nonce));
  });
}

/** True for files that the build made for browsers; the page itself is not one, it is sent by its paths. */
function isFile(folder: string, path: string): boolean {
  const isPlain = /^[\w-]+(?:[./][\w-]+)*$/.test(path) && path !== 'index.html';
  return isPlain && statSync(join(folder, path), { throwIfNoEntry: false })?.isFile() === true;
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
