import type { MetadataKind } from '@binnacle/exposition';

/** Type, help and unit of a metric family. */
export interface MetricMetadata {
  readonly type: string;
  readonly help: string;
  readonly unit: string;
}

const MAX_FAMILIES_PER_SOURCE = 10_000;
const MAX_TEXT = 4096;

/** What targets and senders say about their metrics, by the source that said it. */
export class MetadataStore {
  readonly #sources = new Map<string, Map<string, MetricMetadata>>();

  /** Notes one line of a source. A source that goes is forgotten by `remove`. */
  set(source: string, family: string, kind: MetadataKind, text: string): void {
    const families = this.#familiesOf(source);
    const known = families.get(family);
    if (known !== undefined && known[kind] === text) return;
    if (known === undefined && families.size >= MAX_FAMILIES_PER_SOURCE) return;
    families.set(family, {
      ...(known ?? { type: 'unknown', help: '', unit: '' }),
      [kind]: text.slice(0, MAX_TEXT),
    });
  }

  remove(source: string): void {
    this.#sources.delete(source);
  }

  ofSource(source: string): ReadonlyMap<string, MetricMetadata> {
    return this.#sources.get(source) ?? new Map();
  }

  /** What the first source that knows a family says about it. */
  find(family: string): MetricMetadata | undefined {
    for (const families of this.#sources.values()) {
      const found = families.get(family);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /** Every family with the different things said about it. Limits of 0 are no limit. */
  all(metric: string, limit: number, limitPerMetric: number): Record<string, MetricMetadata[]> {
    const found = new Map<string, Map<string, MetricMetadata>>();
    for (const families of this.#sources.values()) {
      for (const [family, metadata] of families) {
        if (metric !== '' && family !== metric) continue;
        const known = found.get(family);
        if (known === undefined && limit > 0 && found.size >= limit) continue;
        const entries = known ?? new Map<string, MetricMetadata>();
        found.set(family, entries);
        if (limitPerMetric === 0 || entries.size < limitPerMetric) {
          entries.set(JSON.stringify([metadata.type, metadata.help, metadata.unit]), metadata);
        }
      }
    }
    return Object.fromEntries([...found].map(([family, entries]) => [family, [...entries.values()]]));
  }

  #familiesOf(source: string): Map<string, MetricMetadata> {
    let families = this.#sources.get(source);
    if (families === undefined) this.#sources.set(source, (families = new Map()));
    return families;
  }
}
