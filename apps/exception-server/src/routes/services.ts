import type { ServiceApp } from '@binnacle/service-kit';
import { readServices } from '../queries/services.ts';
import type { Dependencies } from './dependencies.ts';
import { isoMs, isoOrNull, windowOf } from './requests.ts';
import * as schemas from './schemas.ts';

/** Services and targets. */
export function serviceRoutes(app: ServiceApp, deps: Dependencies): void {
  const { registry, scraper, now } = deps;

  app.get(
    '/api/v1/services',
    {
      schema: {
        summary: 'Services with their totals',
        querystring: schemas.windowOnlyQuery,
        response: { 200: schemas.servicesAnswer },
      },
    },
    async ({ query }) => {
      const totals = await readServices(registry.store.db, windowOf(query, deps, 60), now());
      const names = [...new Set([...scraper.services(), ...totals.keys()])].toSorted();
      return {
        services: names.map((name) => {
          const { exceptions = 0, newExceptions = 0, count = 0, lastSeenMs } = totals.get(name) ?? {};
          const { answered, total } = scraper.coverage(name);
          const lastSeen = lastSeenMs === undefined ? null : isoMs(lastSeenMs);
          return { name, exceptions, newExceptions, count, targets: { up: answered, total }, lastSeen };
        }),
      };
    },
  );

  app.get(
    '/api/v1/targets',
    {
      schema: {
        summary: 'What is scraped, and what was discovered and is not',
        response: { 200: schemas.targetsAnswer },
      },
    },
    async () => ({
      targets: scraper.targets().map(({ source, target, targetUuid, health, ...last }) => ({
        service: source,
        url: target.url,
        instance: target.labels.get('instance') || target.address,
        targetUuid,
        health,
        lastScrape: isoOrNull(last.lastScrapeMs),
        lastScrapeDurationMs: last.lastScrapeDurationMs,
        lastError: last.lastError,
        labels: Object.fromEntries(target.labels),
        discoveredLabels: Object.fromEntries(target.discoveredLabels),
      })),
      dropped: scraper.dropped().map(({ service, dropped }) => ({
        service,
        discoveredLabels: Object.fromEntries(dropped.discoveredLabels),
        reason: dropped.reason,
      })),
      droppedTotal: scraper.droppedTotal(),
    }),
  );
}
