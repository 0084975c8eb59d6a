import type {
  Bytes,
  KeyResult,
  MergedEntry,
  MergedReadOptions,
  MergedResult,
  Position,
  ReadOptions,
} from './contract.ts';
import { comparePositions, lowerBound, upperBound } from './position.ts';
import type { Timeline } from './timeline.ts';

/** Keys read between two looks at the clock. */
const DEADLINE_STRIDE = 64;
const NOBODY: readonly string[] = [];

/** One key's part of `read` where the timeline is in this process. */
export function readTimeline(key: Bytes, timeline: Timeline | undefined, options: ReadOptions): KeyResult {
  const entries: Position[] = [];
  if (timeline !== undefined) collect(timeline, key, options, entries);
  return { key, entries, unanswered: NOBODY };
}

/**
 * `readMerged` where the timelines are in this process. Keeps the best `offset + limit` entries so far in a heap,
 * so a timeline whose newest entry is older than all of them costs one comparison.
 */
export function mergeTimelines(
  keys: Iterable<Bytes>,
  find: (key: Bytes) => Timeline | undefined,
  options: MergedReadOptions,
): MergedResult {
  const { limit, offset = 0, before, after, from = 'newest', deadlineMs } = options;
  const sign = from === 'newest' ? 1 : -1;
  const best = new BestEntries(offset + limit, sign);
  const deadline = deadlineMs === undefined ? Infinity : performance.now() + deadlineMs;
  const missing: Bytes[] = [];
  let visited = 0;
  for (const key of new Set(keys)) {
    if (missing.length > 0 || (visited++ % DEADLINE_STRIDE === 0 && performance.now() > deadline)) {
      missing.push(key);
      continue;
    }
    const timeline = find(key);
    const head = from === 'newest' ? timeline?.blocks[0]?.first : timeline?.blocks.at(-1)?.last;
    if (timeline === undefined || head === undefined || !best.admits(head, key)) continue;
    const lower = lowerBound(after, key);
    const upper = upperBound(before, key);
    if (from === 'newest') {
      timeline.scanNewest(
        upper,
        (entry) => (lower === undefined || isPast(entry, lower, 1)) && best.offer(entry, key),
      );
    } else {
      timeline.scanOldest(
        lower,
        (entry) => (upper === undefined || isPast(entry, upper, -1)) && best.offer(entry, key),
      );
    }
  }
  const sorted = best.sorted().slice(offset);
  return { entries: sign === 1 ? sorted : sorted.reverse(), missing, errors: new Map(), unanswered: NOBODY };
}

/** Negative when `a` is older than `b` in a merged timeline. */
export function compareMerged(a: MergedEntry, b: MergedEntry): number {
  return comparePositions(a, b) || (a.key === b.key ? 0 : a.key < b.key ? -1 : 1);
}

function collect(timeline: Timeline, key: Bytes, options: ReadOptions, into: Position[]): void {
  const { limit, offset = 0, before, after, from = 'newest' } = options;
  const lower = lowerBound(after, key);
  const upper = upperBound(before, key);
  let skip = offset;
  const take = ({ score, member }: Position): boolean => {
    if (skip > 0) skip--;
    else into.push({ score, member });
    return into.length < limit;
  };
  if (from === 'newest') {
    timeline.scanNewest(upper, (entry) => (lower === undefined || isPast(entry, lower, 1)) && take(entry));
  } else {
    timeline.scanOldest(lower, (entry) => (upper === undefined || isPast(entry, upper, -1)) && take(entry));
    into.reverse();
  }
}

function isPast(entry: Position, bound: Position & { readonly inclusive: boolean }, sign: 1 | -1): boolean {
  const order = comparePositions(entry, bound) * sign;
  return order > 0 || (order === 0 && bound.inclusive);
}

/** The best `capacity` entries seen: newest when `sign` is 1, oldest when -1. A heap with the worst on top. */
class BestEntries {
  readonly #capacity: number;
  readonly #sign: 1 | -1;
  readonly #heap: MergedEntry[] = [];

  constructor(capacity: number, sign: 1 | -1) {
    this.#capacity = capacity;
    this.#sign = sign;
  }

  /** False when nothing at or beyond this position of the key can be among the best. */
  admits(position: Position, key: Bytes): boolean {
    if (this.#heap.length < this.#capacity) return true;
    const worst = this.#heap[0]!;
    const order = comparePositions(position, worst) * this.#sign;
    return order > 0 || (order === 0 && (key < worst.key ? -1 : 1) * this.#sign > 0);
  }

  /** Takes the entry when it is among the best; false when nothing beyond it can be. */
  offer({ score, member }: Position, key: Bytes): boolean {
    const entry = { key, score, member };
    if (this.#heap.length < this.#capacity) {
      this.#heap.push(entry);
      this.#up(this.#heap.length - 1);
      return true;
    }
    if (!this.admits(entry, key)) return false;
    this.#heap[0] = entry;
    this.#down();
    return true;
  }

  sorted(): MergedEntry[] {
    return this.#heap.sort((a, b) => compareMerged(b, a) * this.#sign);
  }

  #worse(a: number, b: number): boolean {
    return compareMerged(this.#heap[a]!, this.#heap[b]!) * this.#sign < 0;
  }

  #up(start: number): void {
    for (let i = start; i > 0;) {
      const parent = (i - 1) >> 1;
      if (!this.#worse(i, parent)) return;
      this.#swap(i, parent);
      i = parent;
    }
  }

  #down(): void {
    const { length } = this.#heap;
    for (let i = 0; ;) {
      const left = 2 * i + 1;
      if (left >= length) return;
      const child = left + 1 < length && this.#worse(left + 1, left) ? left + 1 : left;
      if (!this.#worse(child, i)) return;
      this.#swap(i, child);
      i = child;
    }
  }

  #swap(a: number, b: number): void {
    const entry = this.#heap[a]!;
    this.#heap[a] = this.#heap[b]!;
    this.#heap[b] = entry;
  }
}
