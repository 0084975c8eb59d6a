import { type CounterResetHint, type FloatHistogram } from '@binnacle/model';
import { usesCustomBuckets } from './bounds.ts';
import { countsOf, toSpans } from './buckets.ts';
import { arraysEqual, reduce, reduceIndex } from './compare.ts';
import { mapToBounds, sharedBounds } from './customBounds.ts';
import { CompensatedSum } from './compensatedSum.ts';
import { widen } from './zeroBucket.ts';

/** Histograms with exponential and with custom buckets were to be combined. */
export class MixedSchemasError extends Error {
  readonly code = 'PROMQL_MIXED_HISTOGRAM_SCHEMAS';

  constructor() {
    super('cannot combine a histogram of exponential buckets with one of custom buckets');
  }
}

/** What combining two histograms had to gloss over. */
export interface Combined {
  /** One was the start of a counter, the other explicitly was not. */
  readonly hintCollision: boolean;
  /** Custom bounds differed, so only those in common were kept. */
  readonly boundsReconciled: boolean;
}

const SMOOTH: Combined = { hintCollision: false, boundsReconciled: false };

type Side = Map<number, CompensatedSum>;

/** A histogram that others are added to. With `compensated` sums keep what rounding loses. */
export class HistogramAccumulator {
  readonly #compensated: boolean;
  #schema: number;
  #zeroThreshold: number;
  #customValues: Float64Array;
  #hint: CounterResetHint;
  readonly #zeroCount: CompensatedSum;
  readonly #count: CompensatedSum;
  readonly #sum: CompensatedSum;
  #positive: Side;
  #negative: Side;

  constructor(h: FloatHistogram, compensated = false) {
    this.#compensated = compensated;
    this.#schema = h.schema;
    this.#zeroThreshold = h.zeroThreshold;
    this.#customValues = h.customValues;
    this.#hint = h.counterResetHint;
    this.#zeroCount = new CompensatedSum(h.zeroCount);
    this.#count = new CompensatedSum(h.count);
    this.#sum = new CompensatedSum(h.sum);
    this.#positive = toSide(countsOf(h.positiveSpans, h.positiveBuckets));
    this.#negative = toSide(countsOf(h.negativeSpans, h.negativeBuckets));
  }

  /** Adds a histogram (`sign` 1) or takes it away (-1). Throws MixedSchemasError. */
  add(h: FloatHistogram, sign: 1 | -1 = 1): Combined {
    const custom = usesCustomBuckets(h);
    if (custom !== this.#customValuesSchema()) throw new MixedSchemasError();
    const hintCollision = this.#combineHint(h.counterResetHint);
    let positive: ReadonlyMap<number, number> = countsOf(h.positiveSpans, h.positiveBuckets);
    let negative: ReadonlyMap<number, number> = countsOf(h.negativeSpans, h.negativeBuckets);
    let { zeroCount } = h;
    let boundsReconciled = false;
    if (custom) {
      if (!arraysEqual(this.#customValues, h.customValues)) {
        boundsReconciled = true;
        const shared = sharedBounds(this.#customValues, h.customValues);
        positive = mapToBounds(positive, h.customValues, shared);
        this.#toBounds(shared);
      }
    } else {
      const reconciled = this.#reconcileZero(h, positive, negative);
      zeroCount = reconciled;
      if (h.schema > this.#schema) {
        positive = reduce(positive, h.schema - this.#schema);
        negative = reduce(negative, h.schema - this.#schema);
      } else if (h.schema < this.#schema) this.reduceTo(h.schema);
    }
    this.#zeroCount.add(sign * zeroCount, this.#compensated);
    this.#count.add(sign * h.count, this.#compensated);
    this.#sum.add(sign * h.sum, this.#compensated);
    this.#addSide(this.#positive, positive, sign);
    this.#addSide(this.#negative, negative, sign);
    return hintCollision || boundsReconciled ? { hintCollision, boundsReconciled } : SMOOTH;
  }

  /** Lowers the resolution to `schema`, if it is higher. */
  reduceTo(schema: number): void {
    const shift = this.#schema - schema;
    if (shift <= 0 || this.#customValuesSchema()) return;
    this.#positive = reduceSide(this.#positive, shift, this.#compensated);
    this.#negative = reduceSide(this.#negative, shift, this.#compensated);
    this.#schema = schema;
  }

  multiply(factor: number): void {
    this.#each((sum) => sum.scale(factor));
    if (factor < 0) this.#hint = 'gauge';
  }

  /** Division by zero leaves no buckets. */
  divide(divisor: number): void {
    if (divisor === 0) {
      this.#positive.clear();
      this.#negative.clear();
    }
    this.#each((sum) => sum.divide(divisor));
    if (divisor < 0) this.#hint = 'gauge';
  }

  /** True when a count has left the range of a double. */
  get overflows(): boolean {
    let infinite = false;
    this.#each((sum) => {
      if (!Number.isFinite(sum.value) && !Number.isNaN(sum.value)) infinite = true;
    });
    return infinite;
  }

  copy(): HistogramAccumulator {
    const copy = new HistogramAccumulator(this.finish(), this.#compensated);
    copy.#zeroCount.value = this.#zeroCount.value;
    copy.#zeroCount.lost = this.#zeroCount.lost;
    copy.#count.value = this.#count.value;
    copy.#count.lost = this.#count.lost;
    copy.#sum.value = this.#sum.value;
    copy.#sum.lost = this.#sum.lost;
    copy.#positive = new Map([...this.#positive].map(([index, sum]) => [index, sum.copy()]));
    copy.#negative = new Map([...this.#negative].map(([index, sum]) => [index, sum.copy()]));
    return copy;
  }

  set hint(hint: CounterResetHint) {
    this.#hint = hint;
  }

  /** The histogram as it stands. */
  finish(): FloatHistogram {
    const positive = toSpans(totals(this.#positive));
    const negative = toSpans(totals(this.#negative));
    return {
      schema: this.#schema,
      zeroThreshold: this.#zeroThreshold,
      zeroCount: this.#zeroCount.total,
      count: this.#count.total,
      sum: this.#sum.total,
      positiveSpans: positive.spans,
      positiveBuckets: positive.buckets,
      negativeSpans: negative.spans,
      negativeBuckets: negative.buckets,
      customValues: this.#customValues,
      counterResetHint: this.#hint,
    };
  }

  #customValuesSchema(): boolean {
    return usesCustomBuckets({ schema: this.#schema } as FloatHistogram);
  }

  /** True when a reset and an explicit non-reset meet. */
  #combineHint(other: CounterResetHint): boolean {
    const mine = this.#hint;
    if (mine === other || mine === 'gauge') return false;
    this.#hint = other === 'gauge' ? 'gauge' : 'unknown';
    return mine !== 'unknown' && other !== 'unknown' && other !== 'gauge';
  }

  /** Widens the narrower zero bucket until both end at the same place; gives the other's count. */
  #reconcileZero(
    h: FloatHistogram,
    positive: ReadonlyMap<number, number>,
    negative: ReadonlyMap<number, number>,
  ): number {
    let { zeroCount, zeroThreshold } = h;
    while (zeroThreshold < this.#zeroThreshold || zeroThreshold > this.#zeroThreshold) {
      if (zeroThreshold < this.#zeroThreshold) {
        const grown = widen(
          zeroCount,
          zeroThreshold,
          this.#zeroThreshold,
          h.schema,
          positive as Map<number, number>,
          negative as Map<number, number>,
        );
        zeroCount = grown.count;
        zeroThreshold = grown.end;
        continue;
      }
      const mine = { positive: totals(this.#positive), negative: totals(this.#negative) };
      const grown = widen(0, this.#zeroThreshold, zeroThreshold, this.#schema, mine.positive, mine.negative);
      this.#zeroCount.add(grown.count, this.#compensated);
      this.#zeroThreshold = grown.end;
      for (const index of this.#positive.keys()) if (!mine.positive.has(index)) this.#positive.delete(index);
      for (const index of this.#negative.keys()) if (!mine.negative.has(index)) this.#negative.delete(index);
    }
    return zeroCount;
  }

  #toBounds(shared: Float64Array): void {
    const moved = new Map<number, CompensatedSum>();
    for (const [index, sum] of this.#positive) {
      const [target] = [...mapToBounds(new Map([[index, 0]]), this.#customValues, shared).keys()];
      const into = moved.get(target!);
      if (into === undefined) moved.set(target!, sum);
      else merge(into, sum, this.#compensated);
    }
    this.#positive = moved;
    this.#customValues = shared;
  }

  #addSide(side: Side, counts: ReadonlyMap<number, number>, sign: number): void {
    for (const [index, count] of counts) {
      const sum = side.get(index);
      if (sum === undefined) side.set(index, new CompensatedSum(sign * count));
      else sum.add(sign * count, this.#compensated);
    }
  }

  #each(change: (sum: CompensatedSum) => void): void {
    change(this.#zeroCount);
    change(this.#count);
    change(this.#sum);
    for (const sum of this.#positive.values()) change(sum);
    for (const sum of this.#negative.values()) change(sum);
  }
}

function toSide(counts: ReadonlyMap<number, number>): Side {
  return new Map([...counts].map(([index, count]) => [index, new CompensatedSum(count)]));
}

function totals(side: Side): Map<number, number> {
  return new Map([...side].map(([index, sum]) => [index, sum.total]));
}

function reduceSide(side: Side, shift: number, compensated: boolean): Side {
  const out: Side = new Map();
  for (const [index, sum] of side) {
    const target = reduceIndex(index, shift);
    const into = out.get(target);
    if (into === undefined) out.set(target, sum);
    else merge(into, sum, compensated);
  }
  return out;
}

function merge(into: CompensatedSum, other: CompensatedSum, compensated: boolean): void {
  into.add(other.value, compensated);
  into.lost += other.lost;
}
