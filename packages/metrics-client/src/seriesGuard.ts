/** Label values of one series, as prom-client takes them. */
export type LabelValues<T extends string = string> = Partial<Record<T, string | number>>;

/** The value that every label has in the series which takes what goes beyond a metric's limit. */
export const OVERFLOW_VALUE = '__overflow__';

/** The limit of label sets for one metric when none is given. */
export const DEFAULT_MAX_SERIES = 1000;

export interface SeriesGuardOptions<T extends string> {
  readonly labelNames: readonly T[];
  /** Most label sets that the metric may have, the overflow series not counted. */
  readonly maxSeries: number;
  /** Called for every update that found no room. */
  readonly onOverflow: () => void;
}

/**
 * Bounds the label sets of one metric. Known label sets always pass; a new one passes while there is room.
 */
export class SeriesGuard<T extends string> {
  readonly #labelNames: readonly T[];
  readonly #maxSeries: number;
  readonly #onOverflow: () => void;
  readonly #overflowLabels: LabelValues<T>;
  readonly #known = new Set<string>();

  constructor({ labelNames, maxSeries, onOverflow }: SeriesGuardOptions<T>) {
    this.#labelNames = labelNames;
    this.#maxSeries = maxSeries;
    this.#onOverflow = onOverflow;
    this.#overflowLabels = Object.fromEntries(
      labelNames.map((name) => [name, OVERFLOW_VALUE]),
    ) as LabelValues<T>;
  }

  /** True when the label set is known or there was room for it; counts the refusal otherwise. */
  admits(labels: LabelValues<T>): boolean {
    const key = this.#keyOf(labels);
    if (this.#known.has(key)) return true;
    if (this.#known.size < this.#maxSeries) {
      this.#known.add(key);
      return true;
    }
    this.#onOverflow();
    return false;
  }

  /** The labels to use: the given ones, or those of the overflow series, so that sums stay exact. */
  redirect(labels: LabelValues<T>): LabelValues<T> {
    return this.admits(labels) ? labels : this.#overflowLabels;
  }

  /** Makes room: the series was removed. */
  forget(labels: LabelValues<T>): void {
    this.#known.delete(this.#keyOf(labels));
  }

  /** Makes room: every series was removed. */
  clear(): void {
    this.#known.clear();
  }

  #keyOf(labels: LabelValues<T>): string {
    let key = '';
    for (const name of this.#labelNames) key += `${labels[name]}\u0000`;
    return key;
  }
}
