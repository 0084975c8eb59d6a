import type { ServiceApp } from '@binnacle/service-kit';
import type { Fingerprint } from '../aggregate/fingerprint.ts';
import { ExceptionServerError } from '../errors.ts';
import { readActivity, readInstances, readSamples, readSeries, readVersions } from '../queries/detail.ts';
import { readFacets } from '../queries/facets.ts';
import { listExceptions, windowCounts } from '../queries/list.ts';
import type { Dependencies } from './dependencies.ts';
import { presentSample, presentSummary } from './present.ts';
import { filterOf, isoMs, isoSeconds, windowOf } from './requests.ts';
import * as schemas from './schemas.ts';

const LIST_BUCKETS = 60;
const SERIES_BUCKETS = 1000;

/** Reading exceptions: the list, its facets, one exception and its counts over time. */
export function exceptionRoutes(app: ServiceApp, deps: Dependencies): void {
  const { registry, scraper, now, config } = deps;
  const { db } = registry.store;

  app.get(
    '/api/v1/exceptions',
    {
      schema: {
        summary: 'Search exceptions',
        querystring: schemas.listQuery,
        response: { 200: schemas.listAnswer },
      },
    },
    async ({ query }) => {
      const window = windowOf(query, deps, LIST_BUCKETS);
      const { sort = '-lastSeen', limit = 100, cursor } = query;
      const nowMs = now();
      const page = await listExceptions(db, { filter: filterOf(query), window, sort, limit, cursor, nowMs });
      return {
        items: page.items.map(({ fingerprint, counts }) =>
          presentSummary(fingerprint, counts, scraper.coverage(fingerprint.service), nowMs),
        ),
        nextCursor: page.nextCursor,
        total: page.total,
        window: { from: isoSeconds(window.from), to: isoSeconds(window.to), stepSeconds: window.stepSeconds },
      };
    },
  );

  app.get(
    '/api/v1/facets',
    {
      schema: {
        summary: 'Count exceptions by value',
        querystring: schemas.facetQuery,
        response: { 200: schemas.facetsAnswer },
      },
    },
    async ({ query }) => readFacets(db, filterOf(query), now()),
  );

  app.get(
    '/api/v1/exceptions/:id',
    {
      schema: {
        summary: 'One exception with its samples, versions, instances and history',
        params: schemas.idParams,
        querystring: schemas.windowOnlyQuery,
        response: { 200: schemas.exceptionDetail },
      },
    },
    async ({ params, query }) => {
      const fingerprint = find(deps, params.id);
      const window = windowOf(query, deps, LIST_BUCKETS);
      const counts = await windowCounts(db, [fingerprint.id], window);
      const samples = await readSamples(db, [fingerprint.id], config().ingestLimits.samplesPerException);
      const versions = await readVersions(db, fingerprint.id);
      const instances = await readInstances(db, fingerprint.id);
      const activity = await readActivity(db, fingerprint.id);
      const nowMs = now();
      return {
        ...presentSummary(fingerprint, counts(fingerprint.id), scraper.coverage(fingerprint.service), nowMs),
        createdAt: isoMs(fingerprint.createdMs),
        samples: samples.get(fingerprint.id)!.map(presentSample),
        byVersion: versions.map(({ version, first_seen, last_seen, total }) => ({
          version,
          firstSeen: isoMs(first_seen),
          lastSeen: isoMs(last_seen),
          totalCount: total,
        })),
        byInstance: instances.map(({ identity, instance, targetUuid, lastSeenMs, total }) => ({
          instance,
          targetUuid,
          lastSeen: isoMs(lastSeenMs),
          totalCount: total,
          up: isUp(deps, fingerprint.service, identity, nowMs),
        })),
        activity: activity.map(({ at, action, by, detail }) => ({ at: isoMs(at), action, by, detail })),
      };
    },
  );

  app.get(
    '/api/v1/exceptions/:id/series',
    {
      schema: {
        summary: 'Counts of one exception over time',
        params: schemas.idParams,
        querystring: schemas.seriesQuery,
        response: { 200: schemas.seriesAnswer },
      },
    },
    async ({ params, query }) => {
      const fingerprint = find(deps, params.id);
      const byVersion = query.by === 'version';
      const window = windowOf(query, deps, query.stepSeconds === undefined ? LIST_BUCKETS : SERIES_BUCKETS);
      const series = await readSeries(db, fingerprint.id, window, byVersion);
      return {
        from: isoSeconds(window.from),
        stepSeconds: window.stepSeconds,
        series: [...series].map(([version, counts]) => ({ labels: byVersion ? { version } : {}, counts })),
      };
    },
  );
}

/** An exception by its public id. Throws EXCEPTIONS_NOT_FOUND. */
function find({ registry }: Dependencies, publicId: string): Fingerprint {
  const fingerprint = registry.find(publicId);
  if (fingerprint !== undefined && fingerprint.state !== 'expired') return fingerprint;
  throw new ExceptionServerError('EXCEPTIONS_NOT_FOUND', `there is no exception ${publicId}`);
}

/** A process is up while it was heard within a few intervals, by scrape or push. */
function isUp({ registry, config }: Dependencies, service: string, identity: string, nowMs: number): boolean {
  const target = registry.services.get(service)?.targets.get(identity);
  const source = config().sources.find(({ kind, name }) => kind === 'service' && name === service);
  const patienceMs = Math.max(60_000, 2.5 * (source?.intervalMs ?? 30_000));
  return target !== undefined && nowMs - target.lastSuccessMs <= patienceMs;
}
