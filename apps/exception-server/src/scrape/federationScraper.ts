import { decodeFederation } from '../federation/decode.ts';
import type { SourceConfig } from '../config/serverConfig.ts';
import { fetchPayload } from './fetchPayload.ts';
import type { ScrapeContext } from './scrapeTarget.ts';
import type { TargetHealth } from './targetHealth.ts';

/** Pages read in one scrape; the next scrape goes on from there. */
const MAX_PAGES = 1000;

/**
 * Reads another exception-server. It tells what each of its targets has counted, so that reading it twice, from
 * two servers that scrape the same targets, or in a circle counts everything once.
 */
export class FederationScraper {
  #serverUuid = '';
  #since = 0;

  /** Reads what changed since the last time and counts what is new. Throws what went wrong. */
  async scrape(source: SourceConfig, health: TargetHealth, context: ScrapeContext): Promise<void> {
    for (let page = 0; page < MAX_PAGES; page++) {
      const startedMs = context.now();
      const url = new URL(health.target.url);
      url.searchParams.set('format', 'federation');
      url.searchParams.set('since', String(this.#since));
      if (this.#serverUuid !== '') url.searchParams.set('server', this.#serverUuid);
      const body = await fetchPayload(context.client, url.href, {
        timeoutMs: source.timeoutMs,
        bodyBytes: context.payloadLimits.bodyBytes,
        signal: context.signal,
      });
      const answer = decodeFederation(body.toString('utf8'), context.payloadLimits, startedMs, context.now());
      for (const delivery of answer.deliveries) await context.ingestor.ingest(delivery);
      if (answer.rejections.size > 0) context.onRejections(source.name, answer.rejections);
      this.#serverUuid = answer.serverUuid;
      this.#since = answer.next;
      health.identity = answer.serverUuid;
      health.targetUuid = answer.serverUuid;
      if (!answer.more) return;
    }
  }
}
