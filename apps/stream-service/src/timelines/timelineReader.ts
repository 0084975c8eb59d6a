import {
  bufferOf,
  bytesOf,
  textOf,
  type MergedEntry,
  type MergedReadOptions,
  type TimelineStore,
} from '@binnacle/timeline';
import type { EventLog } from '../log/eventLog.ts';
import type { StoredEvent } from '../log/storedEvent.ts';
import type { Cursors, PageStart } from './cursors.ts';
import { rankingOf } from './ranking.ts';
import { activityOfMember, identityOfMember, type ActivityMember } from './eventOperations.ts';

/** An entry of a timeline with what it stands for. */
export interface TimelineItem {
  readonly key: string;
  readonly score: number;
  /** Base64 of the bytes. */
  readonly member: string;
  /** The score as a time. */
  readonly at: string | null;
  /** The event, while the log holds it. */
  readonly event?: StoredEvent;
  /** What someone did, in `actor:` timelines. */
  readonly activity?: ActivityMember & { readonly actor: string };
}

/** What to read. Filters compare whole values; several values of one filter are alternatives. */
export interface TimelineQuery {
  readonly keys: readonly string[];
  readonly limit: number;
  readonly cursor?: string;
  readonly order: 'asc' | 'desc';
  readonly verb?: readonly string[];
  readonly actor?: readonly string[];
  readonly object?: readonly string[];
  readonly type?: readonly string[];
  /** Actors whose activities are left out. */
  readonly mute?: readonly string[];
  /** Only entries with at most this score: the timeline as of that time. */
  readonly asOfMs?: number;
  /** How a page is ordered; see rankingOf. Pages themselves follow time. */
  readonly rank?: string;
  /** Whose cursors these are, when the keys follow from it. */
  readonly viewer?: string;
}

export interface TimelinePage {
  readonly items: readonly TimelineItem[];
  /** Cursor of the page after this one, in the order asked for; null when there is none. */
  readonly next: string | null;
  /** Cursor of the page before this one; null when there is nothing to start from. */
  readonly prev: string | null;
  /** Not every key, or not every replica, was heard, or the filter stopped early. */
  readonly partial: boolean;
  readonly missingKeys: readonly string[];
}

const DEADLINE_MS = 500;
const ROUNDS = 8;
const MAX_ROUND = 1_000;

/** Reads timelines as people want them: several merged, filtered, with signed cursors and the events themselves. */
export class TimelineReader {
  readonly #store: TimelineStore;
  readonly #log: EventLog;
  readonly #cursors: Cursors;

  constructor(store: TimelineStore, log: EventLog, cursors: Cursors) {
    this.#store = store;
    this.#log = log;
    this.#cursors = cursors;
  }

  /** Throws STREAM_BAD_CURSOR. */
  async page(query: TimelineQuery): Promise<TimelinePage> {
    const { limit, order, cursor } = query;
    const rank = rankingOf(query.rank ?? 'recent@1');
    const question = questionOf(query);
    const start = cursor === undefined ? undefined : this.#cursors.decode(cursor, question);
    const downward = (order === 'desc') === (start?.direction !== 'prev');
    const keys = query.keys.map(bytesOf);
    const matches = itemFilter(query);
    const items: TimelineItem[] = [];
    let at = start?.position;
    let edge: MergedEntry | undefined;
    let exhausted = false;
    let missing: readonly string[] = [];
    let unheard = false;
    for (let round = 0; round < ROUNDS && items.length < limit && !exhausted; round++) {
      const wanted = round === 0 ? limit : MAX_ROUND;
      const found = await this.#store.readMerged(keys, range(downward, wanted, at, query.asOfMs));
      missing = [...new Set([...missing, ...found.missing, ...found.errors.keys()])];
      unheard ||= found.unanswered.length > 0;
      exhausted = found.entries.length < wanted;
      for (const entry of downward ? found.entries : found.entries.toReversed()) {
        if (items.length === limit) break;
        edge = entry;
        const item = this.item(entry);
        if (matches(item)) items.push(item);
      }
      at = edge ?? at;
    }
    const stopped = items.length === limit || !exhausted;
    if (start?.direction === 'prev') items.reverse();
    return {
      items: rank(items),
      ...this.#cursorsAround(start, items, edge, stopped, question),
      partial: missing.length > 0 || unheard || (items.length < limit && !exhausted),
      missingKeys: missing.map(textOf),
    };
  }

  /** An entry with its event or activity. */
  item({ key, score, member }: MergedEntry): TimelineItem {
    const name = textOf(key);
    const text = textOf(member);
    const identity = identityOfMember(name, text);
    const offset = identity === undefined ? undefined : this.#log.offsetOf(identity);
    const event = offset === undefined ? undefined : this.#log.get(offset);
    const activity =
      activityOfMember(name, text) ??
      (event?.event.type === 'activity' ? (event.event.data as TimelineItem['activity']) : undefined);
    return {
      key: name,
      score,
      member: bufferOf(member).toString('base64'),
      at: Math.abs(score) <= 8.64e15 ? new Date(score).toISOString() : null,
      ...(event === undefined ? {} : { event }),
      ...(activity === undefined ? {} : { activity }),
    };
  }

  #cursorsAround(
    start: PageStart | undefined,
    items: readonly TimelineItem[],
    edge: MergedEntry | undefined,
    stopped: boolean,
    question: string,
  ): { next: string | null; prev: string | null } {
    const cursor = (
      direction: 'next' | 'prev',
      position: PageStart['position'] | undefined,
    ): string | null =>
      position === undefined ? null : this.#cursors.encode({ direction, position }, question);
    const first = items[0] === undefined ? undefined : positionOf(items[0]);
    const beyond = stopped ? edge : undefined;
    if (start?.direction !== 'prev')
      return { next: cursor('next', beyond), prev: cursor('prev', first ?? start?.position) };
    const last = items.at(-1) === undefined ? undefined : positionOf(items.at(-1)!);
    return { next: cursor('next', last ?? start.position), prev: cursor('prev', first ?? start.position) };
  }
}

/** The oldest page of `prev` items is nearest to the cursor, so positions come from the items as they are shown. */
function positionOf({ key, score, member }: TimelineItem): PageStart['position'] {
  return { score, member: bytesOf(Buffer.from(member, 'base64')), key: bytesOf(key) };
}

function range(
  downward: boolean,
  limit: number,
  at: PageStart['position'] | undefined,
  asOfMs: number | undefined,
): MergedReadOptions {
  const deadlineMs = DEADLINE_MS;
  const newest = asOfMs === undefined ? undefined : { score: asOfMs + 1, member: '' };
  if (!downward) {
    return {
      limit,
      from: 'oldest',
      deadlineMs,
      ...(at === undefined ? {} : { after: at }),
      ...(newest === undefined ? {} : { before: newest }),
    };
  }
  const before = at ?? newest;
  return { limit, deadlineMs, ...(before === undefined ? {} : { before }) };
}

/** What a cursor is bound to. */
function questionOf({ limit: _limit, cursor: _cursor, keys, viewer, ...filters }: TimelineQuery): string {
  return JSON.stringify([viewer ?? [...keys].sort(), Object.entries(filters).sort()]);
}

/** Whether an item passes the query's filters. */
export function itemFilter({
  verb,
  actor,
  object,
  type,
  mute,
}: TimelineQuery): (item: TimelineItem) => boolean {
  const passes = (allowed: readonly string[] | undefined, value: string | undefined): boolean =>
    allowed === undefined || (value !== undefined && allowed.includes(value));
  return ({ activity, event }) =>
    passes(verb, activity?.verb) &&
    passes(actor, activity?.actor) &&
    passes(object, activity?.object) &&
    passes(type, event?.event.type ?? (activity === undefined ? undefined : 'activity')) &&
    (mute === undefined || activity === undefined || !mute.includes(activity.actor));
}
