import type { Delivery } from '../aggregate/serviceState.ts';
import { ExceptionServerError } from '../errors.ts';
import { decodeExport, parseJson } from '../payload/decode.ts';
import type { Aggregate, PayloadLimits, Rejections } from '../payload/payload.ts';
import type { FederationAnswer, FederationService, FederationTarget } from './format.ts';

export interface DecodedFederation {
  readonly serverUuid: string;
  readonly next: number;
  readonly more: boolean;
  readonly deliveries: Delivery[];
  readonly rejections: Rejections;
}

/** Decodes what another server says of its targets. Throws EXCEPTIONS_BAD_PAYLOAD where it is not such an answer. */
export function decodeFederation(
  text: string,
  limits: PayloadLimits,
  startedMs: number,
  receivedMs: number,
): DecodedFederation {
  const root = parseJson(text, limits) as Partial<FederationAnswer> | null;
  if (typeof root?.server_uuid !== 'string' || !isCount(root.next) || !Array.isArray(root.services)) {
    throw new ExceptionServerError(
      'EXCEPTIONS_BAD_PAYLOAD',
      'expected the federation answer of an exception-server; federation.scraper.endpoint is /-/exceptions unless it has a prefix',
    );
  }
  const rejections: Rejections = new Map();
  const deliveries = root.services.flatMap((service) => [
    ...deliveriesOf(service, limits, { startedMs, receivedMs }, rejections),
  ]);
  return { serverUuid: root.server_uuid, next: root.next, more: root.more === true, deliveries, rejections };
}

function* deliveriesOf(
  service: FederationService,
  limits: PayloadLimits,
  times: { startedMs: number; receivedMs: number },
  rejections: Rejections,
): Generator<Delivery> {
  if (typeof service?.name !== 'string' || !Array.isArray(service.targets)) return;
  const described = decodeExport(
    { aggregated_errors: service.exceptions },
    { ...limits, keysPerTarget: Infinity },
    times.receivedMs,
  );
  for (const [reason, count] of described.rejections)
    rejections.set(reason, (rejections.get(reason) ?? 0) + count);
  const byKey = new Map(described.aggregates.map((aggregate) => [aggregate.key, aggregate]));
  for (const target of service.targets) {
    if (typeof target?.identity !== 'string' || !Array.isArray(target.counts)) continue;
    for (const aggregates of lanesOf(target, byKey)) {
      yield {
        service: service.name,
        identity: target.identity,
        targetUuid: text(target.target_uuid),
        url: text(target.url),
        instance: text(target.instance),
        version: text(target.version),
        labels: described.labels,
        aggregates,
        overflowCount: 0,
        ...times,
        via: 'federation',
      };
    }
  }
}

/**
 * A target's counts as readings, one delivery for each process that had counted: a key is once in a delivery.
 * Samples are known by exception only, so they come with each of its targets; equal ones are stored once.
 */
function lanesOf(target: FederationTarget, byKey: Map<string, Aggregate>): Aggregate[][] {
  const deliveries: Aggregate[][] = [];
  const next = new Map<string, number>();
  for (const entry of target.counts) {
    const [key, createdUs, count, newest] = Array.isArray(entry) ? entry : [];
    const described = typeof key === 'string' ? byKey.get(key) : undefined;
    if (described === undefined || !isCount(createdUs) || !isCount(count) || !isCount(newest)) continue;
    const index = next.get(described.key) ?? 0;
    next.set(described.key, index + 1);
    (deliveries[index] ??= []).push({
      ...described,
      totalCount: count,
      createdUs,
      evidence: newest === 0 ? [] : [newest],
    });
  }
  return deliveries;
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
