import { afterOccurrences, type Transition } from '../lifecycle/occurrence.ts';
import type { Aggregate, Occurrence } from '../payload/payload.ts';
import { maxSeverity } from '../severity.ts';
import { classOfKey, OVERFLOW_KEY, publicIdOf, type Fingerprint } from './fingerprint.ts';
import { hashUuid, isUnchanged, observe, type Mark, type Observation } from './mark.ts';
import type { Delivery, ServiceState, TargetState } from './serviceState.ts';

/** All that one delivery changes. Made without touching any state; written, and then applied, as a whole. */
export interface IngestPlan {
  readonly delivery: Delivery;
  readonly changes: FingerprintChange[];
  /** Occurrences that were counted for the first time. */
  added: number;
  /** Keys that were put into the overflow bucket. */
  foldedKeys: number;
  /** Readings that looked like a restart, like several processes behind one identity, or late. */
  readonly oddities: Record<'reset' | 'sibling' | 'late', number>;
}

export interface FingerprintChange {
  readonly before: Fingerprint | undefined;
  readonly after: Fingerprint;
  readonly mark: Mark;
  readonly delta: number;
  readonly transition: Transition | undefined;
  /** Occurrences that may not be stored yet. */
  readonly samples: readonly Occurrence[];
  readonly labels: readonly (readonly [string, string])[];
}

export interface PlanOptions {
  readonly exceptionsPerService: number;
  readonly nextFingerprintId: () => number;
}

/** Messages of the list; samples keep the whole. */
const SUMMARY_MESSAGE_LENGTH = 1024;

/** Compares a delivery with what was counted before. An unchanged one gives a plan without changes. */
export function planDelivery(
  service: ServiceState,
  target: TargetState | undefined,
  delivery: Delivery,
  options: PlanOptions,
): IngestPlan {
  const plan: IngestPlan = {
    delivery,
    changes: [],
    added: 0,
    foldedKeys: 0,
    oddities: { reset: 0, sibling: 0, late: 0 },
  };
  const overlaps = target !== undefined && delivery.startedMs < target.lastSuccessMs;
  const context: Context = { service, target, delivery, mayBeLate: overlaps || delivery.via !== 'scrape' };
  let room = options.exceptionsPerService - service.byKey.size;
  let overflow = delivery.overflowCount;
  for (const aggregate of delivery.aggregates) {
    const known = service.byKey.get(aggregate.key);
    const isEmpty = aggregate.totalCount === 0 && aggregate.occurrences.length === 0;
    if (known === undefined && isEmpty) continue;
    if (aggregate.key === OVERFLOW_KEY || (known === undefined && room <= 0)) {
      overflow += aggregate.totalCount;
      plan.foldedKeys++;
      continue;
    }
    if (known === undefined) room--;
    planAggregate(plan, context, known, aggregate, options);
  }
  if (overflow > 0) planOverflow(plan, context, overflow, options);
  return plan;
}

interface Context {
  readonly service: ServiceState;
  readonly target: TargetState | undefined;
  readonly delivery: Delivery;
  readonly mayBeLate: boolean;
}

/** The bucket's sum falls when its keys change, which says nothing: it counts what it grows beyond its highest. */
function planOverflow(plan: IngestPlan, context: Context, count: number, options: PlanOptions): void {
  const aggregate: Aggregate = {
    key: OVERFLOW_KEY,
    totalCount: count,
    severity: 'error',
    createdUs: 0,
    occurrences: [],
  };
  const known = context.service.byKey.get(OVERFLOW_KEY);
  planAggregate(plan, { ...context, mayBeLate: true }, known, aggregate, options);
}

function planAggregate(
  plan: IngestPlan,
  context: Context,
  known: Fingerprint | undefined,
  aggregate: Aggregate,
  options: PlanOptions,
): void {
  const { target, delivery } = context;
  const mark = known === undefined ? undefined : target?.marks?.get(known.id);
  const severity = known === undefined ? aggregate.severity : maxSeverity(known.severity, aggregate.severity);
  if (
    mark !== undefined &&
    severity === known!.severity &&
    isUnchanged(mark, aggregate.createdUs, aggregate.totalCount)
  ) {
    return;
  }
  const observation = observe(mark, {
    createdUs: aggregate.createdUs,
    count: aggregate.totalCount,
    occurrences: aggregate.evidence ?? aggregate.occurrences.map((occurrence) => hashUuid(occurrence.uuid)),
    mayBeLate: context.mayBeLate,
    nowMs: delivery.receivedMs,
  });
  if (observation.kind in plan.oddities) plan.oddities[observation.kind as 'late']++;
  if (observation.mark === mark && severity === known?.severity) return;
  const before = known ?? firstSight(aggregate, delivery, options.nextFingerprintId());
  const described = describe(before, aggregate, delivery, severity);
  const change = count(described, observation, aggregate, context);
  plan.changes.push({ before: known, ...change, labels: newLabels(known, described) });
  plan.added += observation.delta;
}

function count(
  fingerprint: Fingerprint,
  { delta, mark, kind }: Observation,
  aggregate: Aggregate,
  { target, delivery }: Context,
): Omit<FingerprintChange, 'before' | 'labels'> {
  const samples = kind === 'grew' ? freshest(aggregate.occurrences, delta) : aggregate.occurrences;
  const described = { ...fingerprint, samples: fingerprint.samples + samples.length };
  if (delta === 0) return { after: described, mark, delta, transition: undefined, samples };
  const wasRead = kind === 'grew' && target !== undefined && delivery.via === 'scrape';
  const { after, transition } = afterOccurrences(described, {
    count: delta,
    version: delivery.version,
    nowMs: delivery.receivedMs,
    newestMs: newestOf(aggregate.occurrences),
    readBeforeMs: wasRead ? target.lastSuccessMs : null,
  });
  return { after, mark, delta, transition, samples };
}

function firstSight(aggregate: Aggregate, delivery: Delivery, id: number): Fingerprint {
  return {
    id,
    publicId: publicIdOf(delivery.service, aggregate.key),
    service: delivery.service,
    key: aggregate.key,
    class: classOfKey(aggregate.key),
    message: '',
    severity: aggregate.severity,
    total: 0,
    firstSeenMs: delivery.receivedMs,
    lastSeenMs: delivery.receivedMs,
    createdMs: delivery.receivedMs,
    state: 'open',
    resolvedAtMs: null,
    regression: null,
    mute: null,
    labels: {},
    versions: [],
    samples: 0,
  };
}

/** What the newest occurrence and the target say about the exception. */
function describe(
  before: Fingerprint,
  aggregate: Aggregate,
  delivery: Delivery,
  severity: string,
): Fingerprint {
  const newest = aggregate.occurrences.at(-1)?.error;
  const createdMs = aggregate.createdUs === 0 ? before.createdMs : Math.floor(aggregate.createdUs / 1000);
  return {
    ...before,
    severity,
    class: newest?.class || before.class,
    message:
      newest === undefined ? before.message : newest.message.slice(0, SUMMARY_MESSAGE_LENGTH).toWellFormed(),
    createdMs: Math.min(before.createdMs, createdMs),
    labels: { ...before.labels, ...aggregate.labels, ...delivery.labels },
  };
}

function newLabels(known: Fingerprint | undefined, { labels }: Fingerprint): [string, string][] {
  return Object.entries(labels).filter(([name, value]) => known?.labels[name] !== value);
}

function newestOf(occurrences: readonly Occurrence[]): number | null {
  let newest: number | null = null;
  for (const { timestampMs } of occurrences) {
    if (timestampMs !== null && (newest === null || timestampMs > newest)) newest = timestampMs;
  }
  return newest;
}

/** The last `count` where the client sends them in order of time; all where it does not. */
function freshest(occurrences: readonly Occurrence[], count: number): readonly Occurrence[] {
  if (count >= occurrences.length) return occurrences;
  for (let i = 1; i < occurrences.length; i++) {
    if (!(occurrences[i]!.timestampMs! >= occurrences[i - 1]!.timestampMs!)) return occurrences;
  }
  return occurrences.slice(-count);
}
