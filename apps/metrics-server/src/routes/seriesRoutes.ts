import type { ServiceApp } from '@binnacle/service-kit';
import { findSeries, labelNames, labelValues, type Limited } from '../query/seriesQueries.ts';
import { ApiError } from '../errors.ts';
import type { Dependencies } from './dependencies.ts';
import { success } from './envelope.ts';
import { RequestParams } from './requestParams.ts';
import { unescapeName } from './unescapeName.ts';

/** /series, /labels, /label/:name/values, /metadata. */
export function seriesRoutes(app: ServiceApp, { storage, metadata, queries }: Dependencies): void {
  const both = ['GET', 'POST'] as ['GET', 'POST'];

  app.route({
    method: both,
    url: '/series',
    handler: async (request, reply) => {
      const params = RequestParams.of(request);
      const limit = params.limit();
      const selectors = params.matchers();
      if (selectors.length === 0) throw new ApiError('bad_data', 'no match[] parameter provided');
      const range = params.range();
      if (!queries.remoteReads.isConfigured) {
        const found = findSeries(storage, selectors, range, limit);
        return success(reply, found.items, { warnings: warningsOf(found) });
      }
      const { store, warnings } = await queries.remoteReads.storeForSelectors(selectors, range);
      const found = findSeries(store, selectors, range, limit);
      return success(reply, found.items, { warnings: [...warnings, ...warningsOf(found)] });
    },
  });

  app.delete('/series', async () => {
    throw new ApiError('bad_data', 'not implemented; use POST /api/v1/admin/tsdb/delete_series');
  });

  app.route({
    method: both,
    url: '/labels',
    handler: async (request, reply) => {
      const params = RequestParams.of(request);
      const found = labelNames(storage, params.matchers(), params.range(), params.limit());
      return success(reply, found.items, { warnings: warningsOf(found) });
    },
  });

  app.get<{ Params: { name: string } }>('/label/:name/values', async (request, reply) => {
    const params = RequestParams.of(request);
    const name = unescapeName(request.params.name);
    if (name === '') throw new ApiError('bad_data', 'invalid label name: ""');
    const found = labelValues(storage, name, params.matchers(), params.range(), params.limit());
    return success(reply, found.items, { warnings: warningsOf(found) });
  });

  app.get('/metadata', async (request, reply) => {
    const params = RequestParams.of(request);
    const perMetric = params.limit('limit_per_metric');
    return success(reply, metadata.all(params.text('metric'), params.limit(), perMetric));
  });
}

function warningsOf(found: Limited<unknown>): readonly string[] {
  return found.isCut ? ['results truncated due to limit'] : [];
}
