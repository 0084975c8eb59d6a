import type { CounterResetHint, FloatHistogram, HistogramSpan } from '@binnacle/model';
import { CUSTOM_BUCKETS_SCHEMA, NO_BUCKETS } from '@binnacle/model';
import { TsdbError } from '../errors.ts';
import type { ByteReader, ByteWriter } from './bytes.ts';

/** A histogram and whether its counts were integers where it came from; the distinction survives export. */
export interface StoredHistogram {
  readonly histogram: FloatHistogram;
  readonly isInteger: boolean;
}

const IS_INTEGER = 1;
const SAME_LAYOUT = 2;
const HINT_SHIFT = 2;
const HINTS: readonly CounterResetHint[] = ['unknown', 'reset', 'not_reset', 'gauge'];

/**
 * Writes one histogram. With `previous`, a layout that is the same is not repeated and integer counts are written as
 * differences; the reader then needs the same `previous`.
 */
export function encodeHistogram(out: ByteWriter, stored: StoredHistogram, previous?: StoredHistogram): void {
  const { histogram: h, isInteger } = stored;
  const isSame =
    previous !== undefined && previous.isInteger === isInteger && sameLayout(previous.histogram, h);
  const hint = HINTS.indexOf(h.counterResetHint);
  out.u8((isInteger ? IS_INTEGER : 0) | (isSame ? SAME_LAYOUT : 0) | (hint << HINT_SHIFT));
  if (!isSame) {
    out.varint(h.schema);
    out.f64(h.zeroThreshold);
    writeSpans(out, h.positiveSpans);
    writeSpans(out, h.negativeSpans);
    out.uvarint(h.customValues.length);
    for (const bound of h.customValues) out.f64(bound);
  }
  out.f64(h.sum);
  const base = isSame ? previous.histogram : undefined;
  const counts = [h.count, h.zeroCount, ...h.positiveBuckets, ...h.negativeBuckets];
  if (!isInteger) {
    for (const count of counts) out.f64(count);
    return;
  }
  const before =
    base === undefined
      ? undefined
      : [base.count, base.zeroCount, ...base.positiveBuckets, ...base.negativeBuckets];
  for (let i = 0; i < counts.length; i++) out.varint(counts[i]! - (before?.[i] ?? 0));
}

/** Reads what encodeHistogram wrote. */
export function decodeHistogram(input: ByteReader, previous?: StoredHistogram): StoredHistogram {
  const flags = input.u8();
  const isInteger = (flags & IS_INTEGER) !== 0;
  const counterResetHint = HINTS[(flags >> HINT_SHIFT) & 3]!;
  const base = (flags & SAME_LAYOUT) === 0 ? undefined : previous?.histogram;
  if ((flags & SAME_LAYOUT) !== 0 && base === undefined) {
    throw new TsdbError(
      'TSDB_CORRUPT_CHUNK',
      'expected a histogram with a layout, found one that repeats none',
    );
  }
  const layout = base ?? readLayout(input);
  const sum = input.f64();
  const positives = totalLength(layout.positiveSpans);
  const negatives = totalLength(layout.negativeSpans);
  const read = isInteger ? () => input.varint() : () => input.f64();
  const count = read() + (isInteger ? (base?.count ?? 0) : 0);
  const zeroCount = read() + (isInteger ? (base?.zeroCount ?? 0) : 0);
  const readBuckets = (size: number, before: Float64Array | undefined): Float64Array => {
    if (size === 0) return NO_BUCKETS;
    const buckets = new Float64Array(size);
    for (let i = 0; i < size; i++) buckets[i] = read() + (isInteger ? (before?.[i] ?? 0) : 0);
    return buckets;
  };
  const positiveBuckets = readBuckets(positives, base?.positiveBuckets);
  const negativeBuckets = readBuckets(negatives, base?.negativeBuckets);
  const { schema, zeroThreshold, positiveSpans, negativeSpans, customValues } = layout;
  return {
    isInteger,
    histogram: {
      schema,
      zeroThreshold,
      zeroCount,
      count,
      sum,
      positiveSpans,
      negativeSpans,
      positiveBuckets,
      negativeBuckets,
      customValues,
      counterResetHint,
    },
  };
}

/** Throws TSDB_BAD_HISTOGRAM when spans and buckets do not agree, or custom bounds are where they must not be. */
export function checkHistogram(h: FloatHistogram): void {
  const refuse = (detail: string): never => {
    throw new TsdbError('TSDB_BAD_HISTOGRAM', detail);
  };
  for (const [side, spans, buckets] of [
    ['positive', h.positiveSpans, h.positiveBuckets],
    ['negative', h.negativeSpans, h.negativeBuckets],
  ] as const) {
    if (spans.some((span, i) => span.length < 0 || (i > 0 && span.offset < 0)))
      refuse(`expected ${side} spans that go forward, found a negative offset or length`);
    const named = totalLength(spans);
    if (named !== buckets.length)
      refuse(`expected ${named} ${side} buckets as the spans say, found ${buckets.length}`);
    if (buckets.some((count) => count < 0))
      refuse(`expected ${side} bucket counts of at least 0, found a negative one`);
  }
  if (h.schema === CUSTOM_BUCKETS_SCHEMA) {
    if (h.negativeBuckets.length > 0 || h.zeroCount !== 0)
      refuse('expected neither zero nor negative buckets with custom bounds, found some');
    if (h.customValues.some((bound, i) => i > 0 && bound <= h.customValues[i - 1]!))
      refuse('expected custom bounds in ascending order, found others');
    const top = h.positiveSpans.reduce((end, span) => end + span.offset + span.length, 0);
    if (top > h.customValues.length + 1)
      refuse(`expected at most ${h.customValues.length + 1} custom buckets, found bucket ${top}`);
  } else {
    if (h.schema < -4 || h.schema > 8) refuse(`expected a schema of -4 to 8 or -53, found ${h.schema}`);
    if (h.customValues.length > 0) refuse('expected custom bounds with schema -53 only, found some');
  }
}

/** True when every count is a safe integer. */
export function hasIntegerCounts(h: FloatHistogram): boolean {
  return (
    Number.isSafeInteger(h.count) &&
    Number.isSafeInteger(h.zeroCount) &&
    h.positiveBuckets.every(Number.isSafeInteger) &&
    h.negativeBuckets.every(Number.isSafeInteger)
  );
}

/** Number of buckets that spans name. */
export function totalLength(spans: readonly HistogramSpan[]): number {
  return spans.reduce((total, span) => total + span.length, 0);
}

/** True when two histograms have the same buckets, so that their counts can be compared one by one. */
export function sameLayout(a: FloatHistogram, b: FloatHistogram): boolean {
  return (
    a.schema === b.schema &&
    a.zeroThreshold === b.zeroThreshold &&
    sameSpans(a.positiveSpans, b.positiveSpans) &&
    sameSpans(a.negativeSpans, b.negativeSpans) &&
    a.customValues.length === b.customValues.length &&
    a.customValues.every((bound, i) => bound === b.customValues[i])
  );
}

type Layout = Pick<
  FloatHistogram,
  'schema' | 'zeroThreshold' | 'positiveSpans' | 'negativeSpans' | 'customValues'
>;

function readLayout(input: ByteReader): Layout {
  const schema = input.varint();
  const zeroThreshold = input.f64();
  const positiveSpans = readSpans(input);
  const negativeSpans = readSpans(input);
  const bounds = input.uvarint();
  if (8 * bounds > input.remaining) {
    throw new TsdbError('TSDB_CORRUPT_CHUNK', `expected ${bounds} custom bounds, found the end`);
  }
  const customValues = bounds === 0 ? NO_BUCKETS : new Float64Array(bounds);
  for (let i = 0; i < bounds; i++) customValues[i] = input.f64();
  return { schema, zeroThreshold, positiveSpans, negativeSpans, customValues };
}

function writeSpans(out: ByteWriter, spans: readonly HistogramSpan[]): void {
  out.uvarint(spans.length);
  for (const { offset, length } of spans) {
    out.varint(offset);
    out.uvarint(length);
  }
}

function readSpans(input: ByteReader): HistogramSpan[] {
  const count = input.uvarint();
  if (count > input.remaining)
    throw new TsdbError('TSDB_CORRUPT_CHUNK', `expected ${count} spans, found the end`);
  const spans: HistogramSpan[] = [];
  let total = 0;
  for (let i = 0; i < count; i++) {
    const offset = input.varint();
    const length = input.uvarint();
    total += length;
    spans.push({ offset, length });
  }
  if (total > input.remaining)
    throw new TsdbError('TSDB_CORRUPT_CHUNK', `expected ${total} buckets, found the end`);
  return spans;
}

function sameSpans(a: readonly HistogramSpan[], b: readonly HistogramSpan[]): boolean {
  return (
    a.length === b.length &&
    a.every((span, i) => span.offset === b[i]!.offset && span.length === b[i]!.length)
  );
}
