import { compareUtf8, Labels } from '@binnacle/model';

/**
 * Labels while relabel steps change them. Steps that walk over the labels (`labelmap` above all) see first those
 * that nothing has changed, by name, and then the changed ones in the order of their first change: where two of
 * them map to one name, the last wins, as in Prometheus.
 */
export class WorkingLabels {
  readonly #base: Map<string, string>;
  readonly #changed = new Map<string, string>();

  constructor(base: Iterable<readonly [string, string]>) {
    this.#base = new Map(base);
  }

  get(name: string): string {
    return this.#changed.get(name) ?? this.#base.get(name) ?? '';
  }

  /** Sets a label; an empty value removes it. */
  set(name: string, value: string): void {
    if (value === '') {
      this.delete(name);
      return;
    }
    this.#base.delete(name);
    this.#changed.set(name, value);
  }

  delete(name: string): void {
    this.#base.delete(name);
    this.#changed.delete(name);
  }

  /** The labels as they are now, unaffected by later changes. */
  entries(): [string, string][] {
    return [...this.#base, ...this.#changed];
  }

  build(): Labels {
    const entries = this.entries();
    if (this.#changed.size > 0) entries.sort((a, b) => compareUtf8(a[0], b[0]));
    return new Labels(
      entries.map((entry) => entry[0]),
      entries.map((entry) => entry[1]),
    );
  }
}
