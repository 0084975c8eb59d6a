import { formatG } from '../text/goText.ts';
import { lineColumn, type Span } from '../parser/span.ts';
import type { ForcedMonotonicity } from '../histogram/classicQuantile.ts';

export type AnnotationLevel = 'warning' | 'info';

interface Monotonicity {
  minMs: number;
  maxMs: number;
  samples: number;
  minBucket: number;
  maxBucket: number;
  maxDifference: number;
}

interface Annotation {
  readonly level: AnnotationLevel;
  readonly text: string;
  readonly span: Span | undefined;
  readonly monotonicity: Monotonicity | undefined;
}

/** What a query has to say beside its result. Equal texts are said once, at the first place. */
export class Annotations {
  readonly #byText = new Map<string, Annotation>();

  /** `text` is without the level and the position, which are added. */
  add(level: AnnotationLevel, text: string, span: Span): void {
    const key = `${level}:${text}`;
    if (!this.#byText.has(key)) this.#byText.set(key, { level, text, span, monotonicity: undefined });
  }

  /** A warning of the storage, passed on as it is. */
  addStorageWarning(text: string): void {
    this.#byText.set(`storage:${text}`, { level: 'warning', text, span: undefined, monotonicity: undefined });
  }

  /** Repairs of one metric's classic buckets add up to one annotation. */
  addForcedMonotonicity(text: string, span: Span, timeMs: number, forced: ForcedMonotonicity): void {
    const key = `info:${text}`;
    const seen = this.#byText.get(key)?.monotonicity;
    if (seen === undefined) {
      const monotonicity = { minMs: timeMs, maxMs: timeMs, samples: 1, ...forced };
      this.#byText.set(key, { level: 'info', text, span, monotonicity });
      return;
    }
    seen.samples++;
    seen.minMs = Math.min(seen.minMs, timeMs);
    seen.maxMs = Math.max(seen.maxMs, timeMs);
    seen.minBucket = Math.min(seen.minBucket, forced.minBucket);
    seen.maxBucket = Math.max(seen.maxBucket, forced.maxBucket);
    seen.maxDifference = Math.max(seen.maxDifference, forced.maxDifference);
  }

  /** Finished texts of one level, each with the position in the query. */
  texts(level: AnnotationLevel, query: string): string[] {
    const texts: string[] = [];
    for (const annotation of this.#byText.values()) {
      if (annotation.level === level) texts.push(print(annotation, query));
    }
    return texts;
  }
}

function print(annotation: Annotation, query: string): string {
  if (annotation.span === undefined) return annotation.text;
  const position = `(${lineColumn(query, annotation.span.start)})`;
  const text = `PromQL ${annotation.level}: ${annotation.text}`;
  const found = annotation.monotonicity;
  if (found === undefined) return `${text} ${position}`;
  const buckets = `from buckets ${formatG(found.minBucket)} to ${formatG(found.maxBucket)}`;
  const difference = `with a max diff of ${formatG(Number(found.maxDifference.toPrecision(2)))}`;
  const times = `over ${found.samples} samples from ${rfc3339(found.minMs)} to ${rfc3339(found.maxMs)}`;
  return `${text}, ${buckets}, ${difference}, ${times} ${position}`;
}

/** Go's RFC3339Nano: no trailing zeros in the fraction, and none of it when it is zero. */
function rfc3339(ms: number): string {
  return new Date(ms).toISOString().replace(/\.?0*Z$/, 'Z');
}
