import { hash } from 'node:crypto';
import type { HttpClient } from '@binnacle/service-discovery';
import { deliveryOf } from '../aggregate/delivery.ts';
import type { Ingestor } from '../aggregate/ingestor.ts';
import type { SourceConfig } from '../config/serverConfig.ts';
import { decodePayload } from '../payload/decode.ts';
import type { PayloadLimits, Rejections } from '../payload/payload.ts';
import { fetchPayload } from './fetchPayload.ts';
import { keptLabels } from './keptLabels.ts';
import type { TargetHealth } from './targetHealth.ts';

export interface ScrapeContext {
  readonly ingestor: Ingestor;
  readonly client: HttpClient;
  readonly payloadLimits: PayloadLimits;
  readonly now: () => number;
  readonly signal: AbortSignal;
  onRejections(service: string, rejections: Rejections): void;
}

/** One target of a service, scraped again and again. Remembers what it answered last, to skip an equal answer. */
export class TargetScraper {
  #lastDigest = '';
  #lastLabels: unknown;

  /** Reads the target and counts what is new. Throws what went wrong; nothing is counted then. */
  async scrape(source: SourceConfig, health: TargetHealth, context: ScrapeContext): Promise<void> {
    const { target } = health;
    const { payloadLimits, now } = context;
    const startedMs = now();
    const body = await fetchPayload(context.client, target.url, {
      timeoutMs: source.timeoutMs,
      bodyBytes: payloadLimits.bodyBytes,
      signal: context.signal,
    });
    const receivedMs = now();
    const digest = hash('sha1', body);
    const isRepeat = digest === this.#lastDigest && target.labels === this.#lastLabels;
    if (isRepeat && context.ingestor.touch(source.name, health.identity, receivedMs)) return;
    this.#lastDigest = '';
    const payload = decodePayload(textOf(body), payloadLimits, receivedMs);
    if (payload.rejections.size > 0) context.onRejections(source.name, payload.rejections);
    const delivery = deliveryOf(payload, {
      service: source.name,
      url: target.url,
      instance: target.address,
      labels: keptLabels(target.labels, source.keptLabels),
      startedMs,
      receivedMs,
      via: 'scrape',
    });
    await context.ingestor.ingest(delivery);
    health.identity = delivery.identity;
    health.targetUuid = delivery.targetUuid;
    this.#lastDigest = digest;
    this.#lastLabels = target.labels;
  }
}

function textOf(body: Buffer): string {
  const text = body.toString('utf8');
  return text.startsWith('\uFEFF') ? text.slice(1) : text;
}
