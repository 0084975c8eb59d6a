import type { EventRegistry } from '@binnacle/event-schemas';
import { timelineKeysOf } from '../timelines/eventOperations.ts';
import type { TimelineOutcome } from '../timelines/indexOutcomes.ts';
import type { Ingested, Rejection, Taken } from './ingest.ts';

/**
 * What became of one event. `accepted`: the log has it now, and it changed a timeline, or belongs to none, or the
 * timelines have not come to it yet. `no-op`: the log has it now, and every timeline it belongs to has the same or
 * something newer in its place. `evicted`: the log has it now, and it is too old for every timeline that has nothing in
 * its place. `duplicate`: the log had it before. `rejected`: it is no acceptable event.
 */
export type EventOutcome = 'accepted' | 'duplicate' | 'no-op' | 'evicted' | 'rejected';

/** The answer for one event. */
export interface EventAnswer {
  readonly outcome: EventOutcome;
  /** Where the log has it. */
  readonly offset?: number;
  /** Timelines it belongs to; absent while they have not come to it. */
  readonly timelines?: number;
  /** Those of them that it did not change, by key. */
  readonly unchanged?: Readonly<Record<string, TimelineOutcome>>;
}

/** The answer to `POST /api/v1/events`. */
export interface IngestAnswer {
  readonly accepted: number;
  readonly duplicates: number;
  readonly noop: number;
  readonly evicted: number;
  readonly rejected: readonly Rejection[];
  /** New events whose place in the timelines is not known yet: they are among `accepted`. */
  readonly pending: number;
  /** The highest offset among events that the log has; null when there is none. */
  readonly lastOffset: number | null;
  /** One for each event, in the order of the request. */
  readonly events: readonly EventAnswer[];
}

/** Tells what became of each event; `outcomesOf` says what the event at an offset did to its timelines. */
export function ingestAnswer(
  registry: EventRegistry,
  { taken, rejected }: Ingested,
  outcomesOf: (offset: number) => readonly TimelineOutcome[] | undefined,
): IngestAnswer {
  const counts = { accepted: 0, duplicate: 0, 'no-op': 0, evicted: 0, rejected: rejected.length };
  const events: EventAnswer[] = [];
  let pending = 0;
  let lastOffset = -1;
  for (const one of taken) {
    const outcomes = one.duplicate ? undefined : outcomesOf(one.offset);
    const answer = answerOf(registry, one, outcomes);
    if (!one.duplicate && outcomes === undefined) pending++;
    counts[answer.outcome]++;
    lastOffset = Math.max(lastOffset, one.offset);
    events[one.index] = answer;
  }
  for (const { index } of rejected) events[index] = { outcome: 'rejected' };
  return {
    accepted: counts.accepted,
    duplicates: counts.duplicate,
    noop: counts['no-op'],
    evicted: counts.evicted,
    rejected,
    pending,
    lastOffset: lastOffset < 0 ? null : lastOffset,
    events,
  };
}

function answerOf(
  registry: EventRegistry,
  { event, offset, duplicate }: Taken,
  outcomes: readonly TimelineOutcome[] | undefined,
): EventAnswer {
  if (duplicate) return { outcome: 'duplicate', offset };
  if (outcomes === undefined) return { outcome: 'accepted', offset };
  const timelines = outcomes.length;
  if (outcomes.every((outcome) => outcome === 'changed')) return { outcome: 'accepted', offset, timelines };
  const keys = timelineKeysOf(registry, event);
  const unchanged = Object.fromEntries(
    outcomes.flatMap((outcome, i) => (outcome === 'changed' ? [] : [[keys[i]!, outcome]])),
  );
  return { outcome: overall(outcomes), offset, timelines, unchanged };
}

function overall(outcomes: readonly TimelineOutcome[]): EventOutcome {
  if (outcomes.includes('changed')) return 'accepted';
  return outcomes.includes('evicted') ? 'evicted' : 'no-op';
}
