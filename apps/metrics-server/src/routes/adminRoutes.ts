import { randomBytes } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { ServiceApp } from '@binnacle/service-kit';
import { ApiError } from '../errors.ts';
import type { Dependencies } from './dependencies.ts';
import { success } from './envelope.ts';
import { RequestParams } from './requestParams.ts';

/** /admin/tsdb/*. */
export function adminRoutes(app: ServiceApp, { storage, flags, now }: Dependencies): void {
  const requireAdmin = async (): Promise<void> => {
    if (!flags['web.enable-admin-api']) {
      throw new ApiError('unavailable', 'admin APIs disabled; start with --web.enable-admin-api');
    }
  };
  const method = ['POST', 'PUT'] as ['POST', 'PUT'];

  app.route({
    method,
    url: '/admin/tsdb/delete_series',
    onRequest: requireAdmin,
    handler: async (request, reply) => {
      const params = RequestParams.of(request);
      const selectors = params.matchers();
      if (selectors.length === 0) throw new ApiError('bad_data', 'no match[] parameter provided');
      for (const matchers of selectors) await storage.delete(matchers, params.range());
      return reply.code(204).send();
    },
  });

  app.route({
    method,
    url: '/admin/tsdb/clean_tombstones',
    onRequest: requireAdmin,
    handler: async (_request, reply) => {
      await storage.cleanTombstones();
      return reply.code(204).send();
    },
  });

  app.route({
    method,
    url: '/admin/tsdb/snapshot',
    onRequest: requireAdmin,
    handler: async (_request, reply) => {
      const name = `${new Date(now()).toISOString().replaceAll(/[:.-]/g, '')}-${randomBytes(8).toString('hex')}`;
      const folder = join(flags['storage.tsdb.path'], 'snapshots');
      await mkdir(folder, { recursive: true });
      await storage.snapshot(join(folder, name));
      return success(reply, { name });
    },
  });
}
