import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ServiceApp } from '@binnacle/service-kit';
import { routePages } from './pageRoutes.ts';

/** Serves the pages from source through Vite, with hot reload. Answers what closes it. */
export async function serveDevPages(app: ServiceApp, root: string): Promise<() => Promise<void>> {
  const { createServer } = await import('vite');
  const vite = await createServer({
    root,
    appType: 'custom',
    server: { middlewareMode: { server: app.server }, hmr: { server: app.server } },
  });
  routePages(app, async (request, reply) => {
    await new Promise<void>((resolve, reject) => {
      // Vite ends the answer of what it knows, and calls back for what it does not.
      reply.raw.once('close', resolve);
      vite.middlewares(request.raw, reply.raw, (error?: unknown) =>
        error === undefined ? resolve() : reject(error as Error),
      );
    });
    if (reply.raw.writableEnded || reply.raw.destroyed) return reply.hijack();
    const page = await vite.transformIndexHtml(request.url, await readFile(join(root, 'index.html'), 'utf8'));
    return reply.type('text/html; charset=utf-8').send(page);
  });
  return () => vite.close();
}
