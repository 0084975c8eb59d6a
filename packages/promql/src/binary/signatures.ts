import { METRIC_NAME, type Labels } from '@binnacle/model';
import type { VectorMatching } from '../parser/ast.ts';
import { labelColumn, type VectorSource } from '../engine/vectorSource.ts';

/** Gives label sets that match each other the same small integer. */
export class Signatures {
  readonly #matching: VectorMatching;
  readonly #ids = new Map<string, number>();

  constructor(matching: VectorMatching) {
    this.#matching = matching;
  }

  /** The ids of a vector's series. */
  idsOf(source: VectorSource): Int32Array {
    const ids = new Int32Array(source.length);
    const keyOf = this.#keysOf(source);
    for (let i = 0; i < source.length; i++) ids[i] = this.#id(keyOf(i));
    return ids;
  }

  get count(): number {
    return this.#ids.size;
  }

  #id(key: string): number {
    let id = this.#ids.get(key);
    if (id === undefined) {
      id = this.#ids.size;
      this.#ids.set(key, id);
    }
    return id;
  }

  #keysOf(source: VectorSource): (index: number) => string {
    const { on, labels: names } = this.#matching;
    if (on && names.length === 1) return labelColumn(source, names[0]!);
    return (index) => matchLabels(source.labels(index), this.#matching).key;
  }
}

/** The labels that decide about a match. */
export function matchLabels(labels: Labels, matching: VectorMatching): Labels {
  return matching.on ? labels.only(...matching.labels) : labels.without(METRIC_NAME, ...matching.labels);
}
