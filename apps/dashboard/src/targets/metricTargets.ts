import type { MetricTarget } from '../api/metricTypes.ts';
import type { Target } from '../api/types.ts';

/** A target of the metrics server in the shape of the table of targets; its pool stands where the service does. */
export function asTarget(target: MetricTarget): Target {
  const scraped = Date.parse(target.lastScrape) > 0;
  return {
    service: target.scrapePool,
    url: target.scrapeUrl,
    instance: target.labels['instance'] ?? target.scrapeUrl,
    targetUuid: null,
    health: target.health,
    lastScrape: scraped ? target.lastScrape : null,
    lastScrapeDurationMs: scraped ? target.lastScrapeDuration * 1000 : null,
    lastError: target.lastError === '' ? null : target.lastError,
    labels: target.labels,
    discoveredLabels: target.discoveredLabels,
  };
}
