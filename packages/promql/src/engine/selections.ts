import type { FloatHistogram, Matcher } from '@binnacle/model';
import { isCounterReset } from '../histogram/compare.ts';
import { childrenOf, type Expr } from '../parser/ast.ts';
import { createSampleBuffer, type SampleBuffer, type SelectRange, type SeriesSet } from '../storage.ts';
import type { QueryContext } from './queryContext.ts';

/** Decoded samples that a query keeps for selectors that it has several times; beyond that they are read again. */
const MAX_KEPT_BYTES = 64 << 20;

/** Series that a selection found, each read once even if the query has their selector several times. */
export class SharedSeries {
  readonly set: SeriesSet;
  readonly #buffers: (SampleBuffer | undefined)[] = [];
  readonly #context: QueryContext;
  readonly #detectResets: boolean;
  readonly #keep: boolean;

  /** With `keep` what was read is kept for the next reader, as far as memory allows. */
  constructor(set: SeriesSet, context: QueryContext, detectResets: boolean, keep: boolean) {
    this.set = set;
    this.#context = context;
    this.#detectResets = detectResets;
    this.#keep = keep;
  }

  read(index: number, out: SampleBuffer): void {
    this.#readShared(index, out);
    if (this.#detectResets && out.histograms !== undefined) {
      out.histograms = withDetectedResets(out.histograms, out.length);
    }
  }

  #readShared(index: number, out: SampleBuffer): void {
    const kept = this.#buffers[index];
    if (kept !== undefined) {
      Object.assign(out, kept);
      return;
    }
    if (!this.#keep) {
      this.set.read(index, out);
      return;
    }
    // Never into `out`, which may be pointing at arrays that are kept for another series.
    const buffer = createSampleBuffer();
    this.set.read(index, buffer);
    Object.assign(out, buffer);
    if (this.#context.keptBytes > MAX_KEPT_BYTES) return;
    this.#buffers[index] = buffer;
    this.#context.keep(buffer.length);
  }
}

/** Fills in whether counters were reset where the store does not say, by comparing each sample with the one before. */
function withDetectedResets(
  histograms: readonly (FloatHistogram | undefined)[],
  length: number,
): readonly (FloatHistogram | undefined)[] {
  const out: (FloatHistogram | undefined)[] = [];
  for (let i = 0; i < length; i++) {
    const current = histograms[i];
    const previous = i > 0 ? out[i - 1] : undefined;
    out[i] =
      current === undefined || previous === undefined || current.counterResetHint !== 'unknown'
        ? current
        : { ...current, counterResetHint: isCounterReset(current, previous) ? 'reset' : 'not_reset' };
  }
  return out;
}

/** Runs the selections of a query, each different one once. */
export class Selections {
  readonly #context: QueryContext;
  readonly #bySelection = new Map<string, SharedSeries>();
  readonly #repeated: ReadonlySet<string>;

  constructor(context: QueryContext, query: Expr) {
    this.#context = context;
    let repeated = repeatedOf.get(query);
    if (repeated === undefined) repeatedOf.set(query, (repeated = repeatedSelectors(query)));
    this.#repeated = repeated;
  }

  /** True while selectors below histogram_count(), histogram_sum() or histogram_avg() are set up. */
  detectResets = false;

  /** `steps` is how often the selection is looked at. */
  select(matchers: readonly Matcher[], range: SelectRange, steps: number): SharedSeries {
    const conditions = matchers.map(String).join(',');
    const { detectResets } = this;
    const key = `${detectResets} ${range.minMs} ${range.maxMs} ${conditions}`;
    let shared = this.#bySelection.get(key);
    if (shared === undefined) {
      const set = this.#select(matchers, range, steps);
      shared = new SharedSeries(set, this.#context, detectResets, this.#repeated.has(conditions));
      for (const warning of shared.set.warnings ?? []) this.#context.annotations.addStorageWarning(warning);
      this.#bySelection.set(key, shared);
    }
    return shared;
  }

  #select(matchers: readonly Matcher[], range: SelectRange, steps: number): SeriesSet {
    const context = this.#context;
    const spanMs = range.maxMs - range.minMs;
    // A selection of very many series is itself work that belongs in a thread.
    if (context.isWorkLimited)
      context.checkWork(context.store.countSeries?.(matchers, range) ?? 0, spanMs, steps);
    const set = context.store.select(matchers, range);
    context.countSelected(set.length, spanMs, steps);
    return set;
  }
}

/** Queries are parsed once and run often. */
const repeatedOf = new WeakMap<Expr, ReadonlySet<string>>();

/** Conditions that more than one selector of a query has. */
function repeatedSelectors(query: Expr): ReadonlySet<string> {
  const once = new Set<string>();
  const repeated = new Set<string>();
  const visit = (expr: Expr): void => {
    const selector = expr.kind === 'matrixSelector' ? expr.selector : expr;
    if (selector.kind === 'vectorSelector') {
      const conditions = selector.matchers.map(String).join(',');
      if (once.has(conditions)) repeated.add(conditions);
      once.add(conditions);
    }
    for (const child of childrenOf(expr)) visit(child);
  };
  visit(query);
  return repeated;
}
