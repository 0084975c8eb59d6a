import { compareUtf8 } from './compareUtf8.ts';

/** The label that holds a metric's name. */
export const METRIC_NAME = '__name__';

/**
 * An immutable set of label names and values, sorted by name in byte order. A label with an empty value is the
 * same as no label. Two label sets are equal when their `key`s are.
 */
export class Labels {
  /** Sorted names; `values[i]` belongs to `names[i]`. */
  readonly names: readonly string[];
  readonly values: readonly string[];
  #key: string | undefined;

  /** Takes arrays that are already sorted, unique and without empty values; anything else goes through `from`. */
  constructor(names: readonly string[], values: readonly string[]) {
    this.names = names;
    this.values = values;
  }

  /** Labels of a record or of pairs in any order; empty values are left out, the last of two equal names wins. */
  static from(source: Readonly<Record<string, string>> | Iterable<readonly [string, string]>): Labels {
    const pairs =
      Symbol.iterator in source ? (source as Iterable<readonly [string, string]>) : Object.entries(source);
    const builder = new LabelsBuilder();
    for (const [name, value] of pairs) builder.set(name, value);
    return builder.build();
  }

  get size(): number {
    return this.names.length;
  }

  /** The value of a label, or '' when it is absent. */
  get(name: string): string {
    const index = this.names.indexOf(name);
    return index < 0 ? '' : this.values[index]!;
  }

  has(name: string): boolean {
    return this.names.includes(name);
  }

  /** A text that is equal for equal label sets and differs for different ones. */
  get key(): string {
    if (this.#key === undefined) {
      let key = '';
      for (let i = 0; i < this.names.length; i++) key += `${this.names[i]}\u0000${this.values[i]}\u0001`;
      this.#key = key;
    }
    return this.#key;
  }

  /** This set without the named labels. */
  without(...names: readonly string[]): Labels {
    if (!names.some((name) => this.has(name))) return this;
    const kept = this.names.map((_, i) => i).filter((i) => !names.includes(this.names[i]!));
    return new Labels(
      kept.map((i) => this.names[i]!),
      kept.map((i) => this.values[i]!),
    );
  }

  /** This set with only the named labels. */
  only(...names: readonly string[]): Labels {
    return this.without(...this.names.filter((name) => !names.includes(name)));
  }

  /** This set with one label set, or removed when `value` is ''. */
  with(name: string, value: string): Labels {
    return new LabelsBuilder(this).set(name, value).build();
  }

  /** Order of two label sets as Prometheus sorts series: by name, then value, pair by pair, shorter first. */
  static compare(a: Labels, b: Labels): number {
    const length = Math.min(a.names.length, b.names.length);
    for (let i = 0; i < length; i++) {
      const byName = a.names[i] === b.names[i] ? 0 : compareUtf8(a.names[i]!, b.names[i]!);
      if (byName !== 0) return byName;
      const byValue = a.values[i] === b.values[i] ? 0 : compareUtf8(a.values[i]!, b.values[i]!);
      if (byValue !== 0) return byValue;
    }
    return a.names.length - b.names.length;
  }

  /** `{a="1", b="2"}` with every label, the metric name included, as Go's `labels.Labels.String` prints it. */
  toString(): string {
    return `{${this.names.map((name, i) => `${quoteName(name)}=${JSON.stringify(this.values[i])}`).join(', ')}}`;
  }

  toJSON(): Record<string, string> {
    return Object.fromEntries(this);
  }

  *[Symbol.iterator](): IterableIterator<[string, string]> {
    for (let i = 0; i < this.names.length; i++) yield [this.names[i]!, this.values[i]!];
  }
}

/** Collects changes to a label set and builds the new one. */
export class LabelsBuilder {
  readonly #pairs: Map<string, string>;

  constructor(base: Iterable<readonly [string, string]> = []) {
    this.#pairs = new Map(base);
  }

  get(name: string): string {
    return this.#pairs.get(name) ?? '';
  }

  /** Sets a label; an empty value removes it. */
  set(name: string, value: string): this {
    if (value === '') this.#pairs.delete(name);
    else this.#pairs.set(name, value);
    return this;
  }

  delete(name: string): this {
    this.#pairs.delete(name);
    return this;
  }

  /** Names as they stand now, in no particular order. */
  names(): string[] {
    return [...this.#pairs.keys()];
  }

  build(): Labels {
    const names = this.names().sort(compareUtf8);
    return new Labels(
      names,
      names.map((name) => this.#pairs.get(name)!),
    );
  }
}

export const EMPTY_LABELS: Labels = new Labels([], []);

function quoteName(name: string): string {
  return /^[a-zA-Z_][a-zA-Z0-9_]*$/.test(name) ? name : JSON.stringify(name);
}
