/** One bucket of a classic histogram: observations up to `le`, cumulative. */
export interface ClassicBucket {
  readonly le: number;
  count: number;
}

/** How much of a decrease from one bucket to the next was repaired. */
export interface ForcedMonotonicity {
  readonly minBucket: number;
  readonly maxBucket: number;
  readonly maxDifference: number;
}

/** Differences below this share of a count come from floating point, not from the data. */
const TOLERANCE = 1e-12;

/**
 * The q-quantile of a classic histogram, interpolated linearly inside a bucket. Buckets may come in any order; they
 * are sorted, and those with equal bounds merged, in place.
 */
export function classicQuantile(
  q: number,
  input: ClassicBucket[],
): { readonly value: number; readonly forced: ForcedMonotonicity | undefined } {
  if (Number.isNaN(q)) return { value: NaN, forced: undefined };
  if (q < 0) return { value: -Infinity, forced: undefined };
  if (q > 1) return { value: Infinity, forced: undefined };
  const buckets = sortAndMerge(input);
  if (buckets.at(-1)!.le !== Infinity) return { value: NaN, forced: undefined };
  const forced = ensureMonotonic(buckets);
  const observations = buckets.at(-1)!.count;
  if (buckets.length < 2 || observations === 0) return { value: NaN, forced };
  const rank = q * observations;
  let at = 0;
  while (at < buckets.length - 1 && !(buckets[at]!.count >= rank)) at++;
  if (at === buckets.length - 1) return { value: buckets[at - 1]!.le, forced };
  const { le, count } = buckets[at]!;
  if (at === 0) return { value: le <= 0 ? le : le * (rank / count), forced };
  const before = buckets[at - 1]!;
  const share = (rank - before.count) / (count - before.count);
  return { value: before.le + (le - before.le) * share, forced };
}

/** The share of observations between two values in a classic histogram. */
export function classicFraction(lower: number, upper: number, input: ClassicBucket[]): number {
  const buckets = sortAndMerge(input);
  if (buckets.at(-1)!.le !== Infinity) return NaN;
  const { count } = buckets.at(-1)!;
  if (count === 0 || Number.isNaN(lower) || Number.isNaN(upper)) return NaN;
  if (lower >= upper) return 0;
  return (Math.min(rankOf(upper, buckets), count) - Math.min(rankOf(lower, buckets), count)) / count;
}

function rankOf(value: number, buckets: readonly ClassicBucket[]): number {
  let rank = 0;
  let lower = buckets[0]!.le > 0 ? 0 : -Infinity;
  for (const { le, count } of buckets) {
    if (lower >= value) return rank;
    if (le > value) {
      return lower === -Infinity ? count : rank + ((count - rank) * (value - lower)) / (le - lower);
    }
    rank = count;
    lower = le;
  }
  return Infinity;
}

function sortAndMerge(input: ClassicBucket[]): ClassicBucket[] {
  input.sort((a, b) => (a.le < b.le ? -1 : a.le > b.le ? 1 : 0));
  let kept = 0;
  for (let i = 1; i < input.length; i++) {
    if (input[i]!.le === input[kept]!.le) input[kept]!.count += input[i]!.count;
    else input[++kept] = input[i]!;
  }
  input.length = kept + 1;
  return input;
}

function ensureMonotonic(buckets: readonly ClassicBucket[]): ForcedMonotonicity | undefined {
  let forced = false;
  let minBucket = Infinity;
  let maxBucket = -Infinity;
  let maxDifference = 0;
  let previous = buckets[0]!.count;
  for (const bucket of buckets) {
    const { count, le } = bucket;
    if (count === previous) continue;
    if (almostEqual(previous, count)) {
      bucket.count = previous;
    } else if (count < previous) {
      bucket.count = previous;
      forced = true;
      minBucket = Math.min(minBucket, le);
      maxBucket = Math.max(maxBucket, le);
      maxDifference = Math.max(maxDifference, previous - count);
    } else previous = count;
  }
  return forced ? { minBucket, maxBucket, maxDifference } : undefined;
}

function almostEqual(a: number, b: number): boolean {
  const difference = Math.abs(a - b);
  const sum = Math.abs(a) + Math.abs(b);
  if (a === 0 || b === 0 || sum < MIN_NORMAL) return difference < TOLERANCE * MIN_NORMAL;
  return difference / Math.min(sum, Number.MAX_VALUE) < TOLERANCE;
}

const MIN_NORMAL = 2 ** -1022;
